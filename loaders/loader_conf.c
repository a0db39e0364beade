/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loader/loader.conf as described in systemd-boot's loader.conf(5): the default entry, the menu
 * timeout, and whether there is an editor. Its other keys are about UEFI, the screen and Secure
 * Boot.
 */
#include "loaders/loader_conf.h"

#include "core/boot_info.h"
#include "core/log.h"
#include "lib/text.h"
#include "lib/util.h"

enum { SHOWN_MAX = 80 }; /* of a word in a message */

static void set_pattern(struct span value, struct span *pattern)
{
	/* "@saved" and the like: earlier choices, stored in EFI variables. */
	if (span_starts_with(value, SPAN("@")))
		log_info("loader.conf: default %.*s needs EFI variables, ignored",
			 (int)min_u64(value.size, SHOWN_MAX), (const char *)value.data);
	else if (!span_is_empty(value))
		*pattern = value;
}

/* systemd-boot's own number for "menu-force" is that of MENU_FOREVER, and it has none above. */
static u32 limited(u64 seconds, bool is_vmms)
{
	if (!seconds)
		return MENU_IF_KEY;
	if (seconds == MENU_FOREVER)
		return MENU_FOREVER;
	return (u32)min_u64(seconds, is_vmms ? MENU_IF_KEY - 1 : LOADER_TIMEOUT_MAX);
}

void loader_conf_set_timeout(struct span value, struct loader_conf *conf)
{
	u64 seconds;

	if (!IS_ENABLED(CONFIG_BOOT_MENU))
		return;
	if (text_equals(value, "menu-force") || text_equals(value, "infinity"))
		conf->timeout_seconds = MENU_FOREVER;
	else if (text_equals(value, "menu-hidden"))
		conf->timeout_seconds = MENU_IF_KEY;
	else if (text_equals(value, "menu-disabled"))
		conf->timeout_seconds = MENU_NEVER;
	else if (text_to_u64(value, &seconds) && seconds <= UINT32_MAX)
		conf->timeout_seconds = limited(seconds, conf->is_timeout_vmms);
	else
		log_warning(
			"timeout %.*s: not a number of seconds, menu-force, menu-hidden or menu-disabled",
			(int)min_u64(value.size, SHOWN_MAX), (const char *)value.data);
}

/* systemd's boolean values. */
static void set_editor(struct span value, struct loader_conf *conf)
{
	static const char *const words[] = { "no",  "n", "false", "f", "off", "0",
					     "yes", "y", "true",  "t", "on",  "1" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (text_equals_ignoring_case(value, words[i])) {
			conf->is_editor_off = i < ARRAY_SIZE(words) / 2;
			return;
		}
	}
	log_warning("editor %.*s: not yes or no", (int)min_u64(value.size, SHOWN_MAX),
		    (const char *)value.data);
}

void loader_conf_parse(struct span text, struct loader_conf *conf)
{
	struct span rest = text_of_file(text), key, value;

	while (text_next_setting(&rest, &key, &value)) {
		value = text_unquote(value);
		if (text_equals(key, "default"))
			set_pattern(value, &conf->default_pattern);
		else if (text_equals(key, "preferred"))
			set_pattern(value, &conf->preferred);
		else if (text_equals(key, "timeout"))
			loader_conf_set_timeout(value, conf);
		else if (IS_ENABLED(CONFIG_BOOT_MENU_EDITOR) && text_equals(key, "editor"))
			set_editor(value, conf);
		else
			log_info("loader.conf: %.*s is ignored", (int)min_u64(key.size, SHOWN_MAX),
				 (const char *)key.data);
	}
}

void loader_conf_apply_editor(struct loader_conf *conf)
{
	struct span value;

	if (IS_ENABLED(CONFIG_BOOT_MENU_EDITOR) && boot_info_option("fatwood.editor", &value))
		set_editor(value, conf);
}

void loader_conf_apply_command_line(struct loader_conf *conf)
{
	struct span value;

	if (boot_info_option("fatwood.entry", &value) && !span_is_empty(value)) {
		conf->is_entry_vmms = true;
		conf->preferred = (struct span){ 0 };
		set_pattern(value, &conf->default_pattern);
	}
	if (boot_info_option("fatwood.timeout", &value)) {
		conf->is_timeout_vmms = true;
		loader_conf_set_timeout(value, conf);
	}
	loader_conf_apply_editor(conf);
}
