/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading files: clusters that are neighbours on the disk become one request, straight into the
 * destination. What was found out about the chain stays in the file, so reading on does not start
 * over.
 */
#include "core/log.h"
#include "fs/fat/fat.h"
#include "lib/util.h"

/* A request of its own pays from here on; less is copied from the cache, which reads ahead. */
enum { DIRECT_SIZE_MIN = 8 * 1024 };

struct run {
	u32 index;   /* of its first cluster within the file */
	u32 cluster; /* and the number of that */
	u32 count;
};

/* Bytes that lie in a row on the device. */
static enum status read_row(struct block_device *device, u64 offset, size_t size, u8 *buffer)
{
	const u32 block_shift = (u32)__builtin_ctz(device->block_size);
	const size_t head = (size_t)(-offset & (device->block_size - 1));
	size_t body;
	enum status status;

	if (size < DIRECT_SIZE_MIN)
		return block_read_bytes(device, offset, size, buffer);
	status = block_read_bytes(device, offset, head, buffer);
	if (status)
		return status;
	offset += head;
	buffer += head;
	size -= head;
	body = size >> block_shift << block_shift;
	status = block_read(device, offset >> block_shift, size >> block_shift, buffer);
	if (status)
		return status;
	return block_read_bytes(device, offset + body, size - body, buffer + body);
}

/*
 * Brent's way to notice a loop: compare with the cluster that an earlier jump led to, and move that
 * one at every power of two. Neighbours in a row cannot loop, so only jumps count.
 */
static bool jump_loops(struct file *file, u32 cluster)
{
	u32 jumps = (u32)(file->private[FAT_FILE_LOOP] >> 32) + 1;
	u32 earlier = (u32)file->private[FAT_FILE_LOOP];

	if (cluster == earlier)
		return true;
	if (is_power_of_two(jumps))
		earlier = cluster;
	file->private[FAT_FILE_LOOP] = (u64)jumps << 32 | earlier;
	return false;
}

/* The run that holds cluster @index of the file, as long as it is up to cluster @last. */
static enum status find_run(struct file *file, u32 index, u32 last, struct run *run)
{
	const struct fat *fat = fat_of(file);
	u32 first = (u32)file->private[FAT_FILE_CLUSTER];

	run->index = (u32)(file->private[FAT_FILE_RUN] >> 32);
	run->cluster = (u32)file->private[FAT_FILE_RUN];
	run->count = (u32)file->private[FAT_FILE_COUNT];
	if (run->count == 0 || index < run->index) {
		if (!fat_has_cluster(fat, first))
			return corrupt("FAT: file in cluster %u of %u", first, fat->cluster_count);
		*run = (struct run){ .index = 0, .cluster = first, .count = 1 };
		file->private[FAT_FILE_LOOP] = first;
	}
	file->private[FAT_FILE_COUNT] = 0; /* start over after an error */
	while (run->index + run->count <= last) {
		u32 count, next;
		enum status status = fat_chain_run(fat, run->cluster + run->count - 1,
						   last - (run->index + run->count) + 2, &count,
						   &next);

		if (status)
			return status;
		run->count += count - 1;
		if (index < run->index + run->count)
			break;
		if (next == 0)
			return corrupt("FAT: file ends after %u clusters", run->index + run->count);
		if (jump_loops(file, next))
			return corrupt("FAT: file goes round in circles at cluster %u", next);
		*run = (struct run){ .index = run->index + run->count, .cluster = next, .count = 1 };
	}
	file->private[FAT_FILE_RUN] = (u64)run->index << 32 | run->cluster;
	file->private[FAT_FILE_COUNT] = run->count;
	return OK;
}

enum status fat_read(struct file *file, u64 offset, size_t size, void *buffer)
{
	const struct fat *fat = fat_of(file);
	u8 *to = buffer;

	if (file->size > (u64)fat->cluster_count << fat->cluster_shift)
		return corrupt("FAT: file of %lu bytes, larger than the file system", file->size);
	while (size > 0) {
		struct run run;
		u64 skip, part;
		enum status status = find_run(file, (u32)(offset >> fat->cluster_shift),
					      (u32)((offset + size - 1) >> fat->cluster_shift),
					      &run);

		if (status)
			return status;
		skip = offset - ((u64)run.index << fat->cluster_shift);
		part = min_u64(size, ((u64)run.count << fat->cluster_shift) - skip);
		status = read_row(file->volume->device, fat_cluster_offset(fat, run.cluster) + skip,
				  (size_t)part, to);
		if (status)
			return status;
		to += part;
		offset += part;
		size -= (size_t)part;
	}
	return OK;
}
