/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing the FAT and its copies: allocation and release of clusters.
 *
 * A FAT12 link may span two blocks, which are not written at once. Such clusters are not allocated.
 * If an existing file ends or is truncated there, the first block is written first, so that the
 * half-changed link points past the last cluster, except on volumes of 3,838 clusters or more.
 */
#include "fs/fat/write.h"

enum { FAT32_LINK_MASK = 0x0fffffff };

/*
 * A block of the table whose links are changed together. It is written when another block is
 * needed.
 */
struct edit {
	struct fat *fat;
	u64 start, end; /* device offsets of the data in bytes[] */
	bool changed;
	u8 bytes[BLOCK_SIZE_MAX];
};

/* Writes first the FAT in use, which other systems read, too, then its copies. */
static enum status edit_write(struct edit *edit)
{
	const struct fat *fat = edit->fat;
	enum status status = OK;

	for (u32 i = 0; edit->changed && !status && i < fat->table_count; i++)
		status = block_write_bytes(fat->volume.device, edit->start + i * fat->table_size,
					   (size_t)(edit->end - edit->start), edit->bytes);
	edit->changed = false;
	return status;
}

/* Changes the bits of @mask in the byte at @offset. */
static enum status edit_byte(struct edit *edit, u64 offset, u8 mask, u8 value)
{
	const struct fat *fat = edit->fat;
	const u32 block_size = fat->volume.device->block_size;
	u8 *byte;

	if (offset < edit->start || offset >= edit->end) {
		enum status status = edit_write(edit);

		/* Excludes data before or after the table in the same block. */
		edit->start = max_u64(align_down(offset, block_size), fat->table_offset);
		edit->end = min_u64(align_down(offset, block_size) + block_size,
				    fat->table_offset + fat->table_size);
		if (!status)
			status = block_read_bytes(fat->volume.device, edit->start,
						  (size_t)(edit->end - edit->start), edit->bytes);
		if (status) {
			edit->start = edit->end = 0;
			return status;
		}
	}
	byte = &edit->bytes[offset - edit->start];
	if ((*byte & mask) != (value & mask)) {
		*byte = (u8)((*byte & ~mask) | (value & mask));
		edit->changed = true;
	}
	return OK;
}

/* Where the link of @cluster starts in the table, in bits. */
static u64 link_bit(const struct fat *fat, u32 cluster)
{
	return (u64)cluster * fat->variant->entry_bits;
}

static enum status edit_link(struct edit *edit, u32 cluster, u32 link)
{
	const struct fat *fat = edit->fat;
	const u64 bit = link_bit(fat, cluster);
	u64 offset = fat->table_offset + bit / 8;
	/* Keeps the upper four bits on FAT32, and the adjacent link's half byte on FAT12. */
	u64 mask = fat->variant->entry_bits == 32 ? FAT32_LINK_MASK :
						    (1ull << fat->variant->entry_bits) - 1;
	u64 value = (link & mask) << bit % 8;
	enum status status = OK;

	for (mask <<= bit % 8; mask && !status; mask >>= 8, value >>= 8)
		status = edit_byte(edit, offset++, (u8)mask, (u8)value);
	return status;
}

enum status fat_set_link(struct fat *fat, u32 cluster, u32 link)
{
	struct edit edit = { .fat = fat };
	enum status status = edit_link(&edit, cluster, link);

	return status ? status : edit_write(&edit);
}

static bool lies_in_two_blocks(const struct fat *fat, u32 cluster)
{
	const u32 block_size = fat->volume.device->block_size;
	const u64 first = fat->table_offset * 8 + link_bit(fat, cluster);
	const u64 last = first + fat->variant->entry_bits - 1;

	return first / 8 / block_size != last / 8 / block_size;
}

static enum status is_free(const struct fat *fat, u32 cluster, bool *out)
{
	u32 link;
	enum status status;

	*out = false;
	if (lies_in_two_blocks(fat, cluster))
		return OK;
	status = fat_link(fat, cluster, &link);
	*out = link == 0;
	return status;
}

/* The cluster before or after @cluster, wrapping around the volume. */
static u32 neighbour(const struct fat *fat, u32 cluster, bool after)
{
	const u32 end = fat->cluster_count + FAT_FIRST_CLUSTER;

	if (after)
		return cluster + 1 == end ? FAT_FIRST_CLUSTER : cluster + 1;
	return (cluster == FAT_FIRST_CLUSTER ? end : cluster) - 1;
}

/* The last of the first @count free clusters from @fat->next_free on. */
static enum status find_free(const struct fat *fat, u32 count, u32 *last)
{
	u32 cluster = fat->next_free;

	for (u32 i = 0; i < fat->cluster_count; i++) {
		bool free;
		enum status status = is_free(fat, cluster, &free);

		if (status)
			return status;
		*last = cluster;
		if (free && --count == 0)
			return OK;
		cluster = neighbour(fat, cluster, true);
	}
	return ERR_FULL;
}

enum status fat_allocate(struct fat *fat, u32 count, u32 *first)
{
	struct edit edit = { .fat = fat };
	u32 cluster, last = FAT_FIRST_CLUSTER, next = FAT_END_OF_CHAIN, left = count;
	enum status status = find_free(fat, count, &last);

	/*
	 * From the last one backwards, so that no link leads to a cluster that is not yet marked.
	 */
	for (cluster = last; !status && left > 0; cluster = neighbour(fat, cluster, false)) {
		bool free;

		status = is_free(fat, cluster, &free);
		if (status || !free)
			continue;
		status = edit_link(&edit, cluster, next);
		next = cluster;
		left--;
	}
	if (!status)
		status = edit_write(&edit);
	if (status)
		return status;
	*first = next;
	fat->next_free = neighbour(fat, last, true);
	fat->free_count = fat->free_count == FAT_NOT_KNOWN || fat->free_count < count ?
				  FAT_NOT_KNOWN :
				  fat->free_count - count;
	return OK;
}

enum status fat_free_chain(struct fat *fat, u32 cluster)
{
	struct edit edit = { .fat = fat };
	u32 count = 0;
	enum status status = OK;

	/* From the start, so that the rest is still a chain. It ends at an invalid link.
	 */
	while (!status && fat_has_cluster(fat, cluster) && count < fat->cluster_count) {
		u32 link;

		status = fat_link(fat, cluster, &link);
		if (status || link == 0)
			break;
		status = edit_link(&edit, cluster, 0);
		cluster = link;
		count++;
	}
	if (!status)
		status = edit_write(&edit);
	if (fat->free_count != FAT_NOT_KNOWN)
		fat->free_count = (u32)min_u64((u64)fat->free_count + count, fat->cluster_count);
	return status;
}
