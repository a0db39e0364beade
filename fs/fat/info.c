/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FILE_INFO: data in directory entries other than name, size and cluster; the volume's label and
 * free space.
 *
 *	offset	size				time	date
 *	11	1	attributes		0 to 4	0 to 4	seconds / 2, day
 *	13	1	created, 10 ms		5 to 10	5 to 8	minute, month
 *	14	2	created, time		11 - 15	9 - 15	hour, year - 1980
 *	16	2	created, date
 *	18	2	accessed, date
 *	22	2	modified, time
 *	24	2	modified, date
 */
#include "core/log.h"
#include "fs/fat/fat.h"
#include "lib/utf.h"

static struct file_time time_from_entry(u32 date, u32 time)
{
	if (date == 0)
		return (struct file_time){ 0 };
	return (struct file_time){
		.year = (u16)(1980 + (date >> 9)),
		.month = date >> 5 & 15,
		.day = date & 31,
		.hour = (u8)(time >> 11),
		.minute = time >> 5 & 63,
		.second = (u8)((time & 31) * 2),
	};
}

/* The size of a directory's clusters in bytes, up to the largest possible directory. */
static enum status directory_size(const struct fat *fat, u32 cluster, u64 *size)
{
	*size = 0;
	if (cluster == FAT_FIXED_ROOT)
		*size = fat->root_size;
	while (fat_has_cluster(fat, cluster) && *size < FAT_DIRECTORY_SIZE_MAX) {
		u32 count;
		enum status status = fat_chain_run(fat, cluster,
						   FAT_DIRECTORY_SIZE_MAX >> fat->cluster_shift | 1,
						   &count, &cluster);

		if (status)
			return status;
		*size += (u64)count << fat->cluster_shift;
	}
	return OK;
}

enum status fat_info(const struct file *file, struct file_info *out)
{
	const struct fat *fat = fat_of(file);
	const struct fat_file *state = fat_file_of(file);
	u8 bytes[FAT_ENTRY_SIZE] = { [FAT_KIND_OFFSET] = FAT_KIND_DIRECTORY };
	enum status status = OK;

	/* The root has no entry. */
	if (state->directory)
		status = block_read_bytes(fat->volume.device, state->entry_offset, sizeof(bytes),
					  bytes);
	if (status)
		return status;
	*out = (struct file_info){
		.attributes = bytes[FAT_KIND_OFFSET] & FILE_ATTRIBUTES,
		.allocated_size = align_up(file->size, 1ull << fat->cluster_shift),
		.created = time_from_entry(load_le16(bytes + FAT_CREATED_DATE_OFFSET),
					   load_le16(bytes + FAT_CREATED_TIME_OFFSET)),
		.accessed = time_from_entry(load_le16(bytes + FAT_ACCESSED_DATE_OFFSET), 0),
		.modified = time_from_entry(load_le16(bytes + FAT_MODIFIED_DATE_OFFSET),
					    load_le16(bytes + FAT_MODIFIED_TIME_OFFSET)),
	};
	out->created.second += bytes[FAT_CREATED_FINE_OFFSET] / 100;
	if (file->is_directory)
		status = directory_size(fat, state->first_cluster, &out->allocated_size);
	return status;
}

enum status fat_file_name(const struct file *file, char name[FILE_NAME_SIZE])
{
	const struct fat_file *state = fat_file_of(file);
	struct fat_walk walk = fat_walk_start(fat_of(file), state->directory);
	struct fat_entry entry;

	name[0] = '\0';
	if (!state->directory)
		return OK;
	do {
		enum status status = fat_walk_next(&walk, &entry);

		if (status)
			return status;
	} while (entry.offset != state->entry_offset);
	return fat_entry_name(&entry, name) ? OK : ERR_NOT_FOUND;
}

enum status fat_dot_dot(const struct fat *fat, u32 cluster, u32 *parent)
{
	struct fat_walk walk = fat_walk_start(fat, cluster);
	const u8 *bytes;
	enum status status = fat_walk_step(&walk, &bytes);

	if (!status)
		status = fat_walk_step(&walk, &bytes);
	if (status)
		return status;
	if (bytes[0] != '.' || bytes[1] != '.')
		return corrupt("FAT: directory in cluster %u without \"..\"", cluster);
	*parent = fat_entry_cluster(fat, bytes);
	/* 0 means the root, wherever it is. */
	if (*parent == 0)
		*parent = fat->root_cluster;
	return OK;
}

enum status fat_parent(const struct file *file, struct file *out)
{
	const struct fat *fat = fat_of(file);
	const u32 parent = fat_file_of(file)->directory;
	struct fat_walk walk;
	struct fat_entry entry;
	u32 above;
	enum status status;

	if (parent == 0 || parent == fat->root_cluster)
		return fat_root(file->volume, out);
	status = fat_dot_dot(fat, parent, &above);
	if (status)
		return status;
	walk = fat_walk_start(fat, above);
	do {
		status = fat_walk_next(&walk, &entry);
		if (status)
			return status;
	} while (fat_entry_cluster(fat, entry.bytes) != parent);
	*out = fat_file_from_entry(fat, above, entry.bytes, entry.offset);
	return OK;
}

enum status fat_label_find(const struct fat *fat, u8 label[FAT_SHORT_NAME_SIZE], u64 *offset)
{
	struct fat_walk walk = fat_walk_start(fat, fat->root_cluster);

	for (;;) {
		const u8 *bytes;
		u32 kind;
		enum status status = fat_walk_step(&walk, &bytes);

		if (status)
			return status;
		if (bytes[0] == FAT_FREE_FROM_HERE)
			return ERR_NOT_FOUND;
		kind = bytes[FAT_KIND_OFFSET] & FAT_KIND_LONG_NAME_MASK;
		if (bytes[0] == FAT_DELETED || kind == FAT_KIND_LONG_NAME ||
		    !(kind & FAT_KIND_LABEL))
			continue;
		memcpy(label, bytes, FAT_SHORT_NAME_SIZE);
		*offset = walk.offset - FAT_ENTRY_SIZE;
		return OK;
	}
}

enum status fat_label(struct volume *volume, char label[VOLUME_LABEL_SIZE])
{
	const struct fat *fat = container_of(volume, struct fat, volume);
	u8 bytes[FAT_SHORT_NAME_SIZE];
	u16 units[FAT_SHORT_NAME_SIZE];
	u32 count = 0;
	u64 offset;
	enum status status = fat_label_find(fat, bytes, &offset);

	label[0] = '\0';
	if (status)
		return status == ERR_NOT_FOUND ? OK : status;
	for (u32 i = 0; i < FAT_SHORT_NAME_SIZE; i++) {
		units[i] = bytes[i];
		if (bytes[i] != ' ')
			count = i + 1;
	}
	(void)utf8_from_utf16(label, VOLUME_LABEL_SIZE, units, count);
	return OK;
}
