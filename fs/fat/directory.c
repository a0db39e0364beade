/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Directories: entries of 32 bytes. A file has one entry with its short name, preceded by the
 * entries with its long name, last part first.
 *
 *	short			long
 *	0	11	name	0	1	number of the part from 1; bit 6: the last one
 *	11	1	kind	11	1	0x0f
 *	20	2	cluster	13	1	checksum of the short name
 *	26	2		1, 14, 28	13 UTF-16 units; after the name 0x0000, then 0xffff
 *	28	4	size
 */
#include "core/log.h"
#include "fs/fat/fat.h"
#include "lib/config.h"
#include "lib/utf.h"

/* The parts of a long name collected so far. */
struct long_name {
	u32 left; /* remaining parts, or NO_NAME */
	u8 checksum;
};

enum { NO_NAME = 0xffff };

struct fat_walk fat_walk_start(const struct fat *fat, u32 first_cluster)
{
	return (struct fat_walk){ .fat = fat, .cluster = first_cluster };
}

/* The next cluster in the chain of a directory. */
static enum status next_cluster(struct fat_walk *walk)
{
	u32 count, next;
	enum status status = fat_chain_run(walk->fat, walk->cluster, 2, &count, &next);

	if (status)
		return status;
	if (count == 2)
		next = walk->cluster + 1;
	if (next == 0)
		return ERR_NOT_FOUND;
	/* Ends any chain with a loop. */
	if (walk->index >= FAT_DIRECTORY_ENTRIES_MAX)
		return corrupt("FAT: directory of more than %d entries", FAT_DIRECTORY_ENTRIES_MAX);
	walk->cluster = next;
	return OK;
}

/* Makes entries available, starting with the next one. */
static enum status peek_entries(struct fat_walk *walk)
{
	const struct fat *fat = walk->fat;
	const u64 within = (u64)walk->index * FAT_ENTRY_SIZE;
	u64 left;
	size_t size;
	enum status status;

	if (walk->cluster == FAT_FIXED_ROOT) {
		walk->offset = fat->root_offset + within;
		left = fat->root_size - within;
		if (left == 0)
			return ERR_NOT_FOUND;
	} else {
		const u32 cluster_size = 1u << fat->cluster_shift;
		const u32 in_cluster = (u32)within & (cluster_size - 1);

		if (in_cluster == 0 && walk->index > 0) {
			status = next_cluster(walk);
			if (status)
				return status;
		}
		if (!fat_has_cluster(fat, walk->cluster))
			return corrupt("FAT: directory in cluster %u of %u", walk->cluster,
				       fat->cluster_count);
		walk->offset = fat_cluster_offset(fat, walk->cluster) + in_cluster;
		left = cluster_size - in_cluster;
	}
	status = block_peek(fat->volume.device, walk->offset, (size_t)left, &walk->next, &size);
	if (status)
		return status;
	walk->end = walk->next + size;
	return OK;
}

enum status fat_walk_step(struct fat_walk *walk, const u8 **bytes)
{
	if (walk->next == walk->end) {
		enum status status = peek_entries(walk);

		if (status)
			return status;
	}
	*bytes = walk->next;
	walk->next += FAT_ENTRY_SIZE;
	walk->offset += FAT_ENTRY_SIZE;
	walk->index++;
	return OK;
}

static bool is_long_name(const u8 *bytes)
{
	return (bytes[FAT_KIND_OFFSET] & FAT_KIND_LONG_NAME_MASK) == FAT_KIND_LONG_NAME;
}

/* Is it a file, and not a deleted entry, "." or "..", or the volume's label? */
static bool is_file(const u8 *bytes)
{
	return bytes[0] != FAT_DELETED && bytes[0] != '.' &&
	       !(bytes[FAT_KIND_OFFSET] & FAT_KIND_LABEL);
}

/*
 * Adds the units of one part of a long name. If it does not follow the previous parts or violates
 * the rules, there is no long name.
 */
static void add_part(struct long_name *name, const u8 *bytes, struct fat_entry *entry)
{
	const bool is_last = bytes[0] & FAT_PART_LAST;
	const u32 part = bytes[0] & ~(u32)FAT_PART_LAST;
	const u32 expected = is_last ? part : name->left;
	u32 count = 0;
	u16 *units;

	name->left = NO_NAME;
	if (is_last)
		name->checksum = bytes[FAT_PART_CHECKSUM_OFFSET];
	if (part == 0 || part != expected || part > FAT_LONG_NAME_PARTS_MAX ||
	    bytes[FAT_PART_CHECKSUM_OFFSET] != name->checksum)
		return;
	units = entry->units + (part - 1) * FAT_LONG_NAME_PART;
	for (; count < FAT_LONG_NAME_PART; count++) {
		const u16 unit = load_le16(bytes + fat_name_unit_offset(count));

		if (unit == 0)
			break;
		if (!fat_name_can_have(unit))
			return;
		units[count] = unit;
	}
	/* Only the last part may be shorter. */
	if (is_last)
		entry->count = (part - 1) * FAT_LONG_NAME_PART + count;
	else if (count < FAT_LONG_NAME_PART)
		return;
	if (count > 0 && entry->count <= FAT_LONG_NAME_MAX)
		name->left = part - 1;
}

/* Is it "." or ".."? */
static bool is_dots(const struct fat_entry *entry)
{
	return entry->count <= 2 && entry->units[0] == '.' &&
	       (entry->count == 1 || entry->units[1] == '.');
}

enum status fat_walk_next(struct fat_walk *walk, struct fat_entry *out)
{
	struct long_name name = { .left = NO_NAME };

	out->first_index = walk->index;
	for (;;) {
		const u8 *bytes;
		enum status status = fat_walk_step(walk, &bytes);

		if (status)
			return status;
		if (bytes[0] == FAT_FREE_FROM_HERE)
			return ERR_NOT_FOUND;
		if (IS_ENABLED(CONFIG_FAT_LONG_NAMES) && is_long_name(bytes)) {
			if (bytes[0] & FAT_PART_LAST)
				out->first_index = walk->index - 1;
			add_part(&name, bytes, out);
			continue;
		}
		if (is_file(bytes)) {
			out->bytes = bytes;
			out->offset = walk->offset - FAT_ENTRY_SIZE;
			out->cluster = walk->cluster;
			out->index = walk->index - 1;
			if (name.left != 0 || name.checksum != fat_name_checksum(bytes) ||
			    is_dots(out)) {
				out->count = 0;
				out->first_index = out->index;
			}
			return OK;
		}
		name.left = NO_NAME;
	}
}

static bool units_match(const u16 *units, u32 count, const u16 *wanted, u32 wanted_count)
{
	if (count != wanted_count)
		return false;
	for (u32 i = 0; i < count; i++)
		if (units[i] != wanted[i] && ucs2_to_upper(units[i]) != ucs2_to_upper(wanted[i]))
			return false;
	return true;
}

static bool entry_matches(const struct fat_entry *entry, const u16 *wanted, u32 count)
{
	u16 units[FAT_SHORT_NAME_UNITS];

	if (units_match(entry->units, entry->count, wanted, count))
		return true;
	return count <= FAT_SHORT_NAME_UNITS &&
	       units_match(units, fat_short_name_units(entry->bytes, units), wanted, count);
}

enum status fat_entry_find(const struct fat *fat, u32 first_cluster, struct span name,
			   struct fat_entry *out)
{
	struct fat_walk walk = fat_walk_start(fat, first_cluster);
	u16 wanted[FAT_LONG_NAME_MAX];
	const u32 count = fat_name_to_units(name, wanted);

	for (;;) {
		enum status status = fat_walk_next(&walk, out);

		if (status)
			return status;
		if (count > 0 && entry_matches(out, wanted, count))
			return OK;
	}
}

size_t fat_entry_name(const struct fat_entry *entry, char name[FILE_NAME_SIZE])
{
	u16 units[FAT_SHORT_NAME_UNITS];

	if (entry->count > 0)
		return utf8_from_utf16(name, FILE_NAME_SIZE, entry->units, entry->count);
	return utf8_from_utf16(name, FILE_NAME_SIZE, units,
			       fat_short_name_units(entry->bytes, units));
}

u32 fat_entry_cluster(const struct fat *fat, const u8 *bytes)
{
	u32 cluster = load_le16(bytes + FAT_CLUSTER_OFFSET);

	if (fat->variant->entry_bits == 32)
		cluster |= (u32)load_le16(bytes + FAT_CLUSTER_HIGH_OFFSET) << 16;
	return cluster == FAT_FIXED_ROOT ? 0 : cluster;
}

struct file fat_file_from_entry(const struct fat *fat, u32 directory, const u8 *bytes,
				u64 entry_offset)
{
	struct file file = { .volume = (struct volume *)&fat->volume,
			     .generation = fat->volume.generation };
	struct fat_file *state = fat_file_of(&file);

	file.is_directory = bytes[FAT_KIND_OFFSET] & FAT_KIND_DIRECTORY;
	file.size = file.is_directory ? 0 : load_le32(bytes + FAT_SIZE_OFFSET);
	state->first_cluster = fat_entry_cluster(fat, bytes);
	state->directory = directory;
	state->entry_offset = entry_offset;
	if (IS_ENABLED(CONFIG_FAT_WRITE))
		state->identity = fat_name_identity(bytes);
	return file;
}

enum status fat_next(const struct file *directory, u64 *cursor, struct directory_entry *out)
{
	const struct fat *fat = fat_of(directory);
	const u32 first_cluster = fat_file_of(directory)->first_cluster;
	struct fat_walk walk = fat_walk_start(fat, first_cluster);
	struct fat_entry entry;
	enum status status;

	/*
	 * Continue where the walk stopped: at the next entry, in the cluster of the previous one.
	 */
	if (*cursor) {
		walk.index = (u32)*cursor;
		walk.cluster = (u32)(*cursor >> 32);
	}
	do {
		status = fat_walk_next(&walk, &entry);
		if (status)
			return status;
	} while (fat_entry_name(&entry, out->name) == 0);
	out->file = fat_file_from_entry(fat, first_cluster, entry.bytes, entry.offset);
	*cursor = (u64)walk.cluster << 32 | walk.index;
	return OK;
}

enum status fat_find(const struct file *directory, struct span name, struct file *out)
{
	const struct fat *fat = fat_of(directory);
	const u32 first_cluster = fat_file_of(directory)->first_cluster;
	struct fat_entry entry;
	enum status status = fat_entry_find(fat, first_cluster, name, &entry);

	if (!status)
		*out = fat_file_from_entry(fat, first_cluster, entry.bytes, entry.offset);
	return status;
}
