/* SPDX-License-Identifier: Apache-2.0 */
/* Without FILE_WRITE: volumes are read-only, and all attempts to change them are denied. */
#include "core/volume.h"

enum status file_create(struct file *directory, struct span name, bool is_directory,
			struct file *out)
{
	(void)directory, (void)name, (void)is_directory, (void)out;
	return ERR_DENIED;
}

enum status file_write(struct file *file, u64 offset, size_t size, const void *buffer)
{
	(void)file, (void)offset, (void)size, (void)buffer;
	return ERR_DENIED;
}

enum status file_resize(struct file *file, u64 size)
{
	(void)file, (void)size;
	return ERR_DENIED;
}

enum status file_move(struct file *file, struct file *directory, struct span name)
{
	(void)file, (void)directory, (void)name;
	return ERR_DENIED;
}

enum status file_remove(struct file *file)
{
	(void)file;
	return ERR_DENIED;
}

enum status file_set_info(struct file *file, const struct file_info *info)
{
	(void)file, (void)info;
	return ERR_DENIED;
}

enum status volume_set_label(struct volume *volume, struct span label)
{
	(void)volume, (void)label;
	return ERR_DENIED;
}

enum status volume_flush(struct volume *volume)
{
	(void)volume;
	return ERR_DENIED;
}
