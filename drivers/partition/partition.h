/* SPDX-License-Identifier: Apache-2.0 */
/* The partition schemes of this folder, for boot/tables.c, and code that they share. */
#pragma once

#include "core/partition.h"

extern const struct partition_scheme gpt_scheme, mbr_scheme, el_torito_scheme;

/* Accepts any disk, as one partition of kind PARTITION_WHOLE_DISK. */
extern const struct partition_scheme whole_disk_scheme;

/* The boot sector's table, which gpt.c also uses. */
enum {
	MBR_TABLE_OFFSET = 446,
	MBR_ENTRY_SIZE = 16,
	MBR_ENTRY_COUNT = 4,
	MBR_TYPE_OFFSET = 4, /* in an entry */
	MBR_TYPE_PROTECTIVE = 0xee,
	MBR_TYPE_ESP = 0xef,
	MBR_SIGNATURE_OFFSET = 510,
	MBR_SIGNATURE = 0xaa55,
};

/* Prepares @out for @count_max calls of partition_table_add(). ERR_NO_MEMORY. */
enum status partition_table_init(struct partition_table *out, const char *scheme, u32 count_max,
				 struct arena *arena);

/*
 * Adds blocks @first to @first + @count - 1 of @disk. If some of them do not exist, the partition
 * is skipped with a message; after PARTITIONS_MAX of these, nothing more is added. If there are
 * more than PARTITIONS_MAX partitions, one that may have boot files replaces the last one that may
 * not. @id is copied.
 */
void partition_table_add(struct partition_table *table, struct block_device *disk, u64 first,
			 u64 count, u32 number, enum partition_kind kind,
			 const struct partition_id *id);
