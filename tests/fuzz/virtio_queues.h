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

static void step(struct virtqueue *queue, u8 kind)
{
	switch (kind % 5) {
	case 0: /* the first request that is in flight */
		if (queue->busy)
			put_completion(queue, (u32)__builtin_ctz(queue->busy) * queue->chain_size,
				       read_u8(&input));
		return;
	case 1: {
		u32 head = read_le32(&input);

		return put_completion(queue, head, read_le32(&input));
	}
	default:
		return put_damage(queue, kind % 5 - 2, &input);
	}
}

static void on_notify(struct virtqueue *queue)
{
	u8 steps = read_u8(&input) % 8;

	CHECK(++notifications <= NOTIFICATIONS_MAX);
	while (steps-- && !input.overrun)
		step(queue, read_u8(&input));
}

/* A device without queues, from the start of the input. */
static struct virtio_device lying_device(const u8 *data, size_t size)
{
	input = (struct reader){ .rest = span_of(data, size) };
	notifications = 0;
	return new_device(&input, on_notify);
}

static void release_queues(struct virtio_device *device)
{
	while (device->queues)
		virtqueue_release(device->queues);
}
