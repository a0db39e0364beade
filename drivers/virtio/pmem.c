// SPDX-License-Identifier: Apache-2.0
/*
 * virtio-pmem (Virtual I/O Device 1.2, 5.19) as a read-only disk. Its bytes are already in guest
 * memory, so no queue is needed, and the device is never made ready. So the kernel can take it over
 * even on Firecracker up to 1.16.1, which cannot reset a device that has been ready.
 *
 *	offset	size	configuration
 *	0	8	physical address
 *	8	8	bytes there
 */
#include "core/arch.h"
#include "core/block.h"
#include "core/boot_info.h"
#include "core/log.h"
#include "drivers/virtio/virtio.h"
#include "lib/string.h"
#include "lib/util.h"

enum { CONFIG_START = 0, CONFIG_SIZE = 8, BLOCK_SIZE = 512 };

/* All of it is mapped, and page tables for more could use up all memory. */
#define MAPPED_MAX (1024 * GIB)

struct virtio_pmem {
	struct block_device disk;
	struct virtio_device *device;
	struct span bytes;
};

/* Neither half changes while the device exists, so the generation is not read. */
static u64 config_read64(struct virtio_device *device, u32 offset)
{
	u64 low = device->transport->config_read32(device, offset);

	return low | (u64)device->transport->config_read32(device, offset + 4) << 32;
}

/*
 * Memory that the VMM reports as RAM, including our own, belongs to the ledger and must not be
 * mapped again.
 */
static bool overlaps_ram(u64 start, u64 end)
{
	for (u32 i = 0; i < boot_info.range_count; i++) {
		const struct memory_range *range = &boot_info.ranges[i];

		if (range->type != MEMORY_RESERVED && range->type != MEMORY_PERSISTENT &&
		    range->base < end && start < range->end)
			return true;
	}
	return false;
}

static enum status open(struct block_device *disk)
{
	struct virtio_pmem *pmem = container_of(disk, struct virtio_pmem, disk);
	const char *name = pmem->device->device.name;
	enum status status = virtio_begin(pmem->device, 0);
	u64 start, size, end;

	if (status)
		return status;
	start = config_read64(pmem->device, CONFIG_START);
	size = config_read64(pmem->device, CONFIG_SIZE);
	if (start % PAGE_SIZE != 0 || size < BLOCK_SIZE || add_overflows(start, size, &end) ||
	    overlaps_ram(start, end))
		return corrupt("%s: invalid range of 0x%lx bytes at 0x%lx", name, size, start);
	if (size > MAPPED_MAX)
		return unsupported("%s: 0x%lx bytes, more than 1 TiB", name, size);
	pmem->bytes = arch_memory(start, size);
	if (span_is_empty(pmem->bytes))
		return unsupported("%s: 0x%lx bytes at 0x%lx cannot be reached", name, size, start);
	disk->block_size = BLOCK_SIZE;
	disk->block_count = size / BLOCK_SIZE;
	disk->read_only = true;
	return OK;
}

static enum status read_blocks(struct block_device *disk, u64 first, u64 count, void *buffer)
{
	struct virtio_pmem *pmem = container_of(disk, struct virtio_pmem, disk);
	struct span part = span_part(pmem->bytes, first * BLOCK_SIZE, count * BLOCK_SIZE);

	if (span_is_empty(part))
		return ERR_IO;
	memcpy(buffer, part.data, part.size);
	return OK;
}

static const struct block_ops pmem_ops = { .open = open, .read = read_blocks };

/* From now on it belongs to the kernel. */
static void stop(struct virtio_device *device)
{
	struct virtio_pmem *pmem = device->driver;

	pmem->bytes = (struct span){ 0 };
}

static enum status probe(struct virtio_device *device)
{
	struct virtio_pmem *pmem = virtio_allocate(sizeof(*pmem));

	if (!pmem)
		return ERR_NO_MEMORY;
	pmem->disk.ops = &pmem_ops;
	if (IS_ENABLED(CONFIG_EFI))
		pmem->disk.address = &device->device.address;
	pmem->device = device;
	device->driver = pmem;
	device->stopping = stop;
	block_register(&pmem->disk);
	return OK;
}

const struct virtio_driver virtio_pmem_driver = {
	.name = "virtio-pmem",
	.id = VIRTIO_ID_PMEM,
	.probe = probe,
};
