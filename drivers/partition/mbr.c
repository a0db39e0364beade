/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The old PC partition table: four entries in block 0, and a chain of extended boot records, each
 * with one logical partition and a link. Block numbers are the disk's; those of a logical partition
 * count from its record, those of links from the extended partition. Cylinders, heads and sectors
 * are history and not looked at.
 *
 *	entry, four of them from 446
 *	0	1	0x80 active, 0x00 not
 *	4	1	type, 0: unused
 *	8	4	first block
 *	12	4	number of blocks
 *	510	2	0x55 0xaa
 */
#include "core/log.h"
#include "drivers/partition/partition.h"
#include "lib/span.h"

enum {
	SECTOR_SIZE = 512,
	ENTRIES_OFFSET = 446,
	ENTRY_SIZE = 16,
	ENTRY_COUNT = 4,
	SIGNATURE_OFFSET = 510,
	FIRST_LOGICAL_NUMBER = 5,

	TYPE_EXTENDED = 0x05,
	TYPE_EXTENDED_LBA = 0x0f,
	TYPE_EXTENDED_LINUX = 0x85,
	TYPE_XBOOTLDR = 0xea,
	TYPE_PROTECTIVE = 0xee,
	TYPE_ESP = 0xef,
};

struct entry {
	u8 active, type;
	u32 first, count;
};

struct record {
	struct entry entries[ENTRY_COUNT];
	bool valid; /* it ends like one, and its entries can be meant as such */
};

static enum status read_record(struct block_device *disk, u64 lba, struct record *out)
{
	u8 sector[SECTOR_SIZE];
	enum status status = block_read_bytes(disk, lba * disk->block_size, sizeof(sector), sector);

	if (status)
		return status;
	out->valid = load_le16(sector + SIGNATURE_OFFSET) == 0xaa55;
	for (u32 i = 0; i < ENTRY_COUNT; i++) {
		const u8 *bytes = sector + ENTRIES_OFFSET + i * ENTRY_SIZE;
		struct entry *entry = &out->entries[i];

		*entry = (struct entry){ .active = bytes[0], .type = bytes[4] };
		entry->first = load_le32(bytes + 8);
		entry->count = load_le32(bytes + 12);
		if (entry->active & 0x7f)
			out->valid = false;
	}
	return OK;
}

static bool is_extended(const struct entry *entry)
{
	return entry->type == TYPE_EXTENDED || entry->type == TYPE_EXTENDED_LBA ||
	       entry->type == TYPE_EXTENDED_LINUX;
}

static void add(struct partition_table *table, struct block_device *disk, u64 base,
		const struct entry *entry, u32 number)
{
	enum partition_kind kind = entry->type == TYPE_ESP      ? PARTITION_ESP :
				   entry->type == TYPE_XBOOTLDR ? PARTITION_XBOOTLDR :
								  PARTITION_OTHER;

	partition_table_add(table, disk, base + entry->first, entry->count, number, kind);
}

/* Bounded by the number of partitions a table takes, so a chain that loops ends too. */
static enum status add_logical(struct partition_table *table, struct block_device *disk,
			       const struct entry *extended, u32 *number)
{
	u64 lba = extended->first;

	for (u32 i = 0; i < PARTITIONS_MAX; i++) {
		struct record record;
		const struct entry *logical = &record.entries[0], *link = &record.entries[1];
		enum status status;

		if (lba == 0 || lba >= disk->block_count)
			return corrupt("MBR: extended boot record in block %lu", lba);
		status = read_record(disk, lba, &record);
		if (status)
			return status;
		if (!record.valid)
			return corrupt("MBR: no extended boot record in block %lu", lba);
		if (logical->type && logical->count)
			add(table, disk, lba, logical, (*number)++);
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
	struct partition_table table;
	struct record record;
	enum status status = read_record(disk, 0, &record);

	if (status)
		return status;
	if (!record.valid)
		return ERR_UNRECOGNIZED;
	for (u32 i = 0; i < ENTRY_COUNT; i++)
		if (record.entries[i].type == TYPE_PROTECTIVE)
			return ERR_UNRECOGNIZED;
	status = partition_table_init(&table, mbr_scheme.name, PARTITIONS_MAX, arena);
	if (status)
		return status;
	for (u32 i = 0; i < ENTRY_COUNT; i++) {
		const struct entry *entry = &record.entries[i];

		if (entry->type == 0 || entry->first == 0 || entry->count == 0)
			continue;
		/* A chain that breaks off costs what would have followed. */
		if (!is_extended(entry))
			add(&table, disk, 0, entry, i + 1);
		else if (add_logical(&table, disk, entry, &number))
			log_warning("MBR: not all logical partitions are known");
	}
	/*
	 * The boot sector of a file system ends like an MBR, but has nothing there that is a
	 * partition.
	 */
	if (table.count == 0)
		return ERR_UNRECOGNIZED;
	*out = table;
	return OK;
}

const struct partition_scheme mbr_scheme = { .name = "MBR", .scan = scan };
