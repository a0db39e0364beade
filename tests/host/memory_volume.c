/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A volume of files in memory. A directory is the part of some file's path before a '/'.
 */
#include "tests/host/memory_volume.h"

#include <stdio.h>
#include <strings.h>

#include "lib/util.h"

struct memory_state {
	const struct memory_file *file; /* of a directory: any file below it */
	size_t path_size;               /* length of the directory's part of that path */
};

static struct memory_state *memory_state_of(const struct file *file)
{
	static_assert(sizeof(struct memory_state) <= sizeof(file->state));
	return (struct memory_state *)file->state;
}

static struct memory_volume *memory_volume_of(const struct file *file)
{
	return container_of(file->volume, struct memory_volume, volume);
}

/* The part of @file's path after the directory; NULL if it is not below it. */
static const char *below(const struct file *directory, const struct memory_file *file)
{
	const struct memory_state *state = memory_state_of(directory);
	const size_t size = state->path_size;

	if (size == 0)
		return file->path;
	if (strncasecmp(file->path, state->file->path, size) != 0)
		return NULL;
	return file->path[size] == '/' ? file->path + size + 1 : NULL;
}

static struct file open_at(const struct file *directory, const struct memory_file *file,
			   const char *name, size_t name_size)
{
	struct file opened = { .volume = directory->volume };
	struct memory_state *state = memory_state_of(&opened);

	state->file = file;
	if (name[name_size] == '/') {
		opened.is_directory = true;
		state->path_size = (size_t)(name + name_size - file->path);
	} else {
		opened.size = file->size ? file->size : file->bytes.size;
	}
	return opened;
}

static size_t component_size(const char *path)
{
	size_t size = 0;

	while (path[size] && path[size] != '/')
		size++;
	return size;
}

static enum status volume_root(struct volume *volume, struct file *out)
{
	*out = (struct file){ .volume = volume, .is_directory = true };
	return OK;
}

static bool is_listed_before(const struct file *directory, const struct memory_volume *volume,
			     u64 index, const char *name, size_t size)
{
	for (u64 i = 0; i < index; i++) {
		const char *other = below(directory, &volume->files[i]);

		if (other && component_size(other) == size && strncasecmp(other, name, size) == 0)
			return true;
	}
	return false;
}

static enum status volume_next(const struct file *directory, u64 *cursor,
			       struct directory_entry *out)
{
	struct memory_volume *volume = memory_volume_of(directory);

	for (u64 i = *cursor; i < volume->count; i++) {
		const struct memory_file *file = &volume->files[i];
		const char *name = below(directory, file);
		size_t size;

		if (!name)
			continue;
		if (volume->listed_max && i >= volume->listed_max)
			return ERR_CORRUPT;
		size = component_size(name);
		/* Only folders can repeat, and there are few of them. */
		if (name[size] == '/' && is_listed_before(directory, volume, i, name, size))
			continue;
		snprintf(out->name, sizeof(out->name), "%.*s", (int)size, name);
		out->file = open_at(directory, file, name, size);
		*cursor = i + 1;
		return OK;
	}
	return ERR_NOT_FOUND;
}

static enum status volume_find(const struct file *directory, struct span wanted, struct file *out)
{
	struct memory_volume *volume = memory_volume_of(directory);

	for (u32 i = 0; i < volume->count; i++) {
		const char *name = below(directory, &volume->files[i]);

		if (!name || component_size(name) != wanted.size ||
		    strncasecmp(name, (const char *)wanted.data, wanted.size) != 0)
			continue;
		*out = open_at(directory, &volume->files[i], name, wanted.size);
		return OK;
	}
	return ERR_NOT_FOUND;
}

static enum status volume_read(struct file *file, u64 offset, size_t size, void *buffer)
{
	struct memory_volume *volume = memory_volume_of(file);
	const struct memory_file *memory = memory_state_of(file)->file;
	struct span part = span_part(memory->bytes, offset, size);

	volume->reads++;
	volume->last_offset = offset;
	volume->last_size = size;
	volume->last_buffer = buffer;
	if (memory->status)
		return memory->status;
	if (memory->discard)
		return OK;
	if (part.size != size)
		return ERR_IO;
	if (size)
		memcpy(buffer, part.data, size);
	return OK;
}

static const struct fs_ops memory_volume_ops = {
	.name = "memory",
	.root = volume_root,
	.next = volume_next,
	.find = volume_find,
	.read = volume_read,
};

void memory_volume_init(struct memory_volume *volume, const char *name,
			const struct memory_file *files, u32 count)
{
	*volume = (struct memory_volume){ .files = files, .count = count };
	snprintf(volume->device.name, sizeof(volume->device.name), "%s", name);
	volume->volume = (struct volume){ .ops = &memory_volume_ops,
					  .device = &volume->device,
					  .read_only = true };
}
