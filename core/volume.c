/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes, paths and files, whatever the file system. */
#include "core/volume.h"

#include "core/log.h"
#include "lib/text.h"

enum { PATH_DEPTH_MAX = 32 };

enum status volume_mount(struct block_device *device, struct arena *arena, struct volume **out)
{
	enum status worst = ERR_UNRECOGNIZED;

	for (u32 i = 0; file_systems[i]; i++) {
		enum status status = file_systems[i]->mount(device, arena, out);

		if (status == OK) {
			log_debug("%s", file_systems[i]->name);
			return OK;
		}
		if (worst == ERR_UNRECOGNIZED)
			worst = status;
	}
	return worst;
}

static bool is_separator(u8 c)
{
	return c == '/' || c == '\\';
}

/* Takes the next name off @path. False at the end. */
static bool next_name(struct span *path, struct span *name)
{
	size_t size = 0;

	while (path->size && is_separator(path->data[0]))
		*path = span_from(*path, 1);
	while (size < path->size && !is_separator(path->data[size]))
		size++;
	*name = span_part(*path, 0, size);
	*path = span_from(*path, size);
	return size != 0;
}

enum status volume_open(struct volume *volume, struct span path, struct file *out)
{
	struct file parents[PATH_DEPTH_MAX]; /* the way from the root, for ".." */
	struct span name;
	u32 depth = 0;
	enum status status = volume->ops->root(volume, &parents[0]);

	while (status == OK && next_name(&path, &name)) {
		if (!parents[depth].is_directory)
			return ERR_NOT_FOUND;
		if (text_equals(name, "."))
			continue;
		if (text_equals(name, "..")) {
			depth -= depth > 0;
			continue;
		}
		if (depth + 1 == PATH_DEPTH_MAX)
			return unsupported("path of more than %d directories", PATH_DEPTH_MAX - 1);
		status = volume->ops->find(&parents[depth], name, &parents[depth + 1]);
		depth++;
	}
	if (status == OK)
		*out = parents[depth];
	return status;
}

enum status directory_next(const struct file *directory, u64 *cursor, struct directory_entry *out)
{
	if (!directory->is_directory)
		return ERR_INVALID;
	return directory->volume->ops->next(directory, cursor, out);
}

enum status file_read(struct file *file, u64 offset, size_t size, void *buffer)
{
	if (file->is_directory || offset > file->size || size > file->size - offset)
		return ERR_INVALID;
	if (size == 0)
		return OK;
	return file->volume->ops->read(file, offset, size, buffer);
}

enum status file_load(struct file *file, struct arena *arena, size_t size_max, struct span *out)
{
	enum status status;
	size_t size;
	u8 *bytes;

	if (file->is_directory)
		return ERR_INVALID;
	if (file->size > size_max || file->size >= SIZE_MAX)
		return ERR_TOO_SMALL;
	size = (size_t)file->size;
	bytes = arena_allocate(arena, size + 1);
	if (!bytes)
		return ERR_NO_MEMORY;
	status = file_read(file, 0, size, bytes);
	if (status == OK)
		*out = span_of(bytes, size);
	return status;
}

static enum status memory_read(struct file *file, u64 offset, size_t size, void *buffer)
{
	memcpy(buffer, (const u8 *)(uintptr_t)file->private[0] + offset, size);
	return OK;
}

static const struct fs_ops memory_ops = { .name = "memory", .read = memory_read };

struct file file_from_memory(struct span bytes)
{
	static struct volume memory_volume = { .ops = &memory_ops };

	return (struct file){
		.volume = &memory_volume,
		.size = bytes.size,
		.private = { (uintptr_t)bytes.data },
	};
}

u64 file_address(const struct file *file)
{
	return file->volume->ops == &memory_ops ? file->private[0] : 0;
}
