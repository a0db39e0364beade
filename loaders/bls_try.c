/* SPDX-License-Identifier: Apache-2.0 */
/* Boot Loader Specification: tries one entry. */
#include "core/log.h"
#include "lib/config.h"
#include "lib/format.h"
#include "lib/text.h"
#include "lib/util.h"
#include "loaders/bls.h"
#include "loaders/boot_count.h"
#include "loaders/initrd.h"
#include "loaders/uki.h"

/* Titles need not be unique; the version distinguishes entries. */
const char *bls_entry_title(const struct bls_entry *entry, struct arena *arena)
{
	struct span title = span_is_empty(entry->title) ? entry->name : entry->title;
	bool has_version = !span_is_empty(entry->title) && !span_is_empty(entry->version);
	char text[BOOT_TITLE_SIZE];

	format(text, sizeof(text), has_version ? "%.*s (%.*s)" : "%.*s", (int)title.size,
	       (const char *)title.data, (int)entry->version.size,
	       (const char *)entry->version.data);
	return arena_copy(arena, span_of_string(text));
}

struct span bls_entry_id(const struct bls_entry *entry, struct arena *arena)
{
	static const char suffix[] = ".conf";
	size_t size = entry->name.size;
	u8 *id;

	if (!span_is_empty(entry->id))
		return entry->id;
	id = arena_allocate(arena, size + sizeof(suffix));
	if (!id)
		return (struct span){ 0 };
	memcpy(id, entry->name.data, size);
	memcpy(id + size, suffix, sizeof(suffix));
	return span_of(id, size + sizeof(suffix) - 1);
}

static enum status open_file(const struct bls_entry *entry, const char *key, struct span path,
			     struct file *out)
{
	struct span shown = span_part(path, 0, min_u64(path.size, BLS_VALUE_SIZE_MAX));
	enum status status = ERR_NOT_FOUND;

	if (path.size <= BLS_PATH_SIZE_MAX)
		status = volume_open(entry->volume, path, out);
	if (!status && out->is_directory)
		return corrupt("%s: %s %.*s: a directory", entry->file, key, (int)shown.size,
			       (const char *)shown.data);
	if (status)
		log_warning("%s: %s %.*s: %s", entry->file, key, (int)shown.size,
			    (const char *)shown.data, status_name(status));
	return status;
}

/*
 * @path, which is part of the entry's text, without GRUB's variables, in @buffer. Builds not for
 * size first check whether it is the name of a file as it is.
 */
static struct span without_variables(const struct bls_entry *entry, struct span path, u8 *buffer)
{
	size_t size = bls_copy_without_variables(path, buffer);
	struct file file;

	if (!IS_ENABLED(CONFIG_OPTIMIZE_SIZE) && size < path.size &&
	    path.size <= BLS_PATH_SIZE_MAX && !volume_open(entry->volume, path, &file))
		return path;
	return text_trim(span_of(buffer, size));
}

/* Is all of @value a single path with white space, as in systemd-boot? */
static bool is_one_path(const struct bls_entry *entry, struct span value, struct file *out)
{
	struct span rest = value, word;

	return text_next_word(&rest, &word) && !span_is_empty(rest) &&
	       value.size <= BLS_PATH_SIZE_MAX && !volume_open(entry->volume, value, out) &&
	       !out->is_directory;
}

static enum status add_initrd(const struct bls_entry *entry, struct span path,
			      struct boot_entry *out)
{
	enum status status;

	if (out->initrd_count == BOOT_INITRDS_MAX)
		return unsupported("%s: more than %d initrds (BOOT_INITRDS_MAX)", entry->file,
				   BOOT_INITRDS_MAX);
	status = open_file(entry, "initrd", path, &out->initrds[out->initrd_count]);
	if (!status)
		out->initrd_count++;
	return status;
}

/* Opens the initrds of one line: GRUB accepts several, separated by white space. */
static enum status add_initrds(const struct bls_entry *entry, struct span value,
			       struct boot_entry *out)
{
	struct span path;
	struct file file;
	enum status status = OK;

	if (is_one_path(entry, value, &file))
		return add_initrd(entry, value, out);
	while (!status && text_next_word(&value, &path)) {
		path = text_unquote(path);
		if (!span_is_empty(path))
			status = add_initrd(entry, path, out);
	}
	return status;
}

static enum status open_initrds(const struct bls_entry *entry, u8 *buffer, struct boot_entry *out)
{
	struct span rest = entry->text, value;

	while (bls_entry_next_value(&rest, "initrd", &value)) {
		enum status status =
			add_initrds(entry, without_variables(entry, value, buffer), out);

		if (status)
			return status;
	}
	/* A UKI has its own, and its stub accepts no others. */
	if (out->initrd_count == 0 && entry->kind == BLS_LINUX)
		initrd_take_modules(out);
	return OK;
}

static struct span join_options(const struct bls_entry *entry, u8 *buffer)
{
	struct span rest = entry->text, options;
	size_t size = 0;

	while (bls_entry_next_value(&rest, "options", &options)) {
		if (size)
			buffer[size++] = ' ';
		size += bls_copy_without_variables(text_unquote(options), buffer + size);
	}
	return span_of(buffer, size);
}

static const char *key_of(const struct bls_entry *entry)
{
	if (!IS_ENABLED(CONFIG_EFI) || entry->kind == BLS_LINUX)
		return "linux";
	return entry->kind == BLS_UKI ? "uki" : "efi";
}

static enum status add_extras(const struct bls_entry *entry, struct arena *arena,
			      struct boot_entry *out)
{
	struct span rest = entry->text, value;

	if (IS_ENABLED(CONFIG_BOOT_EXTRA))
		return bls_add_extras(entry, arena, out);
	if (IS_ENABLED(CONFIG_EFI) && bls_entry_next_value(&rest, "extra", &value))
		log_warning("%s: extra ignored (BOOT_EXTRA)", entry->file);
	return OK;
}

static const char *folder_of(const struct bls_entry *entry)
{
	return entry->is_image ? "\\EFI\\Linux" : "\\loader\\entries";
}

static struct span path_of(const struct bls_entry *entry)
{
	if (IS_ENABLED(CONFIG_BOOT_UKI) && entry->is_image)
		return span_of_string(entry->image_path);
	return entry->path;
}

static enum status open_entry(const struct bls_entry *entry, struct arena *arena,
			      struct boot_entry *out)
{
	u8 *buffer = arena_allocate(arena, entry->text.size + 1);
	struct span path = path_of(entry);
	enum status status;

	*out = (struct boot_entry){
		.title = bls_entry_title(entry, arena),
		.is_efi = entry->kind != BLS_LINUX,
		.is_uki = entry->kind == BLS_UKI,
		.profile = entry->profile,
	};
	if (!out->title || !buffer)
		return ERR_NO_MEMORY;
	if (!IS_ENABLED(CONFIG_OPTIMIZE_SIZE) && !entry->is_image)
		path = without_variables(entry, path, buffer);
	status = open_file(entry, key_of(entry), path, &out->kernel);
	if (!status)
		status = open_initrds(entry, buffer, out);
	if (!status)
		status = add_extras(entry, arena, out);
	if (status)
		return status;
	if (IS_ENABLED(CONFIG_BOOT_MENU_EDITOR) && entry->edited.data)
		out->options = entry->edited;
	else
		out->options = join_options(entry, buffer);
	return OK;
}

/* The image's own options, which its stub uses if it is started without options. */
static enum status read_own_options(const struct bls_entry *entry, struct arena *arena,
				    struct span *out)
{
	struct uki *uki = arena_allocate(arena, sizeof(*uki));
	struct file file;
	enum status status = uki ? volume_open(entry->volume, path_of(entry), &file) :
				   ERR_NO_MEMORY;

	if (!status)
		status = uki_read(entry->file, &file, arena, uki);
	if (!status && entry->profile >= uki->count)
		status = ERR_NOT_FOUND;
	if (status)
		return status;
	return uki_text(&file, &uki->profiles[entry->profile], UKI_COMMAND_LINE, arena, out);
}

enum status bls_entry_options(const struct bls_entry *entry, struct arena *arena, struct span *out)
{
	u8 *buffer;

	if (!IS_ENABLED(CONFIG_BOOT_MENU_EDITOR))
		return ERR_UNSUPPORTED;
	buffer = arena_allocate(arena, entry->text.size + 1);
	if (!buffer)
		return ERR_NO_MEMORY;
	*out = join_options(entry, buffer);
	if (entry->kind != BLS_UKI || !span_is_empty(*out))
		return OK;
	return IS_ENABLED(CONFIG_BOOT_UKI) ? read_own_options(entry, arena, out) : ERR_UNSUPPORTED;
}

/*
 * Counts the try; @next is the result of boot_count(). An image then has its new name, also for its
 * other profiles.
 */
static void count(const struct bls_entry *entry, struct boot_entry *out, char next[FILE_NAME_SIZE])
{
	struct file file;

	boot_count(entry->volume, span_of_string(folder_of(entry)), span_of_string(entry->file),
		   next, &file);
	if (!IS_ENABLED(CONFIG_BOOT_UKI) || !entry->is_image || !next[0])
		return;
	memcpy(entry->image_path + sizeof(BLS_IMAGES) - 1, next, FILE_NAME_SIZE);
	out->kernel = file;
}

/* Reports the entry to the operating system that it starts; @next as above. */
static void tell(const struct bls_entry *entry, const char *next, struct arena *arena)
{
	struct span id = bls_entry_id(entry, arena);
	char path[FILE_NAME_SIZE + sizeof("\\loader\\entries\\")] = "";

	if (span_is_empty(id))
		return;
	if (next[0])
		format(path, sizeof(path), "%s\\%s", folder_of(entry), next);
	boot_interface->start(&(struct boot_selection){
		.id = (const char *)id.data,
		.counted_path = path,
		.volume = entry->volume,
	});
}

enum status bls_try(const struct bls_entry *entry, struct arena *arena, u32 *loads)
{
	const char *device = entry->volume->device->name;
	char next[FILE_NAME_SIZE] = "";
	struct boot_entry boot;
	enum status status;

	log_set_subject(device);
	if (entry->unusable)
		status = ERR_UNSUPPORTED;
	else
		status = open_entry(entry, arena, &boot);
	if (!status && IS_ENABLED(CONFIG_BOOT_COUNTING))
		count(entry, &boot, next);
	log_set_subject(NULL);
	if (!status && IS_ENABLED(CONFIG_BOOT_LOADER_INTERFACE) && boot_interface)
		tell(entry, next, arena);
	if (!status) {
		(*loads)++;
		status = boot_start(&boot);
	}
	boot_tried(device, entry->file, status);
	return status;
}
