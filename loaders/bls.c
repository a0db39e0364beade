/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Boot Loader Specification as a boot method (UAPI.1): collects the entries of all volumes of a
 * disk, chooses the first one, and tries them in order. With BOOT_COUNTING, each try is counted
 * (loaders/boot_count.h).
 */
#include "loaders/bls.h"

#include "core/log.h"
#include "lib/config.h"
#include "lib/format.h"
#include "loaders/loaders.h"

/* After the search of a folder: records why entries may be missing. */
static void note(struct volume *volume, const char *folder, enum status status, enum status *result)
{
	log_set_subject(NULL);
	if (!status || status == ERR_NOT_FOUND)
		return;
	boot_tried(volume->device->name, folder, status);
	*result = status;
}

static enum status search(struct boot_disk *disk, struct arena *arena, struct bls_entries *entries)
{
	enum status result = ERR_NOT_FOUND;

	for (u32 i = 0; i < disk->volume_count; i++) {
		struct volume *volume = disk->volumes[i];

		note(volume, "loader/entries", bls_search(volume, arena, entries), &result);
		if (IS_ENABLED(CONFIG_BOOT_UKI))
			note(volume, "EFI/Linux", bls_search_images(volume, arena, entries),
			     &result);
	}
	return result;
}

/* Reports the bootable entries to the operating system. */
static void list(const struct bls_entries *entries, struct arena *arena)
{
	struct span *ids = arena_allocate(arena, BLS_BEST_MAX * sizeof(*ids));
	u32 count = 0;

	for (const struct bls_entry *entry = entries->first; ids && entry && count < BLS_BEST_MAX;
	     entry = entry->next)
		if (!entry->unusable)
			ids[count++] = bls_entry_id(entry, arena);
	boot_interface->list(ids, count);
}

/*
 * One line for each, even if another entry boots, because the author of the entry expects to see
 * it.
 */
static void name_unusable(const struct bls_entries *entries)
{
	u32 count = 0;

	for (const struct bls_entry *entry = entries->first; entry; entry = entry->next)
		if (entry->unusable && count++ < BLS_UNUSABLE_MAX)
			log_warning("%s: %s: left out: %s", entry->volume->device->name,
				    entry->file, entry->unusable);
}

static enum status boot(struct boot_disk *disk, struct arena *arena)
{
	struct bls_entries entries = { 0 };
	enum status result = search(disk, arena, &entries);
	u32 tries = 0, loads = 0;

	if (!entries.first)
		return result;
	bls_entries_sort(&entries);
	if (CONFIG_LOG_LEVEL >= LOG_WARNING)
		name_unusable(&entries);
	if (IS_ENABLED(CONFIG_BOOT_LOADER_CONF))
		bls_choose(disk, &entries, arena);
	if (IS_ENABLED(CONFIG_BOOT_LOADER_INTERFACE) && boot_interface)
		list(&entries, arena);
	for (const struct bls_entry *entry = entries.first; entry; entry = entry->next) {
		enum status status;

		/* Each load may have read as much as there is memory. */
		if (loads == BLS_LOADS_MAX || tries == BLS_BEST_MAX) {
			log_warning("%s: gave up after %u entries (%u loaded)",
				    disk->volumes[0]->device->name, tries, loads);
			break;
		}
		status = bls_try(entry, arena, &loads);
		if (tries++ == 0)
			result = status;
	}
	if (IS_ENABLED(CONFIG_BOOT_LOADER_INTERFACE) && boot_interface)
		boot_interface->give_up();
	return result;
}

/* A choice of the menu of all disks. */
struct bls_choice {
	const struct bls_entries *entries;
	const struct bls_entry *entry;
};

static enum status read_options(const struct boot_choice *choice, struct arena *arena,
				struct span *out)
{
	const struct bls_choice *bls = choice->argument;

	return bls_entry_options(bls->entry, arena, out);
}

static enum status start_choice(struct boot_choice *choice, struct arena *arena)
{
	const struct bls_choice *bls = choice->argument;
	struct bls_entry entry = *bls->entry;
	enum status status;
	u32 loads = 0;

	entry.edited = choice->edited;
	if (IS_ENABLED(CONFIG_BOOT_LOADER_INTERFACE) && boot_interface)
		list(bls->entries, arena);
	status = bls_try(&entry, arena, &loads);
	if (IS_ENABLED(CONFIG_BOOT_LOADER_INTERFACE) && boot_interface)
		boot_interface->give_up();
	return status;
}

void bls_list(struct boot_disk *disk, struct boot_choices *choices)
{
	struct arena *arena = choices->arena;
	struct bls_entries *entries = arena_allocate(arena, sizeof(*entries));

	if (!entries)
		return;
	if (IS_ENABLED(CONFIG_BOOT_MENU_EDITOR) && bls_editor_is_off(disk, arena))
		choices->is_editor_off = true;
	*entries = (struct bls_entries){ 0 };
	(void)search(disk, arena, entries);
	if (!entries->first)
		return;
	bls_entries_sort(entries);
	bls_choose_default(disk, entries, arena);
	for (const struct bls_entry *entry = entries->first; entry; entry = entry->next) {
		const char *title = bls_entry_title(entry, arena);
		struct bls_choice *bls = arena_allocate(arena, sizeof(*bls));
		struct boot_choice *choice;
		char text[BOOT_TITLE_SIZE];

		if (!title || !bls)
			return;
		if (entry->unusable)
			continue;
		*bls = (struct bls_choice){ entries, entry };
		format(text, sizeof(text), "%s: %s", entry->volume->device->name, title);
		choice = boot_choice_add(choices, text, start_choice, bls);
		if (choice)
			choice->read_options = read_options;
	}
}

const struct boot_method bls_boot = { "Boot Loader Specification", boot };
