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
 * The partitions of a disk, and the volume on a partition: found at the first call and cached with
 * the disk. Failures are cached, too.
 */
enum status disk_partitions(struct block_device *disk, const struct partition_table **out);
enum status partition_volume(struct block_device *partition, struct volume **out);

/*
 * Reads the table with the first scheme that recognizes the disk. If a scheme finds its table
 * corrupt, it logs that and the next scheme is tried.
 */
enum status partition_scan(struct block_device *disk, struct arena *arena,
			   struct partition_table *out);
