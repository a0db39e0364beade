/* SPDX-License-Identifier: Apache-2.0 */
/* FILE_INFO: data about files other than their size, and about the volume. */
#include "core/volume.h"

enum status file_info(struct file *file, struct file_info *out)
{
	enum status status = file_refresh(file);

	if (status)
		return status;
	if (!file->volume->ops->info)
		return ERR_UNSUPPORTED;
	return file->volume->ops->info(file, out);
}

enum status file_name(struct file *file, char name[FILE_NAME_SIZE])
{
	enum status status = file_refresh(file);

	if (status)
		return status;
	if (!file->volume->ops->file_name)
		return ERR_UNSUPPORTED;
	return file->volume->ops->file_name(file, name);
}

enum status file_parent(struct file *file, struct file *out)
{
	enum status status = file_refresh(file);

	if (status)
		return status;
	if (!file->volume->ops->parent)
		return ERR_UNSUPPORTED;
	return file->volume->ops->parent(file, out);
}

enum status volume_space(struct volume *volume, struct volume_space *out)
{
	return volume->ops->space ? volume->ops->space(volume, out) : ERR_UNSUPPORTED;
}

enum status volume_label(struct volume *volume, char label[VOLUME_LABEL_SIZE])
{
	return volume->ops->label ? volume->ops->label(volume, label) : ERR_UNSUPPORTED;
}
