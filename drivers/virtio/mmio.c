/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio over MMIO (Virtual I/O Device 1.2, 4.2): version 2, and version 1 from before virtio 1.0
 * (4.2.4), which QEMU microvm uses by default. drivers/virtio/mmio_windows.c finds the devices.
 */
#include <asm/io.h>

#include "core/device.h"
#include "core/log.h"
#include "drivers/virtio/mmio.h"
#include "drivers/virtio/virtio.h"
#include "lib/config.h"
#include "lib/format.h"
#include "lib/util.h"

enum {
	MAGIC = 0x000,
	VERSION = 0x004,
	DEVICE_ID = 0x008,
	DEVICE_FEATURES = 0x010,
	DEVICE_FEATURES_SELECT = 0x014,
	DRIVER_FEATURES = 0x020,
	DRIVER_FEATURES_SELECT = 0x024,
	LEGACY_PAGE_SIZE = 0x028,
	QUEUE_SELECT = 0x030,
	QUEUE_SIZE_MAX = 0x034,
	QUEUE_SIZE = 0x038,
	LEGACY_QUEUE_ALIGN = 0x03c,
	LEGACY_QUEUE_PAGE = 0x040,
	QUEUE_READY = 0x044,
	QUEUE_NOTIFY = 0x050,
	STATUS = 0x070,
	QUEUE_DESCRIPTORS = 0x080,
	QUEUE_AVAILABLE = 0x090,
	QUEUE_USED = 0x0a0,
	GENERATION = 0x0fc,
	CONFIGURATION = 0x100,

	MAGIC_VALUE = 0x74726976, /* "virt" */

	WINDOW_SIZE_MAX = 16 * MIB, /* all of it is mapped; VMMs have at most a page */
};

struct virtio_mmio {
	struct virtio_device device;
	volatile u8 *registers;
	u64 size;
};

static struct virtio_mmio *mmio_of(struct virtio_device *device)
{
	return container_of(device, struct virtio_mmio, device);
}

static u32 read_register(struct virtio_device *device, u32 offset)
{
	return mmio_read32(mmio_of(device)->registers + offset);
}

static void write_register(struct virtio_device *device, u32 offset, u32 value)
{
	mmio_write32(mmio_of(device)->registers + offset, value);
}

static u8 status(struct virtio_device *device)
{
	return (u8)read_register(device, STATUS);
}

static void set_status(struct virtio_device *device, u8 value)
{
	write_register(device, STATUS, value);
}

static u32 features(struct virtio_device *device, u32 word)
{
	write_register(device, DEVICE_FEATURES_SELECT, word);
	return read_register(device, DEVICE_FEATURES);
}

static void set_features(struct virtio_device *device, u32 word, u32 value)
{
	write_register(device, DRIVER_FEATURES_SELECT, word);
	write_register(device, DRIVER_FEATURES, value);
}

static u8 generation(struct virtio_device *device)
{
	return virtio_is_legacy(device) ? 0 : (u8)read_register(device, GENERATION);
}

static u32 config_read32(struct virtio_device *device, u32 offset)
{
	if (offset + 4 > mmio_of(device)->size - CONFIGURATION)
		return 0;
	return read_register(device, CONFIGURATION + offset);
}

static u32 queue_size_max(struct virtio_device *device, u16 index)
{
	write_register(device, QUEUE_SELECT, index);
	return read_register(device, QUEUE_SIZE_MAX);
}

static void write_address(struct virtio_device *device, u32 offset, u64 address)
{
	write_register(device, offset, (u32)address);
	write_register(device, offset + 4, (u32)(address >> 32));
}

static enum status queue_start(struct virtio_device *device, struct virtqueue *queue)
{
	queue->doorbell = mmio_of(device)->registers + QUEUE_NOTIFY;
	if (virtio_is_legacy(device))
		write_register(device, LEGACY_PAGE_SIZE, PAGE_SIZE);
	write_register(device, QUEUE_SIZE, queue->size);
	if (virtio_is_legacy(device)) {
		write_register(device, LEGACY_QUEUE_ALIGN, PAGE_SIZE);
		write_register(device, LEGACY_QUEUE_PAGE,
			       (u32)(queue->descriptor_ring / PAGE_SIZE));
		return OK;
	}
	write_address(device, QUEUE_DESCRIPTORS, queue->descriptor_ring);
	write_address(device, QUEUE_AVAILABLE, queue->available_ring);
	write_address(device, QUEUE_USED, queue->used_ring);
	write_register(device, QUEUE_READY, 1);
	return OK;
}

static void notify(struct virtqueue *queue)
{
	mmio_write32(queue->doorbell, queue->index);
}

static const struct virtio_transport mmio_transport = {
	.status = status,
	.set_status = set_status,
	.features = features,
	.set_features = set_features,
	.generation = generation,
	.config_read32 = config_read32,
	.queue_size_max = queue_size_max,
	.queue_start = queue_start,
	.notify = notify,
};

static enum status check_version(u32 version, u64 base, bool *legacy)
{
	*legacy = version == 1;
	if (version == 2 || (version == 1 && IS_ENABLED(CONFIG_VIRTIO_MMIO_LEGACY)))
		return OK;
	return unsupported("virtio at 0x%lx: version %u%s", base, version,
			   version == 1 ? " (VIRTIO_MMIO_LEGACY is not built in)" : "");
}

enum status virtio_mmio_probe_window(u64 base, u64 size)
{
	volatile u8 *registers;
	struct virtio_mmio *mmio;
	enum status result;
	bool legacy;
	u32 id;

	if (size <= CONFIGURATION || size > WINDOW_SIZE_MAX || base % 4 != 0)
		return corrupt("virtio: 0x%lx bytes at 0x%lx are not a device window", size, base);
	registers = device_map("virtio", base, size);
	if (!registers)
		return ERR_INVALID;
	if (mmio_read32(registers + MAGIC) != MAGIC_VALUE)
		return ERR_NOT_FOUND;
	/* 0 means a slot without a device, whatever its version. */
	id = mmio_read32(registers + DEVICE_ID);
	if (!virtio_has_driver(id))
		return OK;
	result = check_version(mmio_read32(registers + VERSION), base, &legacy);
	if (result)
		return result;
	mmio = virtio_allocate(sizeof(*mmio));
	if (!mmio)
		return ERR_NO_MEMORY;
	*mmio = (struct virtio_mmio){
		.device = { .transport = &mmio_transport, .id = id, .legacy = legacy },
		.registers = registers,
		.size = size,
	};
	mmio->device.device.address =
		(struct device_address){ .bus = DEVICE_VIRTIO_MMIO, .base = base };
	format(mmio->device.device.name, sizeof(mmio->device.device.name), "0x%lx", base);
	virtio_probe(&mmio->device);
	return OK;
}
