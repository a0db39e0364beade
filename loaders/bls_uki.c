/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boot Loader Specification, type #2 entries: the unified kernel images in EFI/Linux of one volume
 * (UAPI.1, section "Type #2 EFI Unified Kernel Images"). Each profile of an image is an entry.
 * Title, version and sort key are taken from os-release as in systemd-boot, so that both sort in
 * the same way.
 */
#include "core/log.h"
#include "lib/format.h"
#include "lib/text.h"
#include "lib/util.h"
#include "loaders/bls.h"
#include "loaders/uki.h"

enum os_release_key {
	PRETTY_NAME,
	IMAGE_ID,
	NAME,
	ID,
	IMAGE_VERSION,
	VERSION,
	VERSION_ID,
	BUILD_ID,
	OS_RELEASE_KEYS,
};

/* Like a shell, for which os-release is made, but without its escapes. */
static struct span unquote(struct span value)
{
	u8 quote = value.size >= 2 ? value.data[0] : 0;

	value.size = (size_t)min_u64(value.size, BLS_VALUE_SIZE_MAX);
	if ((quote == '"' || quote == '\'') && value.data[value.size - 1] == quote)
		value = span_part(value, 1, value.size - 2);
	return value;
}

/* Reads the values of @keys in lines of KEY=value; if a key appears twice, the last one counts. */
static void read_assignments(struct span text, const char *const *keys, u32 count,
			     struct span *values)
{
	struct span line;

	while (text_next_line(&text, &line)) {
		struct span key = line = text_trim(line), value = line;

		if (!span_skip_past(&value, SPAN("=")))
			continue;
		key.size -= value.size + 1;
		for (u32 i = 0; i < count; i++)
			if (text_equals(key, keys[i]))
				values[i] = unquote(value);
	}
}

static struct span first_of(struct span a, struct span b)
{
	return span_is_empty(a) ? b : a;
}

static void apply_os_release(struct span text, struct bls_entry *entry)
{
	static const char *const keys[] = {
		[PRETTY_NAME] = "PRETTY_NAME",
		[IMAGE_ID] = "IMAGE_ID",
		[NAME] = "NAME",
		[ID] = "ID",
		[IMAGE_VERSION] = "IMAGE_VERSION",
		[VERSION] = "VERSION",
		[VERSION_ID] = "VERSION_ID",
		[BUILD_ID] = "BUILD_ID",
	};
	struct span values[OS_RELEASE_KEYS] = { 0 };

	read_assignments(text, keys, OS_RELEASE_KEYS, values);
	entry->title = first_of(first_of(values[PRETTY_NAME], values[IMAGE_ID]),
				first_of(values[NAME], values[ID]));
	entry->version = first_of(first_of(values[IMAGE_VERSION], values[VERSION]),
				  first_of(values[VERSION_ID], values[BUILD_ID]));
	entry->sort_key = first_of(values[IMAGE_ID], values[ID]);
}

/* Adds the profile's name to the title and to the id: "debian.efi@factory-reset". */
static enum status apply_profile(struct span text, struct arena *arena, struct bls_entry *entry)
{
	static const char *const keys[] = { "ID", "TITLE" };
	struct span values[ARRAY_SIZE(keys)] = { 0 }, title;
	char number[sizeof("4294967295")], buffer[2 * BLS_VALUE_SIZE_MAX + sizeof(" ()")];
	char *id, *text_title;
	size_t size;

	read_assignments(text, keys, ARRAY_SIZE(keys), values);
	format(number, sizeof(number), "%u", entry->profile);
	if (span_is_empty(values[0]) && entry->profile == 0)
		return OK;
	values[0] = first_of(values[0], span_of_string(number));
	size = entry->name.size + 1 + values[0].size + 1;
	id = arena_allocate(arena, size);
	if (!id)
		return ERR_NO_MEMORY;
	format(id, size, "%.*s@%.*s", (int)entry->name.size, (const char *)entry->name.data,
	       (int)values[0].size, (const char *)values[0].data);
	entry->id = span_of_string(id);
	title = first_of(values[1], values[0]);
	format(buffer, sizeof(buffer), "%.*s (%.*s)", (int)entry->title.size,
	       (const char *)entry->title.data, (int)title.size, (const char *)title.data);
	text_title = arena_copy(arena, span_of_string(buffer));
	if (!text_title)
		return ERR_NO_MEMORY;
	entry->title = span_of_string(text_title);
	return OK;
}

static enum status add_profile(struct bls_entries *entries, struct arena *arena, struct file *file,
			       const struct uki_profile *profile, const struct bls_entry *parts)
{
	struct bls_entry *entry = arena_allocate(arena, sizeof(*entry));
	struct span text;
	enum status status;

	if (!entry)
		return ERR_NO_MEMORY;
	*entry = *parts;
	status = uki_text(file, profile, UKI_OS_RELEASE, arena, &text);
	if (status)
		return status;
	apply_os_release(text, entry);
	if (span_is_empty(entry->title))
		return corrupt("%s: no section .osrel with a name", entry->file);
	status = uki_text(file, profile, UKI_PROFILE, arena, &text);
	if (!status && profile->sections[UKI_PROFILE].size)
		status = apply_profile(text, arena, entry);
	if (status)
		return status;
	entry->next = entries->first;
	entries->first = entry;
	return OK;
}

/* Sets the file name, and the name without counters but with ".efi". */
static enum status set_names(struct span file_name, struct arena *arena, struct bls_entry *entry)
{
	char *path = arena_allocate(arena, sizeof(BLS_IMAGES) - 1 + FILE_NAME_SIZE);
	u8 *name = arena_allocate(arena, entry->name.size + sizeof(".efi"));

	if (!path || !name)
		return ERR_NO_MEMORY;
	memcpy(path, BLS_IMAGES, sizeof(BLS_IMAGES) - 1);
	memcpy(path + sizeof(BLS_IMAGES) - 1, file_name.data, file_name.size);
	memcpy(name, entry->name.data, entry->name.size);
	memcpy(name + entry->name.size, ".efi", sizeof(".efi"));
	entry->image_path = path;
	entry->file = path + sizeof(BLS_IMAGES) - 1;
	entry->id = entry->name = span_of(name, entry->name.size + sizeof(".efi") - 1);
	return OK;
}

enum status bls_add_image(struct bls_entries *entries, struct arena *arena, struct volume *volume,
			  const char *name, struct file *file)
{
	struct bls_entry parts = { .volume = volume, .kind = BLS_UKI, .is_image = true };
	struct span file_name = span_of_string(name);
	struct uki *uki;
	enum status status;

	if (file->is_directory || !bls_image_name(file_name, &parts))
		return OK;
	entries->count++;
	uki = arena_allocate(arena, sizeof(*uki));
	status = uki ? set_names(file_name, arena, &parts) : ERR_NO_MEMORY;
	if (!status)
		status = uki_read(parts.file, file, arena, uki);
	/* Its name is that of a program. */
	if (status == ERR_UNRECOGNIZED)
		status = corrupt("%s: not an EFI program", parts.file);
	/*
	 * Entries that differ only in their profile keep this order, so the last is inserted first.
	 */
	for (u32 i = status ? 0 : uki->count; i-- > 0 && !status;) {
		parts.profile = i;
		status = add_profile(entries, arena, file, &uki->profiles[i], &parts);
	}
	return status;
}
