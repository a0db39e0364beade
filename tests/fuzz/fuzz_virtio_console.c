/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtio console that may write anything to the shared memory: what it says was typed stays
 * within its buffers, and sending ends. console.c is included here so that it can be used without
 * registration, which is permanent.
 *
 * Input: 1 flags, 2 size of the queues, 1 bytes to send / 8, then the device's steps.
 */
#include "core/time.h"

/* The device runs in the same thread: what it has not done when it is notified, it never does. */
#define deadline_passed(deadline) ((void)(deadline), true)
#include "drivers/virtio/console.c"

#include "drivers/virtio/queue.c"
#undef deadline_passed

#include "tests/fuzz/virtio_queues.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { TEXT_SIZE = 255 * 8, KEYS = 600 };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static char text[TEXT_SIZE];
	struct virtio_device device = lying_device(data, size);
	struct virtio_console console = { .device = &device };
	size_t text_size = read_u8(&input) * 8u;
	u32 slot;

	if (!create_queues(&console)) {
		while (virtqueue_free_slot(&console.receive, &slot))
			offer_buffer(&console, slot);
		virtqueue_notify(&console.receive);
		write(&console.console, text, text_size);
		for (u32 i = 0; i < KEYS; i++)
			CHECK(read(&console.console) <= UINT8_MAX);
		flush(&console.console);
	}
	release_queues(&device);
	return 0;
}
