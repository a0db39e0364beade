/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loader/loader.conf as loader.conf(5) of systemd-boot has it: default and timeout, no other key.
 */
#include "loaders/loader_conf.h"

#include "core/boot_info.h"
#include "core/log.h"
#include "lib/text.h"

static void set_default(struct span value, struct loader_conf *conf)
{
	/* "@saved" and its like: choices made earlier, which are kept in EFI variables. */
	if (span_starts_with(value, SPAN("@")))
		log_debug("default %.*s needs EFI variables, ignored", (int)value.size,
			  (const char *)value.data);
	else if (!span_is_empty(value))
		conf->default_pattern = value;
}

static void set_timeout(struct span value, struct loader_conf *conf)
{
	u64 seconds;

	if (!IS_ENABLED(CONFIG_BOOT_MENU))
		return;
	if (text_equals(value, "menu-force") || text_equals(value, "infinity"))
		conf->timeout_seconds = MENU_FOREVER;
	else if (text_equals(value, "menu-hidden") || text_equals(value, "0"))
		conf->timeout_seconds = MENU_IF_KEY;
	else if (text_equals(value, "menu-disabled"))
		conf->timeout_seconds = MENU_NEVER;
	else if (text_to_u64(value, &seconds))
		conf->timeout_seconds = seconds < MENU_IF_KEY ? (u32)seconds : MENU_FOREVER;
	else
		log_warning(
			"timeout %.*s: not a number of seconds, menu-force, menu-hidden or menu-disabled",
			(int)value.size, (const char *)value.data);
}

void loader_conf_parse(struct span text, struct loader_conf *conf)
{
	struct span line, key;

	while (text_next_line(&text, &line)) {
		if (!text_next_word(&line, &key))
			continue;
		if (text_equals(key, "default"))
			set_default(text_trim(line), conf);
		else if (text_equals(key, "timeout"))
			set_timeout(text_trim(line), conf);
	}
}

void loader_conf_apply_command_line(struct loader_conf *conf)
{
	struct span value;

	if (boot_info_option("fatwood.entry", &value))
		set_default(value, conf);
	if (boot_info_option("fatwood.timeout", &value))
		set_timeout(value, conf);
}
