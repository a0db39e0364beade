/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FILE_WRITE: changes to volumes. Arguments are checked here, so that file systems need not check
 * them.
 */
#include "core/volume.h"

#include "lib/text.h"
#include "lib/util.h"

struct file_time (*volume_clock)(void);

/* Can anything be written to the volume? */
static enum status check_volume(const struct volume *volume)
{
	if (volume->read_only || volume->device->read_only || !volume->ops->write)
		return ERR_DENIED;
	return OK;
}

static enum status check_file(struct file *file)
{
	enum status status = check_volume(file->volume);

	return status ? status : file_refresh(file);
}

/* Is it a name that a path cannot contain? */
static bool is_impossible(struct span name)
{
	if (span_is_empty(name) || text_equals(name, ".") || text_equals(name, ".."))
		return true;
	for (size_t i = 0; i < name.size; i++)
		if (name.data[i] < ' ' || name.data[i] == '/' || name.data[i] == '\\')
			return true;
	return false;
}

enum status file_create(struct file *directory, struct span name, bool is_directory,
			struct file *out)
{
	enum status status = check_file(directory);

	if (status)
		return status;
	if (!directory->is_directory || is_impossible(name))
		return ERR_INVALID;
	return directory->volume->ops->create(directory, name, is_directory, out);
}

enum status file_write(struct file *file, u64 offset, size_t size, const void *buffer)
{
	enum status status = check_file(file);
	u64 end;

	if (status)
		return status;
	if (file->is_directory)
		return ERR_INVALID;
	if (add_overflows(offset, size, &end))
		return ERR_TOO_LARGE;
	if (size == 0)
		return OK;
	return file->volume->ops->write(file, offset, size, buffer);
}

enum status file_resize(struct file *file, u64 size)
{
	enum status status = check_file(file);

	if (status)
		return status;
	if (file->is_directory)
		return ERR_INVALID;
	if (file->size == size)
		return OK;
	return file->volume->ops->resize(file, size);
}

enum status file_move(struct file *file, struct file *directory, struct span name)
{
	enum status status = check_file(file);

	if (!status)
		status = file_refresh(directory);
	if (status)
		return status;
	if (!directory->is_directory || directory->volume != file->volume || is_impossible(name))
		return ERR_INVALID;
	return file->volume->ops->move(file, directory, name);
}

enum status file_remove(struct file *file)
{
	enum status status = check_file(file);

	return status ? status : file->volume->ops->remove(file);
}

enum status file_set_info(struct file *file, const struct file_info *info)
{
	enum status status = check_file(file);

	if (status)
		return status;
	if (info->attributes & ~(u32)FILE_ATTRIBUTES ||
	    !(info->attributes & FILE_DIRECTORY) == file->is_directory)
		return ERR_INVALID;
	return file->volume->ops->set_info(file, info);
}

enum status volume_set_label(struct volume *volume, struct span label)
{
	enum status status = check_volume(volume);

	if (status)
		return status;
	return volume->ops->set_label ? volume->ops->set_label(volume, label) : ERR_UNSUPPORTED;
}

enum status volume_flush(struct volume *volume)
{
	/* Without a device, nothing has been written. */
	if (check_volume(volume))
		return OK;
	return block_flush(volume->device);
}
