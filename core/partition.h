/* SPDX-License-Identifier: Apache-2.0 */
/* Partition tables: schemes that divide a disk into windows. */
#pragma once

#include "core/arena.h"
#include "core/block.h"

enum { PARTITIONS_MAX = 128 }; /* per disk that we look at; more are dropped with a message */

struct partition_table {
	const char *scheme; /* "GPT", ...: for the log */
	u32 count;
	struct block_device *partitions; /* in the arena; table order */
	bool is_overfull;                /* more than PARTITIONS_MAX: some were left out */
	u32 bad_count;                   /* entries that lie outside of the disk */
};

struct partition_scheme {
	const char *name;
	/* ERR_UNRECOGNIZED: the disk is not divided this way. */
	enum status (*scan)(struct block_device *disk, struct arena *arena,
			    struct partition_table *out);
};

/* In the order they are tried, NULL at the end: boot/tables.c. */
extern const struct partition_scheme *const partition_schemes[];

/*
 * The table of the first scheme that recognizes the disk. A scheme that finds its table corrupt
 * says so, and the next is tried.
 */
enum status partition_scan(struct block_device *disk, struct arena *arena,
			   struct partition_table *out);
