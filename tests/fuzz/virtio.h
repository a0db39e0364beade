/* SPDX-License-Identifier: Apache-2.0 */
/* A virtio device without a bus, for a driver that is included in the target. */
#pragma once

#include "drivers/virtio/virtio.h"
#include "lib/span.h"
#include "tests/host/host.h"

bool acpi_ecam(u32 index, struct ecam *out)
{
	(void)index, (void)out;
	return false;
}

static u8 device_status;

static u8 get_status(struct virtio_device *device)
{
	(void)device;
	return device_status;
}

static void put_status(struct virtio_device *device, u8 value)
{
	(void)device;
	device_status = value;
}

static struct virtqueue *fuzzed;
static u32 queue_size_limit;

[[maybe_unused]] static u32 get_queue_size_max(struct virtio_device *device, u16 index)
{
	(void)device, (void)index;
	return queue_size_limit;
}

[[maybe_unused]] static enum status put_queue(struct virtio_device *device, struct virtqueue *queue)
{
	(void)device;
	fuzzed = queue;
	return OK;
}

/* The next element of the used ring. */
[[maybe_unused]] static void put_completion(struct virtqueue *queue, u32 head, u32 written)
{
	u8 *used = (u8 *)(uintptr_t)queue->used_ring;
	u16 count = load_le16(used + 2);

	store_le32(used + 4 + 8 * (count % queue->size), head);
	store_le32(used + 8 + 8 * (count % queue->size), written);
	store_le16(used + 2, (u16)(count + 1));
}

enum damage { DAMAGE_INDEX, DAMAGE_RINGS, DAMAGE_SPACE };

/* Moves the index of the used ring, or changes a byte of the rings or of the requests. */
[[maybe_unused]] static void put_damage(struct virtqueue *queue, enum damage damage,
					struct reader *input)
{
	u64 memory_size = queue->device->legacy ? 2 * PAGE_SIZE : PAGE_SIZE, at;
	u8 *used = (u8 *)(uintptr_t)queue->used_ring;

	switch (damage) {
	case DAMAGE_INDEX:
		store_le16(used + 2, (u16)(load_le16(used + 2) + read_u8(input) - 8));
		return;
	case DAMAGE_RINGS:
		at = read_le16(input) % memory_size;
		((u8 *)(uintptr_t)queue->descriptor_ring)[at] = read_u8(input);
		return;
	case DAMAGE_SPACE:
		at = read_le16(input) % VIRTQUEUE_SPACE_SIZE;
		((u8 *)queue->space)[at] = read_u8(input);
	}
}

/* A device without queues, with what begins the input: 1 flags, 2 size of the queues. */
[[maybe_unused]] static struct virtio_device new_device(struct reader *input,
							void (*notify)(struct virtqueue *queue))
{
	static struct virtio_transport transport = {
		.status = get_status,
		.set_status = put_status,
		.queue_size_max = get_queue_size_max,
		.queue_start = put_queue,
	};
	bool is_legacy = read_u8(input) & 1;

	transport.notify = notify;
	queue_size_limit = read_le16(input);
	device_status = 0;
	fuzzed = NULL;
	return (struct virtio_device){ .transport = &transport, .legacy = is_legacy };
}
