/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing a FAT volume (FAT_WRITE). Each operation consists of a few steps, and the writes of a
 * step are on the disk before the next step starts. Wherever an operation is interrupted, all other
 * files are unchanged, and its own file is in either its old or its new state. What may be left for
 * fsck to repair: clusters marked as used that belong to no file, a file with more clusters than
 * its size needs, parts of a long name without a short entry, two names for a file that was being
 * moved to another block, copies of the FAT that differ, a wrong number of free clusters,
 * a copy of the volume's label in the boot sector or its backup that differs.
 */
#pragma once

#include "fs/fat/fat.h"

/* table.c */

/* A chain of @count free clusters, marked as used. ERR_FULL: there are fewer. */
enum status fat_allocate(struct fat *fat, u32 count, u32 *first);

/* Marks the chain that starts with @cluster as free. It must no longer be part of a file. */
enum status fat_free_chain(struct fat *fat, u32 cluster);

enum status fat_set_link(struct fat *fat, u32 cluster, u32 link);

/* The link at the end of a chain, to be truncated to the width of the FAT. */
enum { FAT_END_OF_CHAIN = 0x0fffffff };

enum { FAT_NO_OFFSET = 0 }; /* of a directory entry: none */

/* space.c: writes the known number of free clusters to the disk. */
enum status fat_write_fs_info(struct fat *fat);

/* Earlier writes are on the disk before later ones start. */
static inline enum status fat_barrier(const struct fat *fat)
{
	return block_flush(fat->volume.device);
}

/* write.c */

/* @size bytes of zeroes at @offset of the device. */
enum status fat_write_zeroes(const struct fat *fat, u64 offset, u64 size);

/* alias.c */

/* The entries for the longest name, and one that ends the directory. */
enum { FAT_ENTRIES_MAX = FAT_LONG_NAME_PARTS_MAX + 1 + 1 };

/* The directory entries to write for a file, those of the long name first. */
struct fat_name_entries {
	u32 count;
	u8 bytes[FAT_ENTRIES_MAX][FAT_ENTRY_SIZE]; /* zero from @count on */
};

static inline u8 *fat_short_entry(struct fat_name_entries *entries)
{
	return entries->bytes[entries->count - 1];
}

/*
 * Makes the entries for @name in the directory that starts in @directory. The short one at the end
 * is a copy of @entry with a name that no other entry in the directory has, except the one at
 * @own_offset. ERR_INVALID: the name is not allowed.
 */
enum status fat_name_to_entries(const struct fat *fat, u32 directory, struct span name,
				u64 own_offset, const u8 entry[FAT_ENTRY_SIZE],
				struct fat_name_entries *out);

/* How a short name has this unit: a letter as a capital. 0: it cannot have it. */
u8 fat_short_unit(u16 unit);

/* room.c */

/* The device offsets of consecutive directory entries. */
struct fat_places {
	u32 count;
	u64 offsets[FAT_ENTRIES_MAX];
};

/* The places from entry @first to entry @last, at most FAT_ENTRIES_MAX. */
enum status fat_places_find(const struct fat *fat, u32 directory, u32 first, u32 last,
			    struct fat_places *out);

/*
 * Writes @entries into the directory that starts in @directory, which is extended if necessary, so
 * that all of them appear at once. @entry_offset is the offset of the short entry. ERR_FULL.
 */
enum status fat_entries_add(struct fat *fat, u32 directory, const struct fat_name_entries *entries,
			    u64 *entry_offset);

/* Marks entries as deleted, the short one first. */
enum status fat_entries_remove(const struct fat *fat, const struct fat_places *places);

/*
 * Replaces the entries at @old by @entries, also using free entries in the same block, in one write
 * of that block. ERR_FULL: the entries are in several blocks, or there is no room.
 */
enum status fat_entries_replace(const struct fat *fat, u32 directory, const struct fat_places *old,
				const struct fat_name_entries *entries, u64 *entry_offset);

/* change.c */

/* The short entry of a file that is not the root; ERR_INVALID if it is. */
enum status fat_entry_read(const struct file *file, u8 entry[FAT_ENTRY_SIZE]);

void fat_entry_set_cluster(const struct fat *fat, u8 entry[FAT_ENTRY_SIZE], u32 cluster);

/* If the time is known. */
void fat_entry_set_modified_now(u8 entry[FAT_ENTRY_SIZE]);

/*
 * Writes the changed short entry of @file with the time of the change, and updates @file from it.
 */
enum status fat_entry_update(struct file *file, u8 entry[FAT_ENTRY_SIZE]);
