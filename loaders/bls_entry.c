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

bool bls_entry_name(struct span file_name, struct bls_entry *out)
{
	const size_t suffix_size = sizeof(BLS_SUFFIX) - 1;
	u32 left, done = 0;
	struct span rest;

	if (file_name.size <= suffix_size || file_name.data[0] == '.' ||
	    !text_equals_ignoring_case(span_from(file_name, file_name.size - suffix_size),
				       BLS_SUFFIX))
		return false;
	out->name = rest = span_part(file_name, 0, file_name.size - suffix_size);
	out->counted = take_counter(&rest, '+', &left) ||
		       (take_counter(&rest, '-', &done) && take_counter(&rest, '+', &left));
	if (out->counted) {
		out->name = rest;
		out->tries_left = left;
		out->tries_done = done;
	}
	return true;
}

/* A line's first word, and what follows it. False for an empty line or a comment. */
static bool split_line(struct span line, struct span *key, struct span *value)
{
	struct span rest = line;

	if (!text_next_word(&rest, key) || key->data[0] == '#')
		return false;
	*value = text_trim(rest);
	return true;
}

bool bls_entry_next_value(struct span *rest, const char *wanted, struct span *value)
{
	struct span line, key, candidate;

	while (text_next_line(rest, &line)) {
		if (split_line(line, &key, &candidate) && text_equals(key, wanted) &&
		    !span_is_empty(candidate)) {
			*value = candidate;
			return true;
		}
	}
	return false;
}

static void apply(struct bls_entry *entry, struct span key, struct span value, bool *has_linux)
{
	static const struct {
		const char *key;
		size_t field;
	} fields[] = {
		{ "title", offsetof(struct bls_entry, title) },
		{ "version", offsetof(struct bls_entry, version) },
		{ "machine-id", offsetof(struct bls_entry, machine_id) },
		{ "sort-key", offsetof(struct bls_entry, sort_key) },
	};
	static const char *const needs_efi[] = { "efi", "uki", "uki-url", "extra" };

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (text_equals(key, fields[i].key))
			*(struct span *)((char *)entry + fields[i].field) = value;
	for (size_t i = 0; i < ARRAY_SIZE(needs_efi); i++)
		if (text_equals(key, needs_efi[i]))
			entry->unusable = "its efi, uki or extra key needs EFI";
	if (text_equals(key, "architecture") &&
	    !text_equals_ignoring_case(value, native_architecture))
		entry->unusable = "it is for another architecture";
	*has_linux |= text_equals(key, "linux") && !span_is_empty(value);
}

enum status bls_entry_parse(struct span text, struct bls_entry *out)
{
	struct span rest = text, line, key, value;
	bool has_linux = false;

	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] == '\0')
			return corrupt("%s: not a text file: NUL at %zu", out->file, i);
	out->text = text;
	while (text_next_line(&rest, &line))
		if (split_line(line, &key, &value))
			apply(out, key, value, &has_linux);
	if (!has_linux && !out->unusable)
		return corrupt("%s: no \"linux\" line", out->file);
	return OK;
}
