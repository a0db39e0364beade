/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device side of virtio (Virtual I/O Device 1.2): the registers of both transports. The rings
 * are in fake_virtqueue.c.
 */
#include "tests/host/fake_virtio.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "drivers/virtio/virtio.h"
#include "lib/span.h"
#include "lib/util.h"
#include "tests/host/fake_machine.h"

void fake_violation(u32 *counter, const char *pattern, ...)
{
	va_list arguments;

	(*counter)++;
	printf("violation: ");
	va_start(arguments, pattern);
	vprintf(pattern, arguments);
	va_end(arguments);
	printf("\n");
}

void fake_virtio_init(struct fake_virtio *device, u32 id, u64 features)
{
	*device = (struct fake_virtio){ .id = id, .features = features };
	for (u32 i = 0; i < FAKE_QUEUE_COUNT; i++)
		device->queue_size_max[i] = 128;
}

void fake_virtio_disk(struct fake_virtio *device, void *bytes, u64 size, u64 features)
{
	fake_virtio_init(device, VIRTIO_ID_BLOCK, VIRTIO_VERSION_1 | features);
	device->disk = bytes;
	device->disk_size = size;
	store_le64(device->config, size / 512);
}

static void reset(struct fake_virtio *device)
{
	device->resets++;
	device->status = 0;
	if (device->was_active && device->lie == FAKE_DEAD) {
		device->status = ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK;
		return; /* and the queues stay */
	}
	if (device->was_active && device->lie == FAKE_NO_RESET)
		device->status = FAILED | ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK;
	memset(device->queues, 0, sizeof(device->queues));
	device->driver_features = 0;
	device->device_select = device->driver_select = device->queue_select = 0;
}

static void set_status(struct fake_virtio *device, u8 status)
{
	static const u8 steps[] = { 0, ACKNOWLEDGE, ACKNOWLEDGE | DRIVER,
				    ACKNOWLEDGE | DRIVER | FEATURES_OK,
				    ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK };
	static const u8 legacy_steps[] = { 0, ACKNOWLEDGE, ACKNOWLEDGE | DRIVER,
					   ACKNOWLEDGE | DRIVER | DRIVER_OK };
	const u8 *step = device->legacy ? legacy_steps : steps;
	size_t count = device->legacy ? sizeof(legacy_steps) : sizeof(steps);

	if (status == 0)
		return reset(device);
	if (device->was_active && (device->lie == FAKE_NO_RESET_PCI || device->lie == FAKE_NO_RESET))
		return;
	for (size_t i = 0; i + 1 < count; i++) {
		if (step[i] != device->status || step[i + 1] != status)
			continue;
		if (status & FEATURES_OK && device->lie == FAKE_FEATURES_REFUSED)
			return;
		if (status & FEATURES_OK && !(device->driver_features & VIRTIO_VERSION_1))
			violation(device, "VERSION_1 was not accepted");
		if (device->driver_features & ~device->features)
			violation(device, "features 0x%lx were accepted, 0x%lx offered",
				  device->driver_features, device->features);
		if (status & DRIVER_OK)
			device->was_active = true;
		device->status = status;
		return;
	}
	violation(device, "status 0x%x after 0x%x", status, device->status);
}

static struct fake_queue *selected(struct fake_virtio *device)
{
	return &device->queues[device->queue_select % FAKE_QUEUE_COUNT];
}

/* Queues are set up after FEATURES_OK, or in version 1 after DRIVER, and before DRIVER_OK. */
static bool may_set_queue(struct fake_virtio *device)
{
	u8 wanted = device->legacy ? DRIVER : FEATURES_OK;

	if ((device->status & wanted) && !(device->status & DRIVER_OK))
		return true;
	violation(device, "queue register written in status 0x%x", device->status);
	return false;
}

static void set_ring(struct fake_virtio *device, u32 ring, bool upper, u32 value)
{
	u64 *address = &selected(device)->rings[ring];

	if (!may_set_queue(device))
		return;
	*address = upper ? (*address & UINT32_MAX) | (u64)value << 32 :
			   (*address & ~(u64)UINT32_MAX) | value;
}

static void set_queue_size(struct fake_virtio *device, u32 size)
{
	if (!may_set_queue(device))
		return;
	if (!is_power_of_two(size) ||
	    size > device->queue_size_max[device->queue_select % FAKE_QUEUE_COUNT])
		violation(device, "queue of %u descriptors", size);
	else
		selected(device)->size = (u16)size;
}

static void set_driver_features(struct fake_virtio *device, u32 value)
{
	if (!(device->status & DRIVER) || (device->status & FEATURES_OK))
		violation(device, "features written in status 0x%x", device->status);
	if (device->driver_select == 0)
		device->driver_features = (device->driver_features & ~(u64)UINT32_MAX) | value;
	else if (device->driver_select == 1 && !device->legacy)
		device->driver_features = (device->driver_features & UINT32_MAX) | (u64)value << 32;
	else
		violation(device, "features word %u", device->driver_select);
}

static u32 device_features(struct fake_virtio *device)
{
	if (device->device_select > 1)
		violation(device, "features word %u read", device->device_select);
	return (u32)(device->features >> (32 * (device->device_select & 1)));
}

static u8 generation(struct fake_virtio *device)
{
	return device->lie == FAKE_GENERATION_RUNS ? device->generation++ : device->generation;
}

static u64 read_config(struct fake_virtio *device, u64 offset, u32 size)
{
	if (offset % size != 0 || offset > FAKE_CONFIG_SIZE - size)
		violation(device, "configuration read at %lu, %u bytes", offset, size);
	else
		return size == 1 ? device->config[offset] : load_le32(device->config + offset);
	return 0;
}

/* Common configuration on PCI: each register must be accessed with its own width. */
static u64 read_common(struct fake_virtio *device, u64 offset, u32 size)
{
	switch (offset << 4 | size) {
	case 0x044:
		return device_features(device);
	case 0x141:
		return device->status;
	case 0x151:
		return generation(device);
	case 0x182:
		return device->queue_select < FAKE_QUEUE_COUNT ?
			       device->queue_size_max[device->queue_select] :
			       0;
	case 0x1e2:
		return device->queue_select;
	}
	violation(device, "common configuration read at 0x%lx, %u bytes", offset, size);
	return 0;
}

static void write_common(struct fake_virtio *device, u64 offset, u32 size, u64 value)
{
	/* Cloud Hypervisor resets everything at each write while the status is 0. */
	if (device->status == 0 && offset != 0x14)
		violation(device, "common configuration written at 0x%lx before ACKNOWLEDGE",
			  offset);
	switch (offset << 4 | size) {
	case 0x004:
		device->device_select = (u32)value;
		return;
	case 0x084:
		device->driver_select = (u32)value;
		return;
	case 0x0c4:
		return set_driver_features(device, (u32)value);
	case 0x141:
		return set_status(device, (u8)value);
	case 0x162:
		device->queue_select = (u32)value;
		return;
	case 0x182:
		return set_queue_size(device, (u32)value);
	case 0x1c2:
		if (may_set_queue(device) && value == 1)
			selected(device)->enabled = true;
		return;
	case 0x204:
	case 0x244:
	case 0x284:
	case 0x2c4:
	case 0x304:
	case 0x344:
		return set_ring(device, (u32)(offset - 0x20) / 8, offset & 4, (u32)value);
	}
	violation(device, "common configuration written at 0x%lx, %u bytes", offset, size);
}

void fake_virtio_bar_access(struct fake_virtio *device, u64 offset, u32 size, bool write,
			    u64 *value)
{
	device->accesses++;
	if (offset >= FAKE_NOTIFY && write) {
		u64 queue = device->has_one_doorbell && offset == FAKE_NOTIFY ?
				    *value :
				    (offset - FAKE_NOTIFY) / FAKE_NOTIFY_STEP;

		device->accesses--;
		if (queue != *value)
			violation(device, "doorbell %lu rung with %lu", queue, *value);
		fake_virtio_notify(device, size, 2, queue);
	} else if (offset < FAKE_ISR && write) {
		write_common(device, offset, size, *value);
	} else if (offset < FAKE_ISR) {
		*value = read_common(device, offset, size);
	} else if (offset >= FAKE_DEVICE && offset < FAKE_NOTIFY && !write) {
		*value = read_config(device, offset - FAKE_DEVICE, size);
	} else {
		violation(device, "BAR %s at 0x%lx", write ? "written" : "read", offset);
	}
	if (!write && device->on_read)
		device->on_read(device, value);
}

static u64 read_mmio(struct fake_virtio *device, u64 offset)
{
	switch (offset) {
	case 0x000:
		return device->lie_magic ? 0 : 0x74726976;
	case 0x004:
		if (device->lie_version)
			return device->lie_version;
		return device->legacy ? 1 : 2;
	case 0x008:
		return device->id;
	case 0x010:
		return device_features(device);
	case 0x034:
		return device->queue_select < FAKE_QUEUE_COUNT ?
			       device->queue_size_max[device->queue_select] :
			       0;
	case 0x070:
		return device->status;
	case 0x0fc:
		if (!device->legacy)
			return generation(device);
	}
	violation(device, "register 0x%lx read", offset);
	return 0;
}

/* Version 1: one page number for all rings, the used ring on the page after the available ring. */
static void set_legacy_page(struct fake_virtio *device, u64 page)
{
	struct fake_queue *queue = selected(device);

	if (!may_set_queue(device) || device->page_size != 4096 || device->queue_align != 4096 ||
	    !queue->size) {
		violation(device, "queue page before size and alignment");
		return;
	}
	queue->rings[0] = page * 4096;
	queue->rings[1] = queue->rings[0] + 16u * queue->size;
	queue->rings[2] = align_up(queue->rings[1] + 4 + 2u * queue->size, 4096);
	queue->enabled = page != 0;
}

static bool write_mmio_legacy(struct fake_virtio *device, u64 offset, u32 value)
{
	switch (offset) {
	case 0x028:
		device->page_size = value;
		return true;
	case 0x03c:
		device->queue_align = value;
		return true;
	case 0x040:
		set_legacy_page(device, value);
		return true;
	}
	return false;
}

static bool write_mmio_modern(struct fake_virtio *device, u64 offset, u32 value)
{
	switch (offset) {
	case 0x044:
		if (may_set_queue(device) && value == 1)
			selected(device)->enabled = true;
		return true;
	case 0x080:
	case 0x084:
	case 0x090:
	case 0x094:
	case 0x0a0:
	case 0x0a4:
		set_ring(device, (u32)(offset - 0x80) / 16, offset & 4, value);
		return true;
	}
	return false;
}

static void write_mmio(struct fake_virtio *device, u64 offset, u32 value)
{
	switch (offset) {
	case 0x014:
		device->device_select = value;
		return;
	case 0x020:
		return set_driver_features(device, value);
	case 0x024:
		device->driver_select = value;
		return;
	case 0x030:
		device->queue_select = value;
		return;
	case 0x038:
		return set_queue_size(device, value);
	case 0x070:
		return set_status(device, (u8)value);
	}
	if (device->legacy ? !write_mmio_legacy(device, offset, value) :
			     !write_mmio_modern(device, offset, value))
		violation(device, "register 0x%lx written", offset);
}

void fake_virtio_mmio_access(struct fake_virtio *device, u64 offset, u32 size, bool write,
			     u64 *value)
{
	device->accesses++;
	if (offset >= 0x100 && !write) {
		*value = read_config(device, offset - 0x100, size);
	} else if (size != 4) {
		violation(device, "register 0x%lx accessed with %u bytes", offset, size);
	} else if (write && offset == 0x050) {
		device->accesses--;
		fake_virtio_notify(device, size, 4, *value);
	} else if (write) {
		write_mmio(device, offset, (u32)*value);
	} else {
		*value = read_mmio(device, offset);
	}
	if (!write && device->on_read)
		device->on_read(device, value);
}
