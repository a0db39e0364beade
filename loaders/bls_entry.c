/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boot Loader Specification, type #1 entries: the file name and the text of one (UAPI.1, sections
 * "Type #1 Boot Loader Entry Keys" and "Boot counting"). Nothing here allocates: an entry's spans
 * lie in its text.
 */
#include "core/log.h"
#include "lib/text.h"
#include "lib/util.h"
#include "loaders/bls.h"

/* As UEFI spells them, which is what the specification refers to. */
static const char native_architecture[] = "x64";

/* The decimal number at the end of @text, cut off together with the @separator before it. */
static bool take_counter(struct span *text, u8 separator, u32 *out)
{
	size_t start = text->size;
	u64 value;

	while (start > 0 && text->data[start - 1] >= '0' && text->data[start - 1] <= '9')
		start--;
	if (start == 0 || text->data[start - 1] != separator ||
	    !text_to_u64(span_from(*text, start), &value) || value > UINT32_MAX)
		return false;
	*out = (u32)value;
	text->size = start - 1;
	return true;
}

bool bls_cut_suffix(struct span *name)
{
	static const char suffix[] = ".conf";
	size_t size = name->size - (sizeof(suffix) - 1);

	if (size >= name->size || !text_equals_ignoring_case(span_from(*name, size), suffix))
		return false;
	name->size = size;
	return true;
}

bool bls_entry_name(struct span file_name, struct bls_entry *out)
{
	u32 left, done = 0;
	struct span rest;

	if (!bls_cut_suffix(&file_name) || span_is_empty(file_name) || file_name.data[0] == '.')
		return false;
	out->name = rest = file_name;
	out->counted = take_counter(&rest, '+', &left) ||
		       (take_counter(&rest, '-', &done) && take_counter(&rest, '+', &left));
	if (out->counted) {
		out->name = rest;
		out->tries_left = left;
		out->tries_done = done;
	}
	return true;
}

/*
 * Takes lines off @rest until one with a first word and something behind it. Comments are none.
 * False at the end.
 */
static bool next_line(struct span *rest, struct span *key, struct span *value)
{
	struct span line;

	while (text_next_line(rest, &line)) {
		if (!text_next_word(&line, key) || key->data[0] == '#')
			continue;
		*value = text_trim(line);
		if (!span_is_empty(*value))
			return true;
	}
	return false;
}

bool bls_entry_next_value(struct span *rest, const char *wanted, struct span *value)
{
	struct span key;

	while (next_line(rest, &key, value))
		if (text_equals(key, wanted))
			return true;
	return false;
}

static void apply(struct bls_entry *entry, struct span key, struct span value)
{
	static const struct {
		const char *key;
		size_t field;
	} fields[] = {
		{ "title", offsetof(struct bls_entry, title) },
		{ "version", offsetof(struct bls_entry, version) },
		{ "machine-id", offsetof(struct bls_entry, machine_id) },
		{ "sort-key", offsetof(struct bls_entry, sort_key) },
		{ "linux", offsetof(struct bls_entry, kernel) },
	};
	static const char *const needs_efi[] = { "efi", "uki", "uki-url", "extra" };

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (text_equals(key, fields[i].key)) {
			*(struct span *)((char *)entry + fields[i].field) = value;
			return;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(needs_efi); i++)
		if (text_equals(key, needs_efi[i]))
			entry->unusable = "its efi, uki or extra key needs EFI";
	if (text_equals(key, "architecture") &&
	    !text_equals_ignoring_case(value, native_architecture))
		entry->unusable = "it is for another architecture";
	if (text_equals(key, "options") && span_starts_with(value, SPAN("$kernelopts")))
		entry->unusable = "GRUB keeps its options ($kernelopts)";
}

enum status bls_entry_parse(struct span text, struct bls_entry *out)
{
	struct span rest = text, key, value;

	out->text = text;
	while (next_line(&rest, &key, &value))
		apply(out, key, value);
	if (span_is_empty(out->kernel) && !out->unusable)
		return corrupt("%s: no \"linux\" line", out->file);
	return OK;
}
