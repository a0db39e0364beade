/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FAT_LABEL: sets the volume's label. It is an entry of the root directory; the boot sector and, on
 * FAT32, its backup have a copy. The entry is written first, because systems read the label there.
 *
 *	offset	size	boot sector
 *	11	2	bytes per sector
 *	38, 66	1	0x29: the label below exists (the second offset is that of FAT32)
 *	43, 71	11	label, "NO NAME    " if there is none
 *	50	2	FAT32: sector of the backup, 0: none
 */
#include "fs/fat/write.h"
#include "lib/text.h"

enum {
	SECTOR_SIZE_OFFSET = 11,
	BACKUP_OFFSET = 50,
	LABEL_OFFSET = 43,
	LABEL_OFFSET_32 = 71,
	LABEL_EXISTS = 0x29,
	LABEL_EXISTS_OFFSET = -5, /* from the label */
};

/* What a short name may have, and blanks inside. */
static enum status label_from_name(struct span name, u8 label[FAT_SHORT_NAME_SIZE])
{
	memset(label, ' ', FAT_SHORT_NAME_SIZE);
	for (size_t i = 0; i < name.size; i++) {
		const bool is_blank = i > 0 && name.data[i] == ' ';
		const u8 byte = is_blank ? ' ' : fat_short_unit(name.data[i]);

		if (i == FAT_SHORT_NAME_SIZE || !byte)
			return ERR_INVALID;
		label[i] = byte;
	}
	return OK;
}

static enum status add_entry(struct fat *fat, const u8 label[FAT_SHORT_NAME_SIZE])
{
	struct fat_name_entries entries = { .count = 1 };
	u8 *entry = fat_short_entry(&entries);
	u64 offset;
	enum status status;

	memcpy(entry, label, FAT_SHORT_NAME_SIZE);
	entry[FAT_KIND_OFFSET] = FAT_KIND_LABEL;
	fat_entry_set_modified_now(entry);
	status = fat_entries_add(fat, fat->root_cluster, &entries, &offset);
	return status ? status : fat_write_fs_info(fat);
}

/* An empty @name removes the entry. */
static enum status set_entry(struct fat *fat, struct span name, const u8 label[FAT_SHORT_NAME_SIZE])
{
	u8 entry[FAT_ENTRY_SIZE];
	u64 offset;
	enum status status = fat_label_find(fat, entry, &offset);

	if (status == ERR_NOT_FOUND)
		return add_entry(fat, label);
	if (!status)
		status = block_read_bytes(fat->volume.device, offset, sizeof(entry), entry);
	if (status)
		return status;
	memcpy(entry, label, FAT_SHORT_NAME_SIZE);
	if (span_is_empty(name))
		entry[0] = FAT_DELETED;
	fat_entry_set_modified_now(entry);
	return block_write_bytes(fat->volume.device, offset, sizeof(entry), entry);
}

static enum status set_boot_sectors(const struct fat *fat, const void *label)
{
	struct block_device *device = fat->volume.device;
	const bool is_32 = fat->variant->entry_bits == 32;
	const u32 label_offset = is_32 ? LABEL_OFFSET_32 : LABEL_OFFSET;
	u8 bytes[BLOCK_SIZE_MIN];
	u64 backup;
	enum status status = block_read_bytes(device, 0, sizeof(bytes), bytes);

	if (status || bytes[(int)label_offset + LABEL_EXISTS_OFFSET] != LABEL_EXISTS)
		return status;
	backup = (u64)load_le16(bytes + BACKUP_OFFSET) * load_le16(bytes + SECTOR_SIZE_OFFSET);
	if (is_32 && backup && backup + sizeof(bytes) <= fat->table_offset &&
	    block_has_bytes(device, backup, label_offset, bytes))
		status = block_write_bytes(device, backup + label_offset, FAT_SHORT_NAME_SIZE,
					   label);
	if (!status)
		status = block_write_bytes(device, label_offset, FAT_SHORT_NAME_SIZE, label);
	return status;
}

enum status fat_set_label(struct volume *volume, struct span name)
{
	struct fat *fat = container_of(volume, struct fat, volume);
	char current[VOLUME_LABEL_SIZE];
	u8 label[FAT_SHORT_NAME_SIZE];
	enum status status = fat_label(volume, current);

	if (status || text_equals(name, current))
		return status;
	status = label_from_name(name, label);
	if (!status)
		status = set_entry(fat, name, label);
	if (!status)
		status = fat_barrier(fat);
	if (status)
		return status;
	return set_boot_sectors(fat, span_is_empty(name) ? (const void *)"NO NAME    " : label);
}
