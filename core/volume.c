/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes, paths and files, whatever the file system. */
#include "core/volume.h"

#include "core/log.h"
#include "lib/config.h"
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

/* Removes the next name from the front of @path. False at the end. */
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

/*
 * Resolves @path from parents[0]; the further elements are the directories entered since, for "..".
 */
static enum status walk(struct file parents[PATH_DEPTH_MAX], bool from_root, struct span path,
			struct file *out)
{
	const struct fs_ops *ops = parents[0].volume->ops;
	enum status status = OK;
	struct span name;
	u32 depth = 0;

	while (status == OK && next_name(&path, &name)) {
		if (!parents[depth].is_directory)
			return ERR_NOT_FOUND;
		if (text_equals(name, "."))
			continue;
		if (text_equals(name, "..")) {
			if (depth > 0)
				depth--;
			else if (IS_ENABLED(CONFIG_FILE_INFO) && !from_root)
				status = file_parent(&parents[0], &parents[0]);
			continue;
		}
		if (depth + 1 == PATH_DEPTH_MAX)
			return unsupported("path of more than %d directories", PATH_DEPTH_MAX - 1);
		status = ops->find(&parents[depth], name, &parents[depth + 1]);
		depth++;
	}
	if (status == OK)
		*out = parents[depth];
	return status;
}

enum status volume_open(struct volume *volume, struct span path, struct file *out)
{
	struct file parents[PATH_DEPTH_MAX];
	enum status status = volume->ops->root(volume, &parents[0]);

	return status ? status : walk(parents, true, path, out);
}

enum status file_open(struct file *directory, struct span path, struct file *out)
{
	struct file parents[PATH_DEPTH_MAX];
	enum status status;

	if (!span_is_empty(path) && is_separator(path.data[0]))
		return volume_open(directory->volume, path, out);
	status = file_refresh(directory);
	parents[0] = *directory;
	return status ? status : walk(parents, false, path, out);
}

enum status file_refresh(struct file *file)
{
	/* Without FILE_WRITE no volume changes. */
	if (!IS_ENABLED(CONFIG_FILE_WRITE) || file->generation == file->volume->generation)
		return OK;
	return file->volume->ops->refresh(file);
}

enum status directory_next(struct file *directory, u64 *cursor, struct directory_entry *out)
{
	enum status status;

	if (!directory->is_directory)
		return ERR_INVALID;
	status = file_refresh(directory);
	return status ? status : directory->volume->ops->next(directory, cursor, out);
}

enum status file_read(struct file *file, u64 offset, size_t size, void *buffer)
{
	enum status status = file_refresh(file);

	if (status)
		return status;
	if (file->is_directory || offset > file->size || size > file->size - offset)
		return ERR_INVALID;
	if (size == 0)
		return OK;
	return file->volume->ops->read(file, offset, size, buffer);
}

enum status file_load(struct file *file, struct arena *arena, size_t size_max, struct span *out)
{
	enum status status = file_refresh(file);
	size_t size;
	u8 *bytes;

	if (status)
		return status;
	if (file->is_directory)
		return ERR_INVALID;
	if (file->size > size_max || file->size >= SIZE_MAX)
		return ERR_TOO_LARGE;
	size = (size_t)file->size;
	bytes = arena_allocate(arena, size + 1);
	if (!bytes)
		return ERR_NO_MEMORY;
	status = file_read(file, 0, size, bytes);
	if (status == OK)
		*out = span_of(bytes, size);
	return status;
}

/* struct file's state of such a file. */
struct memory_state {
	const u8 *bytes;
};

static struct memory_state *memory_state_of(const struct file *file)
{
	static_assert(sizeof(struct memory_state) <= sizeof(file->state));
	return (struct memory_state *)file->state;
}

static enum status memory_read(struct file *file, u64 offset, size_t size, void *buffer)
{
	memcpy(buffer, memory_state_of(file)->bytes + offset, size);
	return OK;
}

static const struct fs_ops memory_ops = { .name = "memory", .read = memory_read };

struct file file_from_memory(struct span bytes)
{
	static struct volume memory_volume = { .ops = &memory_ops, .read_only = true };
	struct file file = { .volume = &memory_volume, .size = bytes.size };

	memory_state_of(&file)->bytes = bytes.data;
	return file;
}

u64 file_address(const struct file *file)
{
	return file->volume->ops == &memory_ops ? (uintptr_t)memory_state_of(file)->bytes : 0;
}
