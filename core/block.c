/* SPDX-License-Identifier: Apache-2.0 */
/* Disks and partitions: the one place where bounds are checked. */
#include "core/block.h"

#include <stddef.h>

#include "core/device.h"
#include "core/log.h"
#include "core/memory.h"
#include "lib/config.h"
#include "lib/format.h"
#include "lib/string.h"
#include "lib/util.h"

static struct block_device *first_disk;

bool block_only_stated;

static void insert(struct block_device *disk, struct block_device **link)
{
	disk->is_open = false;
	if (IS_ENABLED(CONFIG_BOOT_ORDER))
		disk->has_turn = false;
	disk->partitions.partitions = NULL;
	disk->not_mounted = OK;
	disk->next = *link;
	*link = disk;
}

void block_register(struct block_device *disk)
{
	struct block_device **end = &first_disk;

	while (*end)
		end = &(*end)->next;
	insert(disk, end);
}

void block_register_after(struct block_device *disk, struct block_device *position)
{
	insert(disk, &position->next);
	/* The VMM has stated the turn of the controller alone. */
	if (IS_ENABLED(CONFIG_BOOT_ORDER))
		disk->has_turn = position->has_turn;
}

/*
 * Where a driver cannot reach the caller's buffer. Page aligned and below 4 GiB, which every
 * driver can reach.
 */
enum { BOUNCE_SIZE = 64 * 1024 };

static u8 *bounce;

static enum status prepare_bounce(void)
{
	u64 base;
	enum status status;

	if (bounce)
		return OK;
	status = memory_allocate(BOUNCE_SIZE, PAGE_SIZE, MEMORY_BELOW_4_GIB, MEMORY_BOOT_DATA,
				 &base);
	if (!status)
		bounce = (u8 *)(uintptr_t)base;
	return status;
}

static bool needs_bounce(const struct block_device *disk, u64 count, const void *buffer)
{
	u64 end;

	if (disk->alignment && (uintptr_t)buffer & (disk->alignment - 1))
		return true;
	return disk->address_limit &&
	       (add_overflows((uintptr_t)buffer, count * disk->block_size, &end) ||
		end > disk->address_limit);
}

/* @out is where a read puts it; NULL: @in is written. */
static enum status transfer_directly(struct block_device *disk, u64 first, u64 count, u8 *out,
				     const u8 *in)
{
	return out ? disk->ops->read(disk, first, count, out) :
		     disk->ops->write(disk, first, count, in);
}

static enum status transfer_by_bounce(struct block_device *disk, u64 first, u64 count, u8 *out,
				      const u8 *in)
{
	size_t size = (size_t)count * disk->block_size;
	enum status status = prepare_bounce();

	if (status)
		return status;
	if (!out)
		memcpy(bounce, in, size);
	status = transfer_directly(disk, first, count, out ? bounce : NULL, bounce);
	if (!status && out)
		memcpy(out, bounce, size);
	/* A disk that could not be stopped may use it at any time. */
	if (status && !memory_is_ram((uintptr_t)bounce, BOUNCE_SIZE))
		bounce = NULL;
	return status;
}

/* In as many parts as the driver asks for. */
static enum status transfer(struct block_device *disk, u64 first, u64 count, u8 *out, const u8 *in)
{
	bool by_bounce = needs_bounce(disk, count, out ? out : in);
	u64 size_max = by_bounce ? BOUNCE_SIZE : disk->transfer_size_max;
	u64 count_max = size_max ? size_max / disk->block_size : count;
	enum status status = OK;

	while (count && !status) {
		u64 part = min_u64(count, count_max);
		size_t size = (size_t)part * disk->block_size;

		status = by_bounce ? transfer_by_bounce(disk, first, part, out, in) :
				     transfer_directly(disk, first, part, out, in);
		out = out ? out + size : NULL;
		in = in ? in + size : NULL;
		first += part;
		count -= part;
	}
	return status;
}

static enum status read_disk(struct block_device *disk, u64 first, u64 count, void *buffer)
{
	return IS_ENABLED(CONFIG_NEED_BLOCK_BOUNCE) ? transfer(disk, first, count, buffer, NULL) :
						      disk->ops->read(disk, first, count, buffer);
}

static enum status write_disk(struct block_device *disk, u64 first, u64 count, const void *buffer)
{
	return IS_ENABLED(CONFIG_NEED_BLOCK_BOUNCE) ? transfer(disk, first, count, NULL, buffer) :
						      disk->ops->write(disk, first, count, buffer);
}

/* A drive without a medium has no blocks, and no partitions. */
static bool is_empty_drive(const struct block_device *disk)
{
	return IS_ENABLED(CONFIG_NEED_REMOVABLE) && disk->is_removable && disk->block_count == 0;
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
	    disk->block_size > BLOCK_SIZE_MAX ||
	    (disk->block_count == 0 && !is_empty_drive(disk)) ||
	    multiply_overflows(disk->block_count, disk->block_size, &size))
		return ERR_INVALID;
	/* Now: later it would change the memory map under a loader that is about to leave. */
	if (IS_ENABLED(CONFIG_NEED_BLOCK_BOUNCE) && (disk->alignment || disk->address_limit) &&
	    prepare_bounce())
		return ERR_NO_MEMORY;
	if (is_empty_drive(disk))
		disk->not_mounted = ERR_NOT_FOUND;
	format(disk->name, sizeof(disk->name), "disk%u", count++);
	disk->disk = NULL;
	disk->first_block = 0;
	disk->kind = PARTITION_WHOLE_DISK;
	disk->is_open = true;
	log_debug("%s: %llu MiB in blocks of %u%s", disk->name, size / MIB, disk->block_size,
		  disk->read_only ? ", read-only" : "");
	return OK;
}

/* The position of a root bus among the others does not depend on how it is numbered. */
static bool is_at(const struct block_device *disk, const struct device_address *address)
{
	const struct device_address *own = disk->address;

	if (!own || own->bus != address->bus || own->unit != address->unit ||
	    own->port != address->port || own->lun != address->lun ||
	    own->namespace_id != address->namespace_id)
		return false;
	if (own->bus == DEVICE_VIRTIO_MMIO)
		return own->base == address->base;
	return own->bus == DEVICE_PCI && own->depth && own->segment == address->segment &&
	       own->root_index == address->root_index && own->depth == address->depth &&
	       memcmp(own->functions, address->functions, own->depth) == 0;
}

static struct block_device **find_at(struct block_device **link,
				     const struct device_address *address)
{
	while (*link && !is_at(*link, address))
		link = &(*link)->next;
	return link;
}

/* The disks of a controller are known after it was opened; it is not a disk itself. */
static void open_controller(struct block_device **link, const struct device_address *disk)
{
	struct device_address controller = *disk;

	controller.unit = DEVICE_UNIT_NONE;
	controller.port = controller.lun = 0;
	controller.namespace_id = 0;
	link = find_at(link, &controller);
	if (*link && !(*link)->is_open && open_disk(*link))
		*link = (*link)->next;
}

bool block_state_turn(const struct device_address *address)
{
	struct block_device **place = &first_disk, **from, *disk;

	while (*place && (*place)->has_turn)
		place = &(*place)->next;
	from = find_at(place, address);
	if (!*from && address->unit != DEVICE_UNIT_NONE) {
		open_controller(place, address);
		from = find_at(place, address);
	}
	disk = *from;
	if (!disk)
		return false;
	*from = disk->next;
	disk->next = *place;
	*place = disk;
	disk->has_turn = true;
	return true;
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
	return read_disk(device, first, count, buffer);
}

enum status block_write(struct block_device *device, u64 first, u64 count, const void *buffer)
{
	enum status status = to_disk(&device, &first, count);

	if (status || count == 0)
		return status;
	if (device->read_only || !device->ops->write)
		return ERR_DENIED;
	status = write_disk(device, first, count, buffer);
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
