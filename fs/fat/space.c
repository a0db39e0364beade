/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Free clusters: counted in the table, or taken from FAT32's FSInfo sector.
 *
 *	offset	size
 *	0	4	0x41615252
 *	484	4	0x61417272
 *	488	4	free clusters, or 0xffffffff: not known
 *	492	4	the cluster to look for a free one from, or 0xffffffff
 *	508	4	0xaa550000
 */
#include "core/log.h"
#include "fs/fat/write.h"

enum { FS_INFO_SIZE = 512, FS_INFO_FREE = 488, FS_INFO_NEXT = 492 };

void fat_read_fs_info(struct fat *fat)
{
	u8 bytes[FS_INFO_SIZE];

	fat->free_count = FAT_NOT_KNOWN;
	fat->next_free = FAT_FIRST_CLUSTER;
	if (!fat->fs_info_offset)
		return;
	/* It only saves time, so errors are not reported. */
	if (block_read_bytes(fat->volume.device, fat->fs_info_offset, sizeof(bytes), bytes) ||
	    load_le32(bytes) != 0x41615252 || load_le32(bytes + 484) != 0x61417272 ||
	    load_le32(bytes + 508) != 0xaa550000) {
		fat->fs_info_offset = 0;
		return;
	}
	if (load_le32(bytes + FS_INFO_FREE) <= fat->cluster_count)
		fat->free_count = load_le32(bytes + FS_INFO_FREE);
	if (fat_has_cluster(fat, load_le32(bytes + FS_INFO_NEXT)))
		fat->next_free = load_le32(bytes + FS_INFO_NEXT);
}

/* Reads all links, once. */
static enum status count_free(struct fat *fat)
{
	u32 count = 0;

	for (u32 i = 0; i < fat->cluster_count; i++) {
		u32 link;
		enum status status = fat_link(fat, FAT_FIRST_CLUSTER + i, &link);

		if (status)
			return status;
		count += link == 0;
	}
	fat->free_count = count;
	return OK;
}

enum status fat_space(struct volume *volume, struct volume_space *out)
{
	struct fat *fat = container_of(volume, struct fat, volume);
	enum status status = fat->free_count == FAT_NOT_KNOWN ? count_free(fat) : OK;

	if (status)
		return status;
	out->size = (u64)fat->cluster_count << fat->cluster_shift;
	out->free = (u64)fat->free_count << fat->cluster_shift;
	out->unit = 1u << fat->cluster_shift;
	return OK;
}

enum status fat_write_fs_info(struct fat *fat)
{
	u8 bytes[8];

	if (!fat->fs_info_offset)
		return OK;
	store_le32(bytes, fat->free_count);
	store_le32(bytes + 4, fat->next_free);
	return block_write_bytes(fat->volume.device, fat->fs_info_offset + FS_INFO_FREE,
				 sizeof(bytes), bytes);
}
