/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtio device that may write anything to its rings and buffers at each notification, for a
 * driver that is included in the target together with drivers/virtio/queue.c.
 */
#pragma once

#include "lib/span.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/virtio.h"

enum { NOTIFICATIONS_MAX = 256 };

static struct reader input;
static u32 notifications;

static void complete(struct virtqueue *queue, u32 head, u32 written)
{
	u8 *used = (u8 *)(uintptr_t)queue->used_ring;
	u16 count = load_le16(used + 2);

	store_le32(used + 4 + 8 * (count % queue->size), head);
	store_le32(used + 8 + 8 * (count % queue->size), written);
	store_le16(used + 2, (u16)(count + 1));
}

static void step(struct virtqueue *queue, u8 kind)
{
	u64 memory = queue->device->legacy ? 2 * PAGE_SIZE : PAGE_SIZE;
	u8 *used = (u8 *)(uintptr_t)queue->used_ring;

	switch (kind % 5) {
	case 0: /* the first request that is in flight */
		if (queue->busy)
			complete(queue, (u32)__builtin_ctz(queue->busy) * queue->chain_size,
				 read_u8(&input));
		return;
	case 1: {
		u32 head = read_le32(&input);

		return complete(queue, head, read_le32(&input));
	}
	case 2:
		return store_le16(used + 2, (u16)(load_le16(used + 2) + read_u8(&input) - 8));
	case 3: {
		u64 at = read_le16(&input) % memory;

		((u8 *)(uintptr_t)queue->descriptor_ring)[at] = read_u8(&input);
		return;
	}
	default: {
		u64 at = read_le16(&input) % VIRTQUEUE_SPACE_SIZE;

		((u8 *)queue->space)[at] = read_u8(&input);
	}
	}
}

static void on_notify(struct virtqueue *queue)
{
	u8 steps = read_u8(&input) % 8;

	CHECK(++notifications <= NOTIFICATIONS_MAX);
	while (steps-- && !input.overrun)
		step(queue, read_u8(&input));
}

/* A device without queues, from the start of the input: 1 flags, 2 size of the queues. */
static struct virtio_device lying_device(const u8 *data, size_t size)
{
	static const struct virtio_transport transport = {
		.status = get_status,
		.set_status = put_status,
		.queue_size_max = get_queue_size_max,
		.queue_start = put_queue,
		.notify = on_notify,
	};

	input = (struct reader){ .rest = span_of(data, size) };
	device_status = 0;
	notifications = 0;

	bool is_legacy = read_u8(&input) & 1;

	queue_size_limit = read_le16(&input);
	return (struct virtio_device){ .transport = &transport, .legacy = is_legacy };
}

static void release_queues(struct virtio_device *device)
{
	while (device->queues)
		virtqueue_release(device->queues);
}
