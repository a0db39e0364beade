/* SPDX-License-Identifier: Apache-2.0 */
/* A disk without a partition table: the disk itself may hold a file system. */
#include "drivers/partition/partition.h"

static enum status scan(struct block_device *disk, struct arena *arena, struct partition_table *out)
{
	struct block_device *whole = arena_allocate(arena, sizeof(*whole));

	if (!whole)
		return ERR_NO_MEMORY;
	*out = (struct partition_table){ .scheme = "whole disk", .count = 1, .partitions = whole };
	return block_partition(disk, 0, disk->block_count, 0, PARTITION_WHOLE_DISK, whole);
}

const struct partition_scheme whole_disk_scheme = { .name = "whole disk", .scan = scan };
