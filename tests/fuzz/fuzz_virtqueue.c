/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device that may write anything to the shared memory at each notification: heads, sizes and
 * indices of the used ring, status bytes, and all of the rings and requests. The driver is
 * virtio-blk; block.c is included here so that it can be used without registration, which is
 * permanent.
 *
 * Input: 1 flags, 2 size of the queue, 1 size_max / 512, 1 blocks to read, then the device's steps.
 */
#include <stdlib.h>

#include "core/time.h"
#include "drivers/virtio/block.c"

/* The device runs in the same thread: what it has not done when it is notified, it never does. */
#define deadline_passed(deadline) ((void)(deadline), true)
#include "drivers/virtio/queue.c"
#undef deadline_passed

#include "lib/span.h"
#include "tests/fuzz/virtio.h"

enum { NOTIFICATIONS_MAX = 64, BUFFER_BLOCKS = 255 };

static struct reader input;
static u32 notifications;
static u8 buffer[BUFFER_BLOCKS * SECTOR_SIZE];

/* Correctly completes the request that was submitted @back requests before the last. */
static void complete_honestly(u8 back)
{
	u8 *descriptors = (u8 *)(uintptr_t)fuzzed->descriptor_ring;
	u16 head = (u16)(back % fuzzed->slot_count * fuzzed->chain_size);

	*((u8 *)fuzzed->space + head / fuzzed->chain_size * sizeof(struct request) +
	  offsetof(struct request, status)) = 0;
	put_completion(fuzzed, head, load_le32(descriptors + 16 * head + 24) + 1);
}

static void step(u8 kind)
{
	switch (kind % 5) {
	case 0:
		return complete_honestly(read_u8(&input));
	case 1: {
		u32 head = read_le32(&input);

		return put_completion(fuzzed, head, read_le32(&input));
	}
	default:
		return put_damage(fuzzed, kind % 5 - 2, &input);
	}
}

static void on_notify(struct virtqueue *queue)
{
	u8 steps = read_u8(&input) % 32;

	(void)queue;
	if (++notifications > NOTIFICATIONS_MAX)
		return;
	while (steps-- && !input.overrun)
		step(read_u8(&input));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	input = (struct reader){ .rest = span_of(data, size) };

	struct virtio_device device = new_device(&input, on_notify);
	struct virtio_block block = {
		.disk = { .block_size = SECTOR_SIZE, .block_count = UINT32_MAX },
		.device = &device,
	};

	block.request_size_max = SECTOR_SIZE * (1 + read_u8(&input) % 16);
	notifications = 0;

	u8 count = read_u8(&input);

	for (u32 i = 0; i < 4 && !device.failed; i++)
		if (block_read_blocks(&block.disk, i, count, buffer) == OK && block.queue.busy)
			abort();
	if (fuzzed &&
	    memory_free(fuzzed->descriptor_ring, device.legacy ? 2 * PAGE_SIZE : PAGE_SIZE))
		abort();
	return 0;
}
