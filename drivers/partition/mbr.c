/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The old PC partition table: four entries in block 0, and a chain of extended boot records, each
 * with one logical partition and a link. Block numbers are relative to the disk; those of a logical
 * partition are relative to its record, those of links to the extended partition. Cylinders, heads
 * and sectors are obsolete and ignored.
 *
 *	entry, four of them from 446
 *	0	1	0x80 active, 0x00 not
 *	4	1	type, 0: unused
 *	8	4	first block
 *	12	4	number of blocks
 *	440	4	signature of the disk
 *	510	2	0x55 0xaa
 */
#include "core/log.h"
#include "drivers/partition/partition.h"
#include "lib/span.h"

enum {
	SECTOR_SIZE = 512,
	FIRST_LOGICAL_NUMBER = 5,
	DISK_SIGNATURE_OFFSET = 440,

	TYPE_EXTENDED = 0x05,
	TYPE_EXTENDED_LBA = 0x0f,
	TYPE_EXTENDED_LINUX = 0x85,
	TYPE_XBOOTLDR = 0xea,
};

struct entry {
	u8 active, type;
	u32 first, count;
	u8 record[MBR_ENTRY_SIZE]; /* all of it */
};

/* Reads the entries in block @lba. ERR_UNRECOGNIZED: the block does not have the signature. */
static enum status read_entries(struct block_device *disk, u64 lba,
				struct entry out[MBR_ENTRY_COUNT], u32 *disk_signature)
{
	u8 sector[SECTOR_SIZE];
	enum status status = block_read_bytes(disk, lba * disk->block_size, sizeof(sector), sector);

	if (status)
		return status;
	if (load_le16(sector + MBR_SIGNATURE_OFFSET) != MBR_SIGNATURE)
		return ERR_UNRECOGNIZED;
	*disk_signature = load_le32(sector + DISK_SIGNATURE_OFFSET);
	for (u32 i = 0; i < MBR_ENTRY_COUNT; i++) {
		const u8 *bytes = sector + MBR_TABLE_OFFSET + i * MBR_ENTRY_SIZE;

		out[i].active = bytes[0];
		out[i].type = bytes[MBR_TYPE_OFFSET];
		out[i].first = load_le32(bytes + 8);
		out[i].count = load_le32(bytes + 12);
		memcpy(out[i].record, bytes, sizeof(out[i].record));
	}
	return OK;
}

static bool is_extended(const struct entry *entry)
{
	return entry->type == TYPE_EXTENDED || entry->type == TYPE_EXTENDED_LBA ||
	       entry->type == TYPE_EXTENDED_LINUX;
}

/*
 * An image may have been copied to a smaller disk: like Linux, uses the part of the partition that
 * exists.
 */
static void add(struct partition_table *table, struct block_device *disk, u32 disk_signature,
		u64 base, const struct entry *entry, u32 number)
{
	struct partition_id id = { .kind = PARTITION_ID_MBR, .disk_signature = disk_signature };
	enum partition_kind kind = entry->type == MBR_TYPE_ESP  ? PARTITION_ESP :
				   entry->type == TYPE_XBOOTLDR ? PARTITION_XBOOTLDR :
								  PARTITION_OTHER;
	const u64 first = base + entry->first;
	u64 count = entry->count;

	if (first < disk->block_count && count > disk->block_count - first) {
		count = disk->block_count - first;
		log_warning("MBR: only %lu of %u blocks of partition %u are on the disk", count,
			    entry->count, number);
	}
	memcpy(id.record, entry->record, sizeof(id.record));
	partition_table_add(table, disk, first, count, number, kind, &id);
}

/* Bounded by the maximum number of partitions, so that a loop ends, too. */
static enum status add_logical(struct partition_table *table, struct block_device *disk,
			       u32 disk_signature, const struct entry *extended, u32 *number)
{
	u64 lba = extended->first;

	for (u32 i = 0; i < PARTITIONS_MAX; i++) {
		struct entry record[MBR_ENTRY_COUNT];
		const struct entry *logical = &record[0], *link = &record[1];
		enum status status;
		u32 ignored;

		if (lba == 0 || lba >= disk->block_count)
			return corrupt("MBR: extended boot record in block %lu", lba);
		status = read_entries(disk, lba, record, &ignored);
		if (status == ERR_UNRECOGNIZED)
			return corrupt("MBR: no extended boot record in block %lu", lba);
		if (status)
			return status;
		if (logical->type && logical->count)
			add(table, disk, disk_signature, lba, logical, (*number)++);
		if (!is_extended(link) || link->count == 0)
			return OK;
		if (link->first == 0 || lba == (u64)extended->first + link->first)
			return corrupt(
				"MBR: extended boot record in block %lu leads to itself or the first",
				lba);
		lba = (u64)extended->first + link->first;
	}
	return corrupt("MBR: more than %d logical partitions", PARTITIONS_MAX);
}

static enum status scan(struct block_device *disk, struct arena *arena, struct partition_table *out)
{
	u32 number = FIRST_LOGICAL_NUMBER;
	u32 disk_signature;
	struct partition_table table;
	struct entry entries[MBR_ENTRY_COUNT];
	enum status status = read_entries(disk, 0, entries, &disk_signature);

	if (status)
		return status;
	/*
	 * Boot sectors of file systems have the same signature, with code in place of the entries.
	 */
	for (u32 i = 0; i < MBR_ENTRY_COUNT; i++)
		if (entries[i].active & 0x7f || entries[i].type == MBR_TYPE_PROTECTIVE)
			return ERR_UNRECOGNIZED;
	status = partition_table_init(&table, mbr_scheme.name, PARTITIONS_MAX, arena);
	if (status)
		return status;
	for (u32 i = 0; i < MBR_ENTRY_COUNT; i++) {
		const struct entry *entry = &entries[i];

		if (entry->type == 0 || entry->first == 0 || entry->count == 0)
			continue;
		/* A broken chain affects only the partitions after the break. */
		if (!is_extended(entry))
			add(&table, disk, disk_signature, 0, entry, i + 1);
		else if (add_logical(&table, disk, disk_signature, entry, &number))
			log_warning("MBR: not all logical partitions are known");
	}
	/* Or if there are no partitions. */
	if (table.count == 0)
		return ERR_UNRECOGNIZED;
	*out = table;
	return OK;
}

const struct partition_scheme mbr_scheme = { .name = "MBR", .scan = scan };
