/* SPDX-License-Identifier: Apache-2.0 */
/* Boot Loader Specification: finds the entries of one volume. */
#include "core/log.h"
#include "loaders/bls.h"

/*
 * Reads the entry in @file, if its name is that of an entry, and adds it to the list. Not inlined,
 * because its large variables would make each access to the caller's variables a longer
 * instruction: tiny would be 145 bytes larger.
 */
[[gnu::noinline]] static enum status add_entry(struct bls_entries *entries, struct arena *arena,
					       struct volume *volume, const char *name,
					       struct file *file)
{
	struct bls_entry parts = { .volume = volume };
	struct span file_name = span_of_string(name), text;
	struct bls_entry *entry;
	enum status status;

	if (file->is_directory || !bls_entry_name(file_name, &parts))
		return OK;
	entries->count++;
	if (file->size > BLS_ENTRY_SIZE_MAX)
		return unsupported("%s: an entry of more than %d bytes", name, BLS_ENTRY_SIZE_MAX);
	entry = arena_allocate(arena, sizeof(*entry));
	parts.file = arena_copy(arena, file_name);
	if (!entry || !parts.file)
		return ERR_NO_MEMORY;
	parts.name.data = (const u8 *)parts.file;
	status = file_load(file, arena, BLS_ENTRY_SIZE_MAX, &text);
	if (!status)
		status = bls_entry_parse(text, &parts);
	if (status)
		return status;
	*entry = parts;
	entry->next = entries->first;
	entries->first = entry;
	return OK;
}

/*
 * Adds the files of @folder that @add accepts. An unreadable entry is left out, but the rest of the
 * directory is still read.
 */
static enum status search(struct volume *volume, struct span folder,
			  enum status (*add)(struct bls_entries *, struct arena *, struct volume *,
					     const char *name, struct file *),
			  struct arena *arena, struct bls_entries *entries)
{
	const char *device = volume->device->name;
	struct directory_entry found;
	struct file directory;
	u64 cursor = 0;
	enum status status;

	log_set_subject(device);
	status = volume_open(volume, folder, &directory);
	if (!status && !directory.is_directory)
		status = ERR_NOT_FOUND;
	if (status)
		return status;
	while (!(status = directory_next(&directory, &cursor, &found))) {
		if (entries->count == BLS_ENTRIES_MAX)
			return unsupported("more than %d entries (BLS_ENTRIES_MAX)",
					   BLS_ENTRIES_MAX);
		status = add(entries, arena, volume, found.name, &found.file);
		if (status == ERR_NO_MEMORY)
			return status;
		if (!status)
			continue;
		log_set_subject(NULL);
		boot_tried(device, found.name, status);
		log_set_subject(device);
	}
	return status == ERR_NOT_FOUND ? OK : status;
}

enum status bls_search(struct volume *volume, struct arena *arena, struct bls_entries *entries)
{
	return search(volume, SPAN("loader/entries"), add_entry, arena, entries);
}

enum status bls_search_images(struct volume *volume, struct arena *arena,
			      struct bls_entries *entries)
{
	return search(volume, SPAN("EFI/Linux"), bls_add_image, arena, entries);
}
