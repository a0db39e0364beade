/* SPDX-License-Identifier: Apache-2.0 */
/* Disks and partitions: the one place where bounds are checked. */
#include "core/block.h"

#include <stddef.h>

#include "core/log.h"
#include "lib/format.h"
#include "lib/util.h"

static struct block_device *first_disk;

void block_register(struct block_device *disk)
{
	struct block_device **end = &first_disk;

	while (*end)
		end = &(*end)->next;
	disk->is_open = false;
	disk->partitions.partitions = NULL;
	disk->not_mounted = OK;
	disk->next = NULL;
	*end = disk;
}

void block_keep(u64 count)
{
	struct block_device **end = &first_disk;

	for (; *end && count; count--)
		end = &(*end)->next;
	*end = NULL;
}

static enum status open_disk(struct block_device *disk)
{
	static u32 count;
	enum status status = disk->ops->open ? disk->ops->open(disk) : OK;
	u64 size;

	if (status)
		return status;
	if (!is_power_of_two(disk->block_size) || disk->block_size < BLOCK_SIZE_MIN ||
	    disk->block_size > BLOCK_SIZE_MAX || disk->block_count == 0 ||
	    multiply_overflows(disk->block_count, disk->block_size, &size))
		return ERR_INVALID;
	format(disk->name, sizeof(disk->name), "disk%u", count++);
	disk->disk = NULL;
	disk->first_block = 0;
	disk->kind = PARTITION_WHOLE_DISK;
	disk->is_open = true;
	log_debug("%s: %llu MiB in blocks of %u%s", disk->name, size / MIB, disk->block_size,
		  disk->read_only ? ", read-only" : "");
	return OK;
}

/*
 * The first usable disk in the list from there on. The ones that cannot be used are asked only
 * once.
 */
static struct block_device *usable(struct block_device **at)
{
	while (*at && !(*at)->is_open && open_disk(*at))
		*at = (*at)->next;
	return *at;
}

struct block_device *block_first(void)
{
	return usable(&first_disk);
}

struct block_device *block_next(struct block_device *disk)
{
	return usable(&disk->next);
}

void block_start_others(const struct block_device *late)
{
	for (struct block_device *disk = first_disk; disk; disk = disk->next)
		if (disk != late && !disk->is_open && disk->ops->start)
			disk->ops->start(disk);
}

enum status block_partition(struct block_device *disk, u64 first, u64 count, u32 number,
			    enum partition_kind kind, struct block_device *partition)
{
	if (count == 0 || first >= disk->block_count || count > disk->block_count - first)
		return corrupt("%s: partition %u lies outside of the disk", disk->name, number);
	*partition = (struct block_device){
		.block_size = disk->block_size,
		.block_count = count,
		.read_only = disk->read_only,
		.disk = disk,
		.first_block = first,
		.kind = kind,
		.partition_number = number,
	};
	format(partition->name, sizeof(partition->name), number ? "%sp%u" : "%s", disk->name,
	       number);
	return OK;
}

/* Checks that @count blocks at @first lie on the device, and translates both to its disk. */
static enum status to_disk(struct block_device **device, u64 *first, u64 count)
{
	if (*first > (*device)->block_count || count > (*device)->block_count - *first)
		return ERR_INVALID;
	if ((*device)->disk) {
		*first += (*device)->first_block;
		*device = (*device)->disk;
	}
	return OK;
}

enum status block_read(struct block_device *device, u64 first, u64 count, void *buffer)
{
	enum status status = to_disk(&device, &first, count);

	if (status || count == 0)
		return status;
	return device->ops->read(device, first, count, buffer);
}

enum status block_write(struct block_device *device, u64 first, u64 count, const void *buffer)
{
	enum status status = to_disk(&device, &first, count);

	if (status || count == 0)
		return status;
	if (device->read_only || !device->ops->write)
		return ERR_DENIED;
	status = device->ops->write(device, first, count, buffer);
	/* Even a write that fails may have changed some of it. */
	block_cache_update(device, first, count, status ? NULL : buffer);
	return status;
}

enum status block_flush(struct block_device *device)
{
	u64 first = 0;
	enum status status = to_disk(&device, &first, 0);

	if (status || !device->ops->flush)
		return status;
	return device->ops->flush(device);
}

u64 block_size_bytes(const struct block_device *device)
{
	return device->block_count * device->block_size;
}
