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
};

/* A place in a directory. */
struct walk {
	const struct fat *fat;
	u32 first;   /* cluster */
	u32 cluster; /* of the entry before the next one, at the start the first */
	u32 index;   /* of the next entry in the directory */
	u32 at_hand; /* entries at data: valid until something else is read through the cache */
	const u8 *data;
};

/* What the entries so far say of a long name. */
struct long_name {
	u32 parts; /* 0: there is none, or it is broken */
	u32 left;  /* parts that are still to come */
	u8 checksum;
};

static struct walk walk_start(const struct file *directory)
{
	struct walk walk = { .fat = fat_of(directory) };

	walk.first = walk.cluster = (u32)directory->private[FAT_FILE_CLUSTER];
	return walk;
}

static enum status next_cluster(struct walk *walk)
{
	u32 count, next;
	/* The longest run there can be is one cluster, so that its end is the link behind it. */
	enum status status = fat_chain_run(walk->fat, walk->cluster, 2, &count, &next);

	if (status)
		return status;
	if (count == 2)
		next = walk->cluster + 1;
	if (next == walk->first)
		return corrupt("FAT: directory goes round in circles at cluster %u", walk->cluster);
	if (next == 0)
		return ERR_NOT_FOUND;
	walk->cluster = next;
	return OK;
}

static enum status refill(struct walk *walk)
{
	const struct fat *fat = walk->fat;
	u64 offset = (u64)walk->index * FAT_ENTRY_SIZE;
	size_t size;
	enum status status;

	if (walk->index >= FAT_DIRECTORY_ENTRIES_MAX)
		return corrupt("FAT: directory of more than %d entries", FAT_DIRECTORY_ENTRIES_MAX);
	if (walk->first == FAT_FIXED_ROOT) {
		if (offset >= fat->root_size)
			return ERR_NOT_FOUND;
		size = fat->root_size - (size_t)offset;
		offset += fat->root_offset;
	} else {
		u32 within = (u32)offset & ((1u << fat->cluster_shift) - 1);

		if (within == 0 && walk->index > 0) {
			status = next_cluster(walk);
			if (status)
				return status;
		}
		if (!fat_has_cluster(fat, walk->cluster))
			return corrupt("FAT: directory in cluster %u of %u", walk->cluster,
				       fat->cluster_count);
		size = (1u << fat->cluster_shift) - within;
		offset = fat_cluster_offset(fat, walk->cluster) + within;
	}
	status = block_peek(fat->volume.device, offset, size, &walk->data, &size);
	walk->at_hand = (u32)size / FAT_ENTRY_SIZE;
	return status;
}

/* The next entry of any kind. ERR_NOT_FOUND at the end. */
static enum status walk_next(struct walk *walk, const u8 **entry)
{
	if (walk->at_hand == 0) {
		enum status status = refill(walk);

		if (status)
			return status;
	}
	*entry = walk->data;
	if (walk->data[0] == FREE_FROM_HERE)
		return ERR_NOT_FOUND;
	walk->data += FAT_ENTRY_SIZE;
	walk->at_hand--;
	walk->index++;
	return OK;
}

/* Is @entry part of a long name? Those that are out of order make the name broken. */
static bool long_name_take(struct long_name *name, const u8 *entry)
{
	u32 part = entry[0] & ~(u32)PART_LAST;

	if ((entry[KIND_OFFSET] & KIND_LONG_NAME_MASK) != KIND_LONG_NAME)
		return false;
	if (entry[0] & PART_LAST) {
		name->parts = part <= PARTS_MAX ? part : 0;
		name->left = name->parts;
		name->checksum = entry[PART_CHECKSUM_OFFSET];
	}
	if (name->left == 0 || part != name->left || entry[PART_CHECKSUM_OFFSET] != name->checksum)
		name->parts = name->left = 0;
	else
		name->left--;
	return true;
}

/* Is the name complete, and that of the short entry that follows it? */
static bool long_name_is_of(const struct long_name *name, const u8 *entry)
{
	return name->parts && name->left == 0 && name->checksum == fat_name_checksum(entry);
}

/* A file or directory; not a deleted entry, "." or "..", the volume's label. */
static bool is_file(const u8 *entry)
{
	return entry[0] != DELETED && entry[0] != '.' && !(entry[KIND_OFFSET] & KIND_LABEL);
}

static void fill_file(const struct walk *walk, const u8 *entry, struct file *out)
{
	const struct fat *fat = walk->fat;
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
		if (unit < ' ' || unit == '/' || unit == '\\')
			return 0;
		units[count++] = unit;
	}
	return count;
}

enum status fat_next(const struct file *directory, u64 *cursor, struct directory_entry *out)
{
	struct walk walk = walk_start(directory);
	struct long_name name = { 0 };
	u16 units[PARTS_MAX * FAT_LONG_NAME_PART];
	u32 count = 0;

	if (*cursor) {
		walk.index = (u32)*cursor;
		walk.cluster = (u32)(*cursor >> 32);
	}
	for (;;) {
		const u8 *entry;
		size_t size = 0;
		enum status status = walk_next(&walk, &entry);

		if (status)
			return status;
		if (IS_ENABLED(CONFIG_FAT_LONG_NAMES) && entry[0] != DELETED &&
		    long_name_take(&name, entry)) {
			u32 part = name.left * FAT_LONG_NAME_PART;
			u32 part_count;

			if (!name.parts)
				continue;
			part_count = part_units(entry, units + part);
			if (name.left == name.parts - 1)
				count = part + part_count;
			if (part_count == 0 || count > FAT_LONG_NAME_MAX ||
			    (part_count < FAT_LONG_NAME_PART && count != part + part_count))
				name.parts = name.left = 0;
			continue;
		}
		if (is_file(entry)) {
			if (long_name_is_of(&name, entry))
				size = utf8_from_utf16(out->name, sizeof(out->name), units, count);
			if (size == 0)
				size = fat_name_from_short(entry, out->name);
		}
		name = (struct long_name){ 0 };
		if (size == 0)
			continue;
		fill_file(&walk, entry, &out->file);
		*cursor = (u64)walk.cluster << 32 | walk.index;
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
	struct walk walk = walk_start(directory);
	struct long_name name = { 0 };
	u16 units[FAT_LONG_NAME_MAX];
	u8 short_name[FAT_SHORT_NAME_SIZE];
	const bool has_short_name = fat_name_to_short(wanted, short_name);
	const u32 count = IS_ENABLED(CONFIG_FAT_LONG_NAMES) ? fat_name_to_units(wanted, units) : 0;
	const u32 parts = (count + FAT_LONG_NAME_PART - 1) / FAT_LONG_NAME_PART;
	bool matches = false;

	for (;;) {
		const u8 *entry;
		enum status status = walk_next(&walk, &entry);

		if (status)
			return status;
		if (count && entry[0] != DELETED && long_name_take(&name, entry)) {
			/* Most names differ in their number of parts, or early in one of them. */
			u32 part = name.left * FAT_LONG_NAME_PART;

			if (entry[0] & PART_LAST)
				matches = name.parts == parts;
			matches = matches && name.parts &&
				  part_matches(entry, units + part, count - part);
			continue;
		}
		if (is_file(entry) && ((matches && long_name_is_of(&name, entry)) ||
				       (has_short_name && short_name_matches(entry, short_name)))) {
			fill_file(&walk, entry, out);
			return OK;
		}
		matches = false;
		name.parts = 0;
	}
}
