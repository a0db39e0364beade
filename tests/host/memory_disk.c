/* SPDX-License-Identifier: Apache-2.0 */
/* A block_device over bytes in memory, and a function that finds the last disk. */
#include "lib/util.h"
#include "tests/host/host.h"

static struct memory_disk *memory_disk_of(struct block_device *device)
{
	return container_of(device, struct memory_disk, device);
}

static bool is_bad(struct memory_disk *disk, u64 first, u64 count)
{
	return disk->bad_block >= first && disk->bad_block - first < count;
}

static enum status disk_read(struct block_device *device, u64 first, u64 count, void *buffer)
{
	struct memory_disk *disk = memory_disk_of(device);

	disk->reads++;
	disk->blocks_read += count;
	if (is_bad(disk, first, count))
		return ERR_IO;
	memcpy(buffer, disk->bytes + first * device->block_size, count * device->block_size);
	return OK;
}

static enum status disk_write(struct block_device *device, u64 first, u64 count, const void *buffer)
{
	struct memory_disk *disk = memory_disk_of(device);

	disk->writes++;
	if (is_bad(disk, first, count))
		return ERR_IO;
	memcpy(disk->bytes + first * device->block_size, buffer, count * device->block_size);
	return OK;
}

static enum status disk_flush(struct block_device *device)
{
	memory_disk_of(device)->flushes++;
	return OK;
}

static const struct block_ops memory_disk_ops = {
	.read = disk_read,
	.write = disk_write,
	.flush = disk_flush,
};

void memory_disk_init(struct memory_disk *disk, void *bytes, size_t size, u32 block_size)
{
	*disk = (struct memory_disk){
		.device = {
			.name = "memory",
			.ops = &memory_disk_ops,
			.block_size = block_size,
			.block_count = size / block_size,
		},
		.bytes = bytes,
		.bad_block = UINT64_MAX,
	};
	/* An earlier test may have had a disk at the same address. */
	block_cache_invalidate(&disk->device);
}

struct block_device *last_disk(void)
{
	struct block_device *last = NULL;

	for (struct block_device *disk = block_first(); disk; disk = block_next(disk))
		last = disk;
	return last;
}
