/* SPDX-License-Identifier: Apache-2.0 */
/* Reading files: contiguous clusters are read in one request. */
#include "core/log.h"
#include "fs/fat/fat.h"
#include "lib/util.h"

/*
 * Brent's algorithm for detecting a loop: compare with the target of an earlier jump, which is
 * updated at every power of two. Contiguous clusters cannot form a loop, so only jumps count.
 */
static bool jump_loops(struct fat_file *state, u32 cluster)
{
	if (cluster == state->jump_target)
		return true;
	if (is_power_of_two(++state->jumps))
		state->jump_target = cluster;
	return false;
}

/* Advances to the run that contains cluster @index of the file, limited to cluster @last. */
static enum status follow(const struct fat *fat, struct fat_file *state, u32 index, u32 last)
{
	struct fat_run *run = &state->run;

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
		if (jump_loops(state, next))
			return corrupt("FAT: file with a loop at cluster %u", next);
		*run = (struct fat_run){ run->index + run->count, next, 1 };
	}
	return OK;
}

enum status fat_file_run(const struct fat *fat, struct fat_file *state, u32 index, u32 last)
{
	enum status status;

	if (state->run.count == 0 || index < state->run.index) {
		if (!fat_has_cluster(fat, state->first_cluster))
			return corrupt("FAT: file in cluster %u of %u", state->first_cluster,
				       fat->cluster_count);
		state->run = (struct fat_run){ 0, state->first_cluster, 1 };
		state->jumps = 0;
		state->jump_target = state->first_cluster;
	}
	status = follow(fat, state, index, last);
	if (status)
		state->run.count = 0; /* start over next time */
	return status;
}

enum status fat_read(struct file *file, u64 offset, size_t size, void *buffer)
{
	const struct fat *fat = fat_of(file);
	const u32 shift = fat->cluster_shift;
	struct fat_file *state = fat_file_of(file);
	u8 *to = buffer;

	if (file->size > (u64)fat->cluster_count << shift)
		return corrupt("FAT: file of %lu bytes, larger than the file system", file->size);
	while (size > 0) {
		u64 skip, part;
		enum status status = fat_file_run(fat, state, (u32)(offset >> shift),
						  (u32)((offset + size - 1) >> shift));

		if (status)
			return status;
		skip = offset - ((u64)state->run.index << shift);
		part = min_u64(size, ((u64)state->run.count << shift) - skip);
		status = block_read_data(file->volume->device,
					 fat_cluster_offset(fat, state->run.cluster) + skip,
					 (size_t)part, to);
		if (status)
			return status;
		to += part;
		offset += part;
		size -= (size_t)part;
	}
	return OK;
}
