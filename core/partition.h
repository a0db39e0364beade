/* SPDX-License-Identifier: Apache-2.0 */
/* Partition tables: schemes that divide a disk into windows. */
#pragma once

#include "core/arena.h"
#include "core/block.h"
#include "core/volume.h"

struct partition_scheme {
	const char *name;
	/* ERR_UNRECOGNIZED: the disk is not divided this way. */
	enum status (*scan)(struct block_device *disk, struct arena *arena,
			    struct partition_table *out);
};

/* In the order they are tried, NULL at the end: boot/tables.c. */
extern const struct partition_scheme *const partition_schemes[];

/*
 * The partitions of a disk, and the volume on one of them: found at the first call, and kept with
 * the disk. A failure is kept, too: there is no second try.
 */
enum status disk_partitions(struct block_device *disk, const struct partition_table **out);
enum status partition_volume(struct block_device *partition, struct volume **out);

/*
 * The table of the first scheme that recognizes the disk. A scheme that finds its table corrupt
 * says so, and the next is tried.
 */
enum status partition_scan(struct block_device *disk, struct arena *arena,
			   struct partition_table *out);
