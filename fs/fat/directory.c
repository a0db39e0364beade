/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Directories: entries of 32 bytes. A file has one with its short name; in front of it, last part
 * first, those with its long name.
 *
 *	short			long
 *	0	11	name	0	1	number of the part from 1; bit 6: the last one
 *	11	1	kind	11	1	0x0f
 *	20	2	cluster	13	1	checksum of the short name
 *	26	2		1, 14, 28	13 UTF-16 units; 0x0000, then 0xffff behind
 *	28	4	size			the name
 */
#include "core/log.h"
#include "fs/fat/fat.h"
#include "lib/utf.h"

enum {
	FREE_FROM_HERE = 0x00,
	DELETED = 0xe5,
	KIND_OFFSET = 11,
	KIND_LABEL = 0x08,
	KIND_DIRECTORY = 0x10,
	KIND_LONG_NAME = 0x0f,
	KIND_LONG_NAME_MASK = 0x3f,
	PART_LAST = 0x40,
	PART_CHECKSUM_OFFSET = 13,
	PARTS_MAX = 20,
	RUN_MAX = 64, /* clusters to look ahead for: 32 KiB of the smallest */
};

/* The way through a directory, by runs of neighbouring clusters. */
struct walk {
	const struct fat *fat;
	u32 cluster; /* the last one of the run */
	u32 left;    /* entries of the run behind @end */
	u32 index;   /* in the directory, of the entry at @end */
	/* What is at hand: valid until something else is read through the cache. */
	const u8 *entries, *end;
};

/* What the entries so far say of a long name. */
struct long_name {
	u32 left; /* parts that are still to come, or NO_NAME */
	u8 checksum;
};

enum { NO_NAME = 0xffff };

static u32 entries_per_cluster(const struct fat *fat)
{
	return (1u << fat->cluster_shift) / FAT_ENTRY_SIZE;
}

/* Starts before entry @index; the one in front of it, if any, is in @cluster. */
static struct walk walk_start(const struct file *directory, u32 index, u32 cluster)
{
	const struct fat *fat = fat_of(directory);
	const u32 first = (u32)directory->private[FAT_FILE_CLUSTER];
	struct walk walk = { .fat = fat, .cluster = first, .index = index };

	if (first == FAT_FIXED_ROOT) {
		walk.left = fat->root_size / FAT_ENTRY_SIZE - index;
	} else if (index == 0) {
		walk.left = entries_per_cluster(fat);
	} else {
		walk.cluster = cluster;
		walk.left = -index & (entries_per_cluster(fat) - 1);
	}
	return walk;
}

static enum status next_run(struct walk *walk)
{
	u32 count, next;
	enum status status;

	if (walk->cluster == FAT_FIXED_ROOT)
		return ERR_NOT_FOUND;
	status = fat_chain_run(walk->fat, walk->cluster, RUN_MAX, &count, &next);
	if (status)
		return status;
	if (count > 1)
		next = walk->cluster + --count;
	if (next == 0)
		return ERR_NOT_FOUND;
	/* However a chain goes round in circles, this ends it. */
	if (walk->index >= FAT_DIRECTORY_ENTRIES_MAX)
		return corrupt("FAT: directory of more than %d entries", FAT_DIRECTORY_ENTRIES_MAX);
	walk->cluster = next;
	walk->left = count * entries_per_cluster(walk->fat);
	return OK;
}

/* The entries that follow. ERR_NOT_FOUND: there are none. */
static enum status walk_on(struct walk *walk)
{
	const struct fat *fat = walk->fat;
	u64 end = fat->root_offset + fat->root_size;
	size_t size;
	enum status status;

	if (walk->left == 0) {
		status = next_run(walk);
		if (status)
			return status;
	}
	if (walk->cluster != FAT_FIXED_ROOT) {
		if (!fat_has_cluster(fat, walk->cluster))
			return corrupt("FAT: directory in cluster %u of %u", walk->cluster,
				       fat->cluster_count);
		end = fat_cluster_offset(fat, walk->cluster + 1);
	}
	size = (size_t)walk->left * FAT_ENTRY_SIZE;
	status = block_peek(fat->volume.device, end - size, size, &walk->entries, &size);
	if (status)
		return status;
	walk->end = walk->entries + size;
	walk->left -= (u32)size / FAT_ENTRY_SIZE;
	walk->index += (u32)size / FAT_ENTRY_SIZE;
	return OK;
}

/*
 * The number of the part of a long name that @entry is, from 1; 0 if it is out of order. It is for
 * the caller to say in @name->left that it is good.
 */
static u32 long_name_part(struct long_name *name, const u8 *entry)
{
	u32 part = entry[0] & ~(u32)PART_LAST;
	u32 expected = name->left;

	if (entry[0] & PART_LAST) {
		expected = part;
		name->checksum = entry[PART_CHECKSUM_OFFSET];
	}
	name->left = NO_NAME;
	if (part != expected || part > PARTS_MAX || entry[PART_CHECKSUM_OFFSET] != name->checksum)
		return 0;
	return part;
}

static bool is_long_name(const u8 *entry)
{
	return (entry[KIND_OFFSET] & KIND_LONG_NAME_MASK) == KIND_LONG_NAME;
}

/* Is the name complete, and that of the short entry that follows it? */
static bool long_name_is_of(const struct long_name *name, const u8 *entry)
{
	return name->left == 0 && name->checksum == fat_name_checksum(entry);
}

/* A file or directory; not a deleted entry, "." or "..", the volume's label. */
static bool is_file(const u8 *entry)
{
	return entry[0] != DELETED && entry[0] != '.' && !(entry[KIND_OFFSET] & KIND_LABEL);
}

static void fill_file(const struct fat *fat, const u8 *entry, struct file *out)
{
	u32 cluster = load_le16(entry + 26);

	if (fat->variant->entry_bits == 32)
		cluster |= (u32)load_le16(entry + 20) << 16;
	*out = (struct file){ .volume = (struct volume *)&fat->volume };
	out->is_directory = entry[KIND_OFFSET] & KIND_DIRECTORY;
	out->size = out->is_directory ? 0 : load_le32(entry + 28);
	out->private[FAT_FILE_CLUSTER] = cluster == FAT_FIXED_ROOT ? 0 : cluster;
}

/*
 * The units of one part of a long name: as many as the name has there. 0: a part that breaks the
 * rules.
 */
static u32 part_units(const u8 *entry, u16 units[FAT_LONG_NAME_PART])
{
	u32 count = 0;

	while (count < FAT_LONG_NAME_PART) {
		u16 unit = fat_name_unit(entry, count);

		if (unit == 0)
			break;
		if (!fat_name_can_have(unit))
			return 0;
		units[count++] = unit;
	}
	return count;
}

enum status fat_next(const struct file *directory, u64 *cursor, struct directory_entry *out)
{
	struct walk walk = walk_start(directory, (u32)*cursor, (u32)(*cursor >> 32));
	struct long_name name = { .left = NO_NAME };
	u16 units[PARTS_MAX * FAT_LONG_NAME_PART];
	u32 count = 0;

	for (const u8 *entry = NULL;; entry += FAT_ENTRY_SIZE) {
		u32 behind;
		size_t size = 0;

		if (entry == walk.end) {
			enum status status = walk_on(&walk);

			if (status)
				return status;
			entry = walk.entries;
		}
		if (entry[0] == FREE_FROM_HERE)
			return ERR_NOT_FOUND;
		if (IS_ENABLED(CONFIG_FAT_LONG_NAMES) && is_long_name(entry)) {
			u32 part = long_name_part(&name, entry);
			u32 first, part_count;

			if (part == 0)
				continue;
			first = (part - 1) * FAT_LONG_NAME_PART;
			part_count = part_units(entry, units + first);
			if (entry[0] & PART_LAST)
				count = first + part_count;
			else if (part_count < FAT_LONG_NAME_PART)
				continue;
			if (part_count > 0 && count <= FAT_LONG_NAME_MAX)
				name.left = part - 1;
			continue;
		}
		if (is_file(entry)) {
			if (long_name_is_of(&name, entry))
				size = utf8_from_utf16(out->name, sizeof(out->name), units, count);
			if (size == 0)
				size = fat_name_from_short(entry, out->name);
		}
		name.left = NO_NAME;
		if (size == 0)
			continue;
		fill_file(walk.fat, entry, &out->file);
		behind = (u32)(walk.end - entry) / FAT_ENTRY_SIZE - 1;
		*cursor = walk.index - behind;
		*cursor |=
			(u64)(walk.cluster - (walk.left + behind) / entries_per_cluster(walk.fat))
			<< 32;
		return OK;
	}
}

/*
 * Does a part of a long name read as the @count units at @wanted, and end there if there is room
 * left?
 */
static bool part_matches(const u8 *entry, const u16 *wanted, u32 count)
{
	for (u32 i = 0; i < FAT_LONG_NAME_PART && i <= count; i++) {
		u16 unit = fat_name_unit(entry, i);

		if (i == count)
			return unit == 0;
		if (unit != wanted[i] && ucs2_to_upper(unit) != wanted[i])
			return false;
	}
	return true;
}

static bool short_name_matches(const u8 *entry, const u8 *wanted)
{
	for (u32 i = 0; i < FAT_SHORT_NAME_SIZE; i++) {
		u8 byte = entry[i];

		if (byte >= 'a' && byte <= 'z')
			byte -= 'a' - 'A';
		if (byte != wanted[i])
			return false;
	}
	return true;
}

enum status fat_find(const struct file *directory, struct span wanted, struct file *out)
{
	struct walk walk = walk_start(directory, 0, 0);
	struct long_name name = { .left = NO_NAME };
	u16 units[FAT_LONG_NAME_MAX];
	u8 short_name[FAT_SHORT_NAME_SIZE];
	const u32 count = IS_ENABLED(CONFIG_FAT_LONG_NAMES) ? fat_name_to_units(wanted, units) : 0;
	const u32 parts = (count + FAT_LONG_NAME_PART - 1) / FAT_LONG_NAME_PART;

	if (!fat_name_to_short(wanted, short_name))
		short_name[0] = FREE_FROM_HERE; /* which no entry in use begins with */
	for (const u8 *entry = NULL;; entry += FAT_ENTRY_SIZE) {
		if (entry == walk.end) {
			enum status status = walk_on(&walk);

			if (status)
				return status;
			entry = walk.entries;
		}
		if (entry[0] == FREE_FROM_HERE)
			return ERR_NOT_FOUND;
		if (is_long_name(entry)) {
			u32 part = long_name_part(&name, entry);
			u32 first = (part - 1) * FAT_LONG_NAME_PART;

			/* Most names differ in their number of parts, or early in one of them. */
			if (entry[0] & PART_LAST && part != parts)
				continue;
			if (part && part_matches(entry, units + first, count - first))
				name.left = part - 1;
			continue;
		}
		if ((long_name_is_of(&name, entry) || short_name_matches(entry, short_name)) &&
		    is_file(entry)) {
			fill_file(walk.fat, entry, out);
			return OK;
		}
		name.left = NO_NAME;
	}
}
