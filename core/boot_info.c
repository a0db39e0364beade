/* SPDX-License-Identifier: Apache-2.0 */
/* The data passed by the VMM. */
#include "core/boot_info.h"

#include "core/arch.h"
#include "core/log.h"
#include "lib/text.h"
#include "lib/util.h"

struct boot_info boot_info;

void boot_info_add_range(u64 base, u64 size, u32 type)
{
	u64 end;

	if (size == 0) {
		log_debug("memory map: empty range at 0x%lx left out", base);
	} else if (add_overflows(base, size, &end)) {
		log_warning("memory map: range at 0x%lx of 0x%lx bytes wraps, left out", base,
			    size);
	} else if (boot_info.range_count == BOOT_RANGES_MAX) {
		log_warning(
			"memory map: more than BOOT_RANGES_MAX (%d) ranges, the one at 0x%lx is left out",
			BOOT_RANGES_MAX, base);
	} else {
		boot_info.ranges[boot_info.range_count++] =
			(struct memory_range){ .base = base, .end = end, .type = type };
	}
}

/* The value of @word if it is "@name=value" or "\"@name=value\"". */
static bool word_value(struct span word, struct span name, struct span *value)
{
	word = text_unquote(word);
	if (word.size <= name.size || !span_starts_with(word, name) || word.data[name.size] != '=')
		return false;
	*value = text_unquote(span_from(word, name.size + 1));
	return true;
}

bool boot_info_option(const char *name, struct span *value)
{
	struct span rest = boot_info.command_line, word;
	bool found = false;

	while (text_next_word(&rest, &word) && !text_equals(word, "--"))
		found |= word_value(word, span_of_string(name), value);
	return found;
}

bool boot_info_word_is_ours(struct span word)
{
	if (word.data[0] == '"')
		word = span_from(word, 1);
	return span_starts_with(word, SPAN("fatwood."));
}

static bool is_known(struct span word)
{
	struct span value;

	for (size_t i = 0; boot_options[i]; i++)
		if (word_value(word, span_of_string(boot_options[i]), &value))
			return true;
	return false;
}

void boot_info_check_options(void)
{
	struct span rest = boot_info.command_line, word;

	while (text_next_word(&rest, &word) && !text_equals(word, "--"))
		if (boot_info_word_is_ours(word) && !is_known(word))
			log_warning("%.*s: not an option of this build (docs/command-line.md)",
				    (int)min_u64(word.size, 80), (const char *)word.data);
}

static void map(const char *what, struct span *bytes)
{
	u64 base = (uintptr_t)bytes->data;

	if (span_is_empty(*bytes) || !arch_map(base, bytes->size, MAP_MEMORY))
		return;
	log_warning("the VMM's %s at 0x%lx cannot be reached, left out", what, base);
	*bytes = (struct span){ 0 };
}

void boot_info_map(void)
{
	for (u32 i = 0; i < boot_info.module_count; i++)
		map("module", &boot_info.modules[i]);
	map("command line", &boot_info.command_line);
}

void boot_info_log(void)
{
	log_debug("described by %s, RSDP at 0x%lx", boot_info.source, boot_info.rsdp);
	for (u32 i = 0; i < boot_info.range_count; i++)
		log_debug("memory 0x%016lx to 0x%016lx: %s", boot_info.ranges[i].base,
			  boot_info.ranges[i].end, memory_type_name(boot_info.ranges[i].type));
	for (u32 i = 0; i < boot_info.module_count; i++)
		log_debug("module of %zu bytes at 0x%lx", boot_info.modules[i].size,
			  (u64)(uintptr_t)boot_info.modules[i].data);
	log_debug("command line: %.*s", (int)min_u64(boot_info.command_line.size, INT32_MAX),
		  (const char *)boot_info.command_line.data);
}
