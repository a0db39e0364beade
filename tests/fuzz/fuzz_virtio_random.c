/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtio source of random numbers that may write anything to the shared memory: no more is taken
 * than was asked for, and it is not asked forever. random.c is included here so that it can be used
 * without registration, which is permanent.
 *
 * Input: 1 flags, 2 size of the queue, 1 bytes to read, then the device's steps.
 */
#include "core/time.h"

/* The device runs in the same thread: what it has not done when it is notified, it never does. */
#define deadline_passed(deadline) ((void)(deadline), true)
#include "drivers/virtio/random.c"

#include "drivers/virtio/queue.c"
#undef deadline_passed

#include "tests/fuzz/virtio_queues.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { GUARD = 0xa5, SIZE_MAX_READ = 255 };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct virtio_device device = lying_device(data, size);
	struct virtio_random source = { .device = &device };
	u8 bytes[SIZE_MAX_READ + 1], wanted = read_u8(&input);

	if (!virtqueue_create(&device, 0, 1, 1, &source.queue)) {
		device.ready = true;
		memset(bytes, GUARD, sizeof(bytes));
		if (!read_random(&source.source, bytes, wanted))
			CHECK(!device.failed);
		CHECK(bytes[wanted] == GUARD);
	}
	release_queues(&device);
	return 0;
}
