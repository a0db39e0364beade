/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boot Loader Specification, type #1 entries: the file name and the text of one (UAPI.1, sections
 * "Type #1 Boot Loader Entry Keys" and "Boot counting"). Nothing is allocated here: an entry's
 * spans refer to its text.
 */
#include "core/log.h"
#include "lib/text.h"
#include "lib/util.h"
#include "loaders/bls.h"

/* Spelled as in UEFI, to which the specification refers. */
static const char native_architecture[] = "x64";

/* Removes a decimal number and the @separator before it from the end of @text. */
static bool take_counter(struct span *text, u8 separator, u32 *out)
{
	size_t start = text->size;
	u64 value;

	while (start > 0 && text_is_digit(text->data[start - 1]))
		start--;
	if (start == 0 || text->data[start - 1] != separator ||
	    !text_to_u64(span_from(*text, start), &value) || value > UINT32_MAX)
		return false;
	*out = (u32)value;
	text->size = start - 1;
	return true;
}

static bool cut(struct span *name, const char *suffix)
{
	size_t size = name->size - strlen(suffix);

	if (size >= name->size || !text_equals_ignoring_case(span_from(*name, size), suffix))
		return false;
	name->size = size;
	return true;
}

bool bls_cut_counters(struct span *name, u32 *left, u32 *done)
{
	struct span rest = *name;
	u32 tries = 0;

	if (!take_counter(&rest, '+', left) &&
	    !(take_counter(&rest, '-', &tries) && take_counter(&rest, '+', left)))
		return false;
	*name = rest;
	*done = tries;
	return true;
}

bool bls_cut_suffix(struct span *name)
{
	return cut(name, ".conf");
}

static bool read_name(struct span file_name, const char *suffix, struct bls_entry *out)
{
	if (!cut(&file_name, suffix) || span_is_empty(file_name) || file_name.data[0] == '.')
		return false;
	out->name = file_name;
	out->counted = bls_cut_counters(&out->name, &out->tries_left, &out->tries_done);
	return true;
}

bool bls_entry_name(struct span file_name, struct bls_entry *out)
{
	return read_name(file_name, ".conf", out);
}

bool bls_image_name(struct span file_name, struct bls_entry *out)
{
	return read_name(file_name, ".efi", out);
}

bool bls_entry_next_value(struct span *rest, const char *wanted, struct span *value)
{
	struct span key;

	while (text_next_setting(rest, &key, value))
		if (text_equals(key, wanted))
			return true;
	return false;
}

/*
 * The size of the reference to a variable at the start of @text, name and braces included; 0: not a
 * reference.
 */
static size_t variable_size(struct span text)
{
	bool braces = text.size > 1 && text.data[1] == '{';
	size_t start = 1 + braces, end = start;

	if (text.data[0] != '$')
		return 0;
	while (end < text.size && text_is_name(text.data[end]))
		end++;
	/* Not a reference in "memmap=1G$4G": GRUB's names do not start with a digit. */
	if (end == start || text_is_digit(text.data[start]))
		return 0;
	if (braces)
		return end < text.size && text.data[end] == '}' ? end + 1 : 0;
	return end;
}

size_t bls_copy_without_variables(struct span text, u8 *to)
{
	size_t size = 0;

	while (!span_is_empty(text)) {
		size_t skipped = variable_size(text);

		if (!skipped)
			to[size++] = text.data[0];
		text = span_from(text, skipped ? skipped : 1);
	}
	return size;
}

/* Values that are not stored. */
struct notes {
	bool other_architecture;
	bool has_root;
	bool has_kernelopts;
	bool has_extra;
};

static void note_options(struct span options, struct notes *notes)
{
	struct span word;

	options = text_unquote(options);
	while (text_next_word(&options, &word)) {
		notes->has_root |= span_starts_with(word, SPAN("root="));
		notes->has_kernelopts |= span_starts_with(word, SPAN("$kernelopts")) ||
					 span_starts_with(word, SPAN("${kernelopts}"));
	}
}

static void apply(struct bls_entry *entry, struct span key, struct span value, struct notes *notes)
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
	static const char *const kinds[] = {
		[BLS_LINUX] = "linux",
		[BLS_EFI] = "efi",
		[BLS_UKI] = "uki",
		[BLS_UKI_URL] = "uki-url",
	};
	u64 number;

	if (text_equals(key, "options"))
		return note_options(value, notes);
	value = text_unquote(value);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (text_equals(key, fields[i].key)) {
			value.size = (size_t)min_u64(value.size, BLS_VALUE_SIZE_MAX);
			*(struct span *)((char *)entry + fields[i].field) = value;
			return;
		}
	}
	for (u32 kind = BLS_LINUX; kind < ARRAY_SIZE(kinds); kind++) {
		if (text_equals(key, kinds[kind]) && !span_is_empty(value)) {
			bool other = entry->kind != BLS_NOTHING && entry->kind != kind;

			entry->kind = other ? BLS_SEVERAL : (enum bls_kind)kind;
			entry->path = value;
			return;
		}
	}
	if (text_equals(key, "architecture"))
		notes->other_architecture = !text_equals_ignoring_case(value, native_architecture);
	else if (text_equals(key, "extra"))
		notes->has_extra = true;
	else if (IS_ENABLED(CONFIG_EFI) && text_equals(key, "profile") &&
		 text_to_u64(value, &number))
		entry->profile = (u32)min_u64(number, UINT32_MAX);
	else if (!text_equals(key, "initrd"))
		log_debug("%s: key %.*s is ignored", entry->file,
			  (int)min_u64(key.size, BLS_VALUE_SIZE_MAX), (const char *)key.data);
}

static bool has_efi_loader(void)
{
	for (size_t i = 0; IS_ENABLED(CONFIG_EFI) && image_loaders[i]; i++)
		if (image_loaders[i]->is_efi)
			return true;
	return false;
}

static const char *why_unusable(const struct bls_entry *entry, const struct notes *notes)
{
	if (notes->other_architecture)
		return "it is for another architecture";
	if (entry->kind == BLS_SEVERAL)
		return "it has several of linux, efi, uki, uki-url";
	if (entry->kind == BLS_UKI_URL)
		return "its uki-url key needs a network";
	if ((entry->kind != BLS_LINUX || (!IS_ENABLED(CONFIG_BOOT_EXTRA) && notes->has_extra)) &&
	    !has_efi_loader())
		return IS_ENABLED(CONFIG_BOOT_EXTRA) ? "its efi or uki key needs EFI" :
						       "its efi, uki or extra key needs EFI";
	if (notes->has_kernelopts && !notes->has_root)
		return "GRUB keeps its options ($kernelopts)";
	return NULL;
}

enum status bls_entry_parse(struct span text, struct bls_entry *out)
{
	struct span rest = text_of_file(text), key, value;
	struct notes notes = { 0 };

	out->text = rest;
	while (text_next_setting(&rest, &key, &value))
		apply(out, key, value, &notes);
	if (out->kind == BLS_NOTHING)
		return corrupt("%s: no \"linux\" line", out->file);
	out->unusable = why_unusable(out, &notes);
	return OK;
}
