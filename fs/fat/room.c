/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Room for entries in directories. Entries in the same block appear and change at once. If no block
 * has room for all, they are added at the end of the directory: the entries after its end are
 * written first, and appear when the end entry is overwritten.
 */
#include "fs/fat/write.h"

static bool is_same_block(const struct fat *fat, u64 a, u64 b)
{
	return align_down(a ^ b, fat->volume.device->block_size) == 0;
}

enum status fat_places_find(const struct fat *fat, u32 directory, u32 first, u32 last,
			    struct fat_places *out)
{
	struct fat_walk walk = fat_walk_start(fat, directory);

	out->count = 0;
	while (walk.index <= last) {
		const u8 *bytes;
		enum status status = fat_walk_step(&walk, &bytes);

		if (status)
			return status;
		if (walk.index > first)
			out->offsets[out->count++] = walk.offset - FAT_ENTRY_SIZE;
	}
	return OK;
}

/*
 * Writes entries to @places from @first up to @end (exclusive), one block at a time, the last block
 * first. @bytes NULL: marks the entries there as deleted.
 */
static enum status write_places(const struct fat *fat, const struct fat_places *places, u32 first,
				u32 end, const u8 (*bytes)[FAT_ENTRY_SIZE])
{
	const u64 *offsets = places->offsets;
	struct block_device *device = fat->volume.device;
	u8 part[FAT_ENTRIES_MAX][FAT_ENTRY_SIZE];
	enum status status = OK;

	while (end > first && !status) {
		u32 start = end - 1;
		size_t size;

		while (start > first && offsets[start - 1] + FAT_ENTRY_SIZE == offsets[start] &&
		       is_same_block(fat, offsets[start - 1], offsets[start]))
			start--;
		size = (size_t)(end - start) * FAT_ENTRY_SIZE;
		if (bytes) {
			memcpy(part, bytes[start], size);
		} else {
			status = block_read_bytes(device, offsets[start], size, part);
			for (u32 i = 0; i < end - start; i++)
				part[i][0] = FAT_DELETED;
		}
		if (!status)
			status = block_write_bytes(device, offsets[start], size, part);
		end = start;
	}
	return status;
}

static bool has_place(const struct fat_places *places, u64 offset)
{
	for (u32 i = 0; i < places->count; i++)
		if (places->offsets[i] == offset)
			return true;
	return false;
}

/*
 * Finds @count consecutive places within one block that are free or among @own; in the block of
 * @own if there are any. Past the end of the directory, one more is needed for the new end entry.
 * ERR_FULL: there is no room.
 */
static enum status find_in_block(const struct fat *fat, u32 directory, u32 count,
				 const struct fat_places *own, struct fat_places *out)
{
	struct fat_walk walk = fat_walk_start(fat, directory);
	bool ended = false;

	out->count = 0;
	for (;;) {
		const u8 *bytes;
		enum status status = fat_walk_step(&walk, &bytes);
		const u64 offset = walk.offset - FAT_ENTRY_SIZE;

		if (status)
			return status == ERR_NOT_FOUND ? ERR_FULL : status;
		ended = ended || bytes[0] == FAT_FREE_FROM_HERE;
		if (out->count > 0 && (out->offsets[out->count - 1] + FAT_ENTRY_SIZE != offset ||
				       !is_same_block(fat, out->offsets[0], offset))) {
			/* Entries after the end are never read. */
			if (ended)
				return ERR_FULL;
			out->count = 0;
		}
		if (own->count > 0 && !is_same_block(fat, own->offsets[0], offset))
			continue;
		if (!ended && bytes[0] != FAT_DELETED && !has_place(own, offset)) {
			out->count = 0;
			continue;
		}
		out->offsets[out->count++] = offset;
		if (out->count == count + ended)
			return OK;
	}
}

/* Allocates clusters for the end of a directory, not linked yet, and returns the places in them. */
static enum status add_clusters(struct fat *fat, u32 count, struct fat_places *places, u32 wanted,
				u32 *first)
{
	const u32 entries_per_cluster = (1u << fat->cluster_shift) / FAT_ENTRY_SIZE;
	struct fat_file chain = { 0 };
	enum status status = fat_allocate(fat, count, &chain.first_cluster);

	*first = chain.first_cluster;
	for (u32 i = 0; i < count && !status; i++) {
		u64 offset;

		status = fat_file_run(fat, &chain, i, i);
		if (status)
			break;
		offset = fat_cluster_offset(fat, chain.run.cluster + i - chain.run.index);
		status = fat_write_zeroes(fat, offset, 1ull << fat->cluster_shift);
		for (u32 j = 0; j < entries_per_cluster && places->count < wanted; j++)
			places->offsets[places->count++] = offset + (u64)j * FAT_ENTRY_SIZE;
	}
	return status;
}

static enum status append(struct fat *fat, u32 directory, const struct fat_name_entries *entries,
			  struct fat_places *places)
{
	const u32 entries_per_cluster = (1u << fat->cluster_shift) / FAT_ENTRY_SIZE;
	struct fat_walk walk = fat_walk_start(fat, directory);
	bool ended = false;
	u32 wanted = entries->count, found, more, first;
	enum status status;

	places->count = 0;
	for (;;) {
		const u8 *bytes;

		status = fat_walk_step(&walk, &bytes);
		if (status)
			break;
		ended = ended || bytes[0] == FAT_FREE_FROM_HERE;
		if (!ended)
			continue;
		/* The entry after the new ones becomes the end, unless it already is. */
		if (places->count == wanted && bytes[0] == FAT_FREE_FROM_HERE)
			break;
		places->offsets[places->count++] = walk.offset - FAT_ENTRY_SIZE;
		if (places->count > wanted)
			break;
	}
	if (status && status != ERR_NOT_FOUND)
		return status;
	found = places->count;
	if (found >= wanted)
		return write_places(fat, places, 0, found, entries->bytes);

	more = (wanted - found + entries_per_cluster - 1) / entries_per_cluster;
	if (walk.cluster == FAT_FIXED_ROOT ||
	    walk.index + more * entries_per_cluster > FAT_DIRECTORY_ENTRIES_MAX)
		return ERR_FULL;
	status = add_clusters(fat, more, places, wanted, &first);
	if (!status)
		status = write_places(fat, places, found, wanted, entries->bytes);
	if (!status)
		status = fat_barrier(fat);
	if (!status)
		status = fat_set_link(fat, walk.cluster, first);
	if (!status && found > 0)
		status = fat_barrier(fat);
	if (!status)
		status = write_places(fat, places, 0, found, entries->bytes);
	return status;
}

enum status fat_entries_add(struct fat *fat, u32 directory, const struct fat_name_entries *entries,
			    u64 *entry_offset)
{
	static const struct fat_places none;
	struct fat_places places;
	enum status status = find_in_block(fat, directory, entries->count, &none, &places);

	if (status == ERR_FULL)
		status = append(fat, directory, entries, &places);
	else if (!status)
		status = write_places(fat, &places, 0, places.count, entries->bytes);
	if (!status)
		*entry_offset = places.offsets[entries->count - 1];
	return status;
}

enum status fat_entries_remove(const struct fat *fat, const struct fat_places *places)
{
	return write_places(fat, places, 0, places->count, NULL);
}

enum status fat_entries_replace(const struct fat *fat, u32 directory, const struct fat_places *old,
				const struct fat_name_entries *entries, u64 *entry_offset)
{
	struct block_device *device = fat->volume.device;
	struct fat_places places;
	u8 block[BLOCK_SIZE_MAX];
	u64 start;
	enum status status;

	if (!is_same_block(fat, old->offsets[0], old->offsets[old->count - 1]))
		return ERR_FULL;
	status = find_in_block(fat, directory, entries->count, old, &places);
	if (status)
		return status;
	start = align_down(old->offsets[0], device->block_size);
	status = block_read_bytes(device, start, device->block_size, block);
	if (status)
		return status;
	for (u32 i = 0; i < old->count; i++)
		block[old->offsets[i] - start] = FAT_DELETED;
	for (u32 i = 0; i < places.count; i++)
		memcpy(&block[places.offsets[i] - start], entries->bytes[i], FAT_ENTRY_SIZE);
	*entry_offset = places.offsets[entries->count - 1];
	return block_write_bytes(device, start, device->block_size, block);
}
