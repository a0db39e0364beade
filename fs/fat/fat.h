/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FAT12, FAT16 and FAT32 for reading (Microsoft, FAT File System Specification, 1.03 and 2005).
 * mount.c turns the boot sector into a struct fat whose numbers hold together; all the rest of the
 * folder trusts it, and nothing else that comes from the disk.
 */
#pragma once

#include "core/volume.h"
#include "lib/util.h"

struct fat;

/* What differs between FAT12, FAT16 and FAT32. */
struct fat_variant {
	u32 entry_bits;
	u32 end_of_chain; /* links from here on end a chain */
	/*
	 * Moves @cluster along its chain as long as each link leads to the next neighbour, up to
	 * @last or to the end of the part of the table that is at hand. @link is then the link of
	 * the cluster it arrived at.
	 */
	enum status (*scan)(const struct fat *fat, u32 *cluster, u32 last, u32 *link);
};

struct fat {
	struct volume volume;
	const struct fat_variant *variant;
	u32 cluster_count; /* clusters are numbered from 2 to cluster_count + 1 */
	u32 cluster_shift; /* log2 of the bytes in a cluster */
	u32 root_cluster;  /* FAT_FIXED_ROOT before FAT32 */
	u32 root_size;     /* bytes of the fixed root directory */
	u64 root_offset;   /* where it is; all offsets are bytes on the device */
	u64 table_offset;  /* the FAT in use */
	u64 data_offset;   /* cluster 2 */
};

enum {
	/*
	 * Stands for the root directory of FAT12 and FAT16, which has a place of its own. No chain
	 * holds this number.
	 */
	FAT_FIXED_ROOT = 1,
	FAT_FIRST_CLUSTER = 2,
	FAT_ENTRY_SIZE = 32,
	FAT_DIRECTORY_ENTRIES_MAX = 65536,
	FAT_SHORT_NAME_SIZE = 11,
	FAT_LONG_NAME_MAX = 255, /* UTF-16 units */
	FAT_LONG_NAME_PART = 13, /* of them in one directory entry */
};

/* struct file's private[]: file.c keeps the run of clusters that it used last. */
enum {
	FAT_FILE_CLUSTER, /* the first one, 0 in an empty file */
	FAT_FILE_RUN, /* index in the file of the run's first cluster in the upper half, its number
			 in the lower */
	FAT_FILE_COUNT, /* clusters in the run; 0 before the first read */
	FAT_FILE_LOOP,  /* jumps so far in the upper half, the cluster one led to in the lower */
};

static inline struct fat *fat_of(const struct file *file)
{
	return container_of(file->volume, struct fat, volume);
}

static inline bool fat_has_cluster(const struct fat *fat, u32 cluster)
{
	return cluster - FAT_FIRST_CLUSTER < fat->cluster_count;
}

static inline u64 fat_cluster_offset(const struct fat *fat, u32 cluster)
{
	return fat->data_offset + ((u64)(cluster - FAT_FIRST_CLUSTER) << fat->cluster_shift);
}

extern const struct fs_ops fat_ops;

/* chain.c */

/* The variant with entries of this width; NULL if it is not built in. */
const struct fat_variant *fat_variant_find(u32 entry_bits);

/*
 * Follows the chain from @cluster. @count is how many neighbours in a row it starts with, @cluster
 * included, at most @count_max.
 * @next is the cluster the chain jumps to then, 0 at its end or where @count_max stopped it. A link
 * that leads nowhere ends the run as well; ERR_CORRUPT if it is that of @cluster itself.
 */
enum status fat_chain_run(const struct fat *fat, u32 cluster, u32 count_max, u32 *count, u32 *next);

/* directory.c, file.c: see struct fs_ops */
enum status fat_next(const struct file *directory, u64 *cursor, struct directory_entry *out);
enum status fat_find(const struct file *directory, struct span name, struct file *out);
enum status fat_read(struct file *file, u64 offset, size_t size, void *buffer);

/* name.c */

/* @name as it stands in a directory, upper case and padded. False if it is no 8.3 name. */
bool fat_name_to_short(struct span name, u8 short_name[FAT_SHORT_NAME_SIZE]);

/* The short name of a directory entry as UTF-8; 0 if nobody could open it by that name. */
size_t fat_name_from_short(const u8 *entry, char name[FILE_NAME_SIZE]);

/* @name as upper case UTF-16; 0 if it is too long. */
u32 fat_name_to_units(struct span name, u16 units[FAT_LONG_NAME_MAX]);

/* A name with a separator or a control character in it opens nothing, or something else. */
bool fat_name_can_have(u16 unit);

/* What ties the parts of a long name to the short name behind them. */
u8 fat_name_checksum(const u8 *short_name);

/* Unit @index, below FAT_LONG_NAME_PART, of a part of a long name. */
u16 fat_name_unit(const u8 *entry, u32 index);
