/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot catalog of a CD-ROM (El Torito 1.0, UEFI 2.11 13.3.2.1), on a drive or copied to a disk:
 * its images for UEFI are partitions. An ISO 9660 volume descriptor points to it, in sectors of
 * 2048 bytes whatever the block size of the disk.
 *
 *	volume descriptor, one a sector from sector 16
 *	0	1	type, 0: boot record, 255: the last
 *	1	5	"CD001"
 *	7	23	"EL TORITO SPECIFICATION"
 *	71	4	sector of the catalog
 *
 *	catalog: records of 32 bytes, the first of them the validation entry
 *	0	1	1
 *	1	1	platform of the initial entry, which follows, 0xef: UEFI
 *	30	2	0x55 0xaa; the sum of the 16 words is 0
 *
 *	section header, followed by its entries
 *	0	1	0x90, 0x91: the last
 *	1	1	platform
 *	2	2	number of entries
 *
 *	entry
 *	0	1	0x88: boots
 *	1	1	0 in the lower half: no emulation of another medium
 *	6	2	number of 512-byte sectors
 *	8	4	sector where the image starts
 */
#include "core/log.h"
#include "drivers/partition/partition.h"
#include "lib/config.h"
#include "lib/span.h"
#include "lib/util.h"

enum {
	CD_SECTOR_SIZE = 2048,
	DESCRIPTOR_FIRST = 16,
	DESCRIPTORS_MAX = 32,
	DESCRIPTOR_BOOT = 0,
	DESCRIPTOR_LAST = 255,
	DESCRIPTOR_SIZE = 75, /* of what is read */

	RECORD_SIZE = 32,
	RECORDS_MAX = CD_SECTOR_SIZE / RECORD_SIZE,
	RECORD_VALIDATION = 1,
	RECORD_HEADER = 0x90,
	RECORD_LAST_HEADER = 0x91,
	RECORD_EXTENSION = 0x44,
	RECORD_BOOTABLE = 0x88,
	PLATFORM_EFI = 0xef,
	MEDIA_TYPE_MASK = 0x0f,

	SECTOR_SIZE = 512,
	FAT_SECTOR_SIZE_OFFSET = 11,
};

/* The text of a boot record after its type: identifier, version, system. */
static const char boot_record[] = "CD001\1EL TORITO SPECIFICATION";

/* ERR_UNRECOGNIZED: not a CD-ROM, or one without a catalog. */
static enum status find_catalog(struct block_device *disk, u64 *offset)
{
	for (u32 i = 0; i < DESCRIPTORS_MAX; i++) {
		u8 descriptor[DESCRIPTOR_SIZE];

		if (block_read_bytes(disk, (u64)(DESCRIPTOR_FIRST + i) * CD_SECTOR_SIZE,
				     sizeof(descriptor), descriptor) ||
		    memcmp(descriptor + 1, boot_record, 5) != 0 || descriptor[0] == DESCRIPTOR_LAST)
			break;
		if (descriptor[0] != DESCRIPTOR_BOOT ||
		    memcmp(descriptor + 1, boot_record, sizeof(boot_record) - 1) != 0)
			continue;
		*offset = (u64)load_le32(descriptor + 71) * CD_SECTOR_SIZE;
		return OK;
	}
	return ERR_UNRECOGNIZED;
}

static bool is_validation(const u8 *record)
{
	u16 sum = 0;

	for (u32 i = 0; i < RECORD_SIZE; i += 2)
		sum = (u16)(sum + load_le16(record + i));
	return record[0] == RECORD_VALIDATION && load_le16(record + 30) == 0xaa55 && !sum;
}

/*
 * Does block 0 take precedence over the catalog? It does if it is the boot sector of a FAT file
 * system, or an MBR with
 * - an ESP: the image was made for disks as well as for drives, or
 * - partitions, none of which contains the volume descriptors: the disk held an image before it was
 *   partitioned, and the new partitions start after the descriptors, which nothing overwrote.
 *   The MBR of an image covers all of the image.
 * An MBR counts in blocks of 512 bytes. With other blocks, the MBR of an image is meaningless.
 */
static bool is_superseded(struct block_device *disk)
{
	const u32 descriptors = DESCRIPTOR_FIRST * CD_SECTOR_SIZE / SECTOR_SIZE;
	bool has_partitions = false, is_covered = false;
	u8 sector[SECTOR_SIZE];

	if (block_read_bytes(disk, 0, sizeof(sector), sector) ||
	    load_le16(sector + MBR_SIGNATURE_OFFSET) != MBR_SIGNATURE)
		return false;
	if (load_le16(sector + FAT_SECTOR_SIZE_OFFSET) == disk->block_size)
		return true;
	if (!IS_ENABLED(CONFIG_PARTITION_MBR) || disk->block_size != SECTOR_SIZE)
		return false;
	for (u32 i = 0; i < MBR_ENTRY_COUNT; i++) {
		const u8 *entry = sector + MBR_TABLE_OFFSET + i * MBR_ENTRY_SIZE;
		const u32 first = load_le32(entry + 8), count = load_le32(entry + 12);

		if (entry[MBR_TYPE_OFFSET] == MBR_TYPE_ESP)
			return true;
		has_partitions |= entry[MBR_TYPE_OFFSET] && count;
		is_covered |= first <= descriptors && count > descriptors - first;
	}
	return has_partitions && !is_covered;
}

/*
 * 512-byte sectors of the image at @offset. Entries have a 16-bit count, or 0 or 1 for "as many as
 * needed": the size then comes from the boot sector of a FAT file system; otherwise the image
 * extends to the end.
 */
static u64 image_sectors(struct block_device *disk, u64 offset, u64 count)
{
	const u64 count_max = (block_size_bytes(disk) - offset) / SECTOR_SIZE;
	u8 sector[SECTOR_SIZE];

	if (!block_read_bytes(disk, offset, sizeof(sector), sector) &&
	    load_le16(sector + MBR_SIGNATURE_OFFSET) == MBR_SIGNATURE &&
	    load_le16(sector + FAT_SECTOR_SIZE_OFFSET) == SECTOR_SIZE) {
		u64 total = load_le16(sector + 19);

		count = max_u64(count, total ? total : load_le32(sector + 32));
	}
	return count > 1 ? min_u64(count, count_max) : count_max;
}

static void add_image(struct partition_table *table, struct block_device *disk, const u8 *entry,
		      u32 number)
{
	const struct partition_id id = { .kind = PARTITION_ID_EL_TORITO };
	const u64 offset = (u64)load_le32(entry + 8) * CD_SECTOR_SIZE;
	const u32 before = table->count;
	u64 size;

	if (offset >= block_size_bytes(disk) || offset % disk->block_size) {
		log_warning("El Torito: image at invalid sector %u", load_le32(entry + 8));
		return;
	}
	size = image_sectors(disk, offset, load_le16(entry + 6)) * SECTOR_SIZE;
	partition_table_add(table, disk, offset / disk->block_size,
			    align_up(size, disk->block_size) / disk->block_size, number + 1,
			    PARTITION_ESP, &id);
	/* A CD-ROM is read-only, even if its copy is writable. */
	if (table->count > before)
		table->partitions[before].read_only = true;
}

static bool is_image(const u8 *entry)
{
	return entry[0] == RECORD_BOOTABLE && !(entry[1] & MEDIA_TYPE_MASK);
}

/* Handles the records after the validation entry, which has the @platform of the first. */
static void add_images(struct partition_table *table, struct block_device *disk, u64 catalog,
		       u8 platform)
{
	u32 number = 0, left = 1;
	bool is_last = false;

	for (u32 i = 1; i < RECORDS_MAX; i++) {
		u8 record[RECORD_SIZE];

		if (block_read_bytes(disk, catalog + i * RECORD_SIZE, sizeof(record), record))
			return;
		if (record[0] == RECORD_EXTENSION)
			continue;
		if (left) {
			if (platform == PLATFORM_EFI && is_image(record))
				add_image(table, disk, record, number);
			number++;
			left--;
			continue;
		}
		if (is_last || (record[0] != RECORD_HEADER && record[0] != RECORD_LAST_HEADER))
			return;
		is_last = record[0] == RECORD_LAST_HEADER;
		platform = record[1];
		left = load_le16(record + 2);
	}
}

static enum status scan(struct block_device *disk, struct arena *arena, struct partition_table *out)
{
	struct partition_table table;
	u8 validation[RECORD_SIZE];
	enum status status;
	u64 catalog;

	status = find_catalog(disk, &catalog);
	if (status)
		return status;
	if (is_superseded(disk))
		return ERR_UNRECOGNIZED;
	status = block_read_bytes(disk, catalog, sizeof(validation), validation);
	if (status == ERR_IO)
		return status;
	if (status || !is_validation(validation))
		return corrupt("El Torito: no boot catalog at sector %lu",
			       catalog / CD_SECTOR_SIZE);
	status = partition_table_init(&table, el_torito_scheme.name, RECORDS_MAX, arena);
	if (status)
		return status;
	add_images(&table, disk, catalog, validation[1]);
	/* A CD-ROM for a BIOS only; a partition table may have more. */
	if (table.count == 0)
		return ERR_UNRECOGNIZED;
	*out = table;
	return OK;
}

const struct partition_scheme el_torito_scheme = { .name = "El Torito", .scan = scan };
