/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Boot Loader Specification as a boot method (UAPI.1, type #1): the entries of all volumes of
 * a disk as one set, loader.conf, and the tries in order. Files are only read, so the counters in
 * entries' names order them but do not count down (docs/boot-loader-specification.md).
 */
#include "loaders/bls.h"

#include "core/console.h"
#include "core/log.h"
#include "lib/format.h"
#include "lib/util.h"
#include "loaders/initrd.h"
#include "loaders/loader_conf.h"
#include "loaders/loaders.h"
#include "loaders/menu.h"

enum { LOADER_CONF_SIZE_MAX = 64 * 1024 };

#define ANY SPAN("*")

struct search {
	struct arena *arena;
	struct bls_entry *first;
	u32 count; /* also of those that cannot be read */
};

/*
 * Reads the entry in @file, if its name says it is one, and adds it to the list. Kept out of line,
 * so that what it holds does not move what its caller holds out of reach of short instructions.
 */
[[gnu::noinline]] static enum status add_entry(struct search *search, struct volume *volume,
					       const char *name, struct file *file)
{
	struct bls_entry parts = { .volume = volume };
	struct span file_name = span_of_string(name), text;
	struct bls_entry *entry;
	enum status status;

	if (file->is_directory || !bls_entry_name(file_name, &parts))
		return OK;
	search->count++;
	if (file->size > BLS_ENTRY_SIZE_MAX)
		return unsupported("%s: an entry of more than %d bytes", name, BLS_ENTRY_SIZE_MAX);
	entry = arena_allocate(search->arena, sizeof(*entry));
	parts.file = arena_copy(search->arena, file_name);
	if (!entry || !parts.file)
		return ERR_NO_MEMORY;
	parts.name.data = (const u8 *)parts.file;
	status = file_load(file, search->arena, BLS_ENTRY_SIZE_MAX, &text);
	if (!status)
		status = bls_entry_parse(text, &parts);
	if (status)
		return status;
	*entry = parts;
	entry->next = search->first;
	search->first = entry;
	return OK;
}

/* An entry that cannot be read costs that entry; the rest of the directory is still looked at. */
static enum status search_volume(struct search *search, struct volume *volume)
{
	const char *device = volume->device->name;
	struct directory_entry found;
	struct file directory;
	u64 cursor = 0;
	enum status status;

	log_set_subject(device);
	status = volume_open(volume, SPAN("loader/entries"), &directory);
	if (!status && !directory.is_directory)
		status = ERR_NOT_FOUND;
	if (status)
		return status;
	while (!(status = directory_next(&directory, &cursor, &found))) {
		if (search->count == BLS_ENTRIES_MAX)
			return unsupported("more than %d entries (BLS_ENTRIES_MAX)",
					   BLS_ENTRIES_MAX);
		status = add_entry(search, volume, found.name, &found.file);
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

/* What every disk may have and few need: any trouble with it leaves @conf as it is. */
static void read_loader_conf(struct boot_disk *disk, struct arena *arena, struct loader_conf *conf)
{
	for (u32 i = 0; i < disk->volume_count; i++) {
		struct file file;
		struct span text;
		enum status status =
			volume_open(disk->volumes[i], SPAN("loader/loader.conf"), &file);

		if (status == ERR_NOT_FOUND || (!status && file.is_directory))
			continue;
		if (!status)
			status = file_load(&file, arena, LOADER_CONF_SIZE_MAX, &text);
		if (!status)
			return loader_conf_parse(text, conf);
		log_warning("%s: loader.conf: %s", disk->volumes[i]->device->name,
			    status_name(status));
	}
}

/* Titles need not be unique: the version tells entries apart. */
static const char *entry_title(const struct bls_entry *entry, struct arena *arena)
{
	struct span title = span_is_empty(entry->title) ? entry->name : entry->title;
	bool has_version = !span_is_empty(entry->title) && !span_is_empty(entry->version);
	char text[BOOT_TITLE_SIZE];

	format(text, sizeof(text), has_version ? "%.*s (%.*s)" : "%.*s", (int)title.size,
	       (const char *)title.data, (int)entry->version.size,
	       (const char *)entry->version.data);
	return arena_copy(arena, span_of_string(text));
}

/* Shown are the best, and @chosen. */
static struct bls_entry *choose_by_menu(struct search *search, struct bls_entry *chosen,
					u32 timeout_seconds)
{
	struct bls_entry **shown = arena_allocate(search->arena, BLS_BEST_MAX * sizeof(*shown));
	struct span *titles = arena_allocate(search->arena, BLS_BEST_MAX * sizeof(*titles));
	struct bls_entry *entry;
	u32 count = 0, selected = 0;

	if (!shown || !titles)
		return chosen;
	while (count < BLS_BEST_MAX && (entry = bls_entries_best(search->first, ANY)) &&
	       !entry->unusable) {
		const char *title;

		if (count == BLS_BEST_MAX - 1 && !chosen->taken)
			entry = chosen;
		title = entry_title(entry, search->arena);
		if (!title)
			break;
		if (entry == chosen)
			selected = count;
		titles[count] = span_of_string(title);
		entry->taken = true;
		shown[count++] = entry;
	}
	for (u32 i = 0; i < count; i++)
		shown[i]->taken = false;
	return count ? shown[menu_choose(titles, count, selected, timeout_seconds)] : chosen;
}

static struct bls_entry *choose(struct search *search, const struct loader_conf *conf)
{
	struct bls_entry *chosen = bls_entries_best(search->first, conf->default_pattern);
	u32 timeout_seconds = conf->timeout_seconds;

	if (!chosen) {
		log_warning("no entry matches the default \"%.*s\"",
			    (int)conf->default_pattern.size,
			    (const char *)conf->default_pattern.data);
		chosen = bls_entries_best(search->first, ANY);
	}
	/* Where nobody can type, a menu would only cost its time, or wait for ever. */
	if (!IS_ENABLED(CONFIG_BOOT_MENU) || timeout_seconds == MENU_NEVER || !console_has_input())
		return chosen;
	if (timeout_seconds == MENU_IF_KEY) {
		if (console_read() < 0)
			return chosen;
		timeout_seconds = MENU_FOREVER;
	}
	return choose_by_menu(search, chosen, timeout_seconds);
}

static enum status open_file(const struct bls_entry *entry, const char *key, struct span path,
			     struct file *out)
{
	enum status status = volume_open(entry->volume, path, out);

	if (!status && out->is_directory)
		return corrupt("%s: %s %.*s: a directory", entry->file, key, (int)path.size,
			       (const char *)path.data);
	if (status)
		log_warning("%s: %s %.*s: %s", entry->file, key, (int)path.size,
			    (const char *)path.data, status_name(status));
	return status;
}

/* Fedora's entries have GRUB's $tuned_initrd behind the path: unset, it is nothing. */
static struct span without_variable(struct span path)
{
	for (size_t i = 1; i < path.size; i++)
		if (path.data[i] == '$' && path.data[i - 1] == ' ')
			path.size = i - 1;
	return path;
}

static enum status open_initrds(const struct bls_entry *entry, struct boot_entry *out)
{
	struct span rest = entry->text, path;

	while (bls_entry_next_value(&rest, "initrd", &path)) {
		enum status status;

		path = without_variable(path);
		if (out->initrd_count == BOOT_INITRDS_MAX)
			return unsupported("%s: more than %d initrds (BOOT_INITRDS_MAX)",
					   entry->file, BOOT_INITRDS_MAX);
		status = open_file(entry, "initrd", path, &out->initrds[out->initrd_count]);
		if (status)
			return status;
		out->initrd_count++;
	}
	if (out->initrd_count == 0)
		initrd_take_modules(out);
	return OK;
}

static enum status join_options(const struct bls_entry *entry, struct arena *arena,
				struct span *out)
{
	struct span rest = entry->text, options;
	u8 *joined = arena_allocate(arena, entry->text.size);
	size_t size = 0;

	if (!joined)
		return ERR_NO_MEMORY;
	while (bls_entry_next_value(&rest, "options", &options)) {
		if (size)
			joined[size++] = ' ';
		memcpy(joined + size, options.data, options.size);
		size += options.size;
	}
	/* The kernel would not see what stands behind it. */
	for (size_t i = 0; i < size; i++)
		if (joined[i] == '\0')
			return corrupt("%s: NUL in its options", entry->file);
	*out = span_of(joined, size);
	return OK;
}

static enum status open_entry(const struct bls_entry *entry, struct arena *arena,
			      struct boot_entry *out)
{
	enum status status;

	*out = (struct boot_entry){ .title = entry_title(entry, arena) };
	if (!out->title)
		return ERR_NO_MEMORY;
	status = open_file(entry, "linux", entry->kernel, &out->kernel);
	if (!status)
		status = open_initrds(entry, out);
	if (!status)
		status = join_options(entry, arena, &out->options);
	return status;
}

static enum status try_entry(struct bls_entry *entry, struct arena *arena)
{
	const char *device = entry->volume->device->name;
	struct boot_entry boot;
	enum status status;

	log_set_subject(device);
	if (entry->unusable)
		status = unsupported("%s: %s", entry->file, entry->unusable);
	else
		status = open_entry(entry, arena, &boot);
	log_set_subject(NULL);
	if (!status)
		status = boot_start(&boot);
	boot_tried(device, entry->file, status);
	return status;
}

static enum status boot(struct boot_disk *disk, struct arena *arena)
{
	struct search search = { .arena = arena };
	struct loader_conf conf = { .default_pattern = ANY };
	struct bls_entry *entry;
	enum status status, result = ERR_NOT_FOUND;

	for (u32 i = 0; i < disk->volume_count; i++) {
		struct volume *volume = disk->volumes[i];

		status = search_volume(&search, volume);
		log_set_subject(NULL);
		if (status && status != ERR_NOT_FOUND) {
			boot_tried(volume->device->name, "loader/entries", status);
			result = status;
		}
	}
	if (!search.first)
		return result;

	read_loader_conf(disk, arena, &conf);
	loader_conf_apply_command_line(&conf);
	entry = choose(&search, &conf);
	for (u32 tries = 0; entry; tries++) {
		if (tries == BLS_BEST_MAX) {
			log_warning("%s: more than %d entries that do not boot (BLS_BEST_MAX)",
				    disk->volumes[0]->device->name, BLS_BEST_MAX);
			break;
		}
		status = try_entry(entry, arena);
		if (tries == 0)
			result = status;
		entry->taken = true;
		entry = bls_entries_best(search.first, ANY);
	}
	return result;
}

const struct boot_method bls_boot = { "Boot Loader Specification", boot };
