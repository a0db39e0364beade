/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio-console, port 0 (Virtual I/O Device 1.2, 5.3): queue 0 receives, queue 1 sends. Without
 * the MULTIPORT feature, there are no other ports.
 */
#include "core/console.h"
#include "core/time.h"
#include "drivers/virtio/virtio.h"
#include "lib/string.h"
#include "lib/util.h"

enum {
	QUEUE_RECEIVE = 0,
	QUEUE_SEND = 1,
	RECEIVE_SLOTS = 4,
	RECEIVE_SIZE = 64, /* of each buffer: people type slowly */
	SEND_SLOTS = 4,
	SEND_SIZE = 512,
	/*
	 * How long to wait for a console that nobody reads. After that, there is no wait until it
	 * returns a buffer.
	 */
	SEND_TIMEOUT_MS = 200,
};

static_assert(RECEIVE_SLOTS * RECEIVE_SIZE <= VIRTQUEUE_SPACE_SIZE);
static_assert(SEND_SLOTS * SEND_SIZE <= VIRTQUEUE_SPACE_SIZE);

struct virtio_console {
	struct console console;
	struct virtio_device *device;
	struct virtqueue receive, send;
	bool stuck; /* the last text sent was not accepted */
	u8 typed[RECEIVE_SIZE];
	u32 typed_next, typed_end;
};

static void offer_buffer(struct virtio_console *console, u32 slot)
{
	struct virtqueue_buffer buffer = { (u8 *)console->receive.space + slot * RECEIVE_SIZE,
					   RECEIVE_SIZE, true };

	virtqueue_add(&console->receive, slot, &buffer, 1);
}

/* Gets the next buffer to send. False if none becomes free in time. */
static bool send_slot(struct virtio_console *console, u32 *slot)
{
	struct deadline deadline = deadline_after(SEND_TIMEOUT_MS);
	enum status status;
	u32 done, written;

	do {
		while (!(status = virtqueue_take(&console->send, &done, &written)))
			console->stuck = false;
		if (status != ERR_NOT_FOUND)
			return false;
		if (virtqueue_free_slot(&console->send, slot))
			return true;
	} while (!console->stuck && !deadline_passed(&deadline));
	console->stuck = true;
	return false;
}

static void write(struct console *base, const char *text, size_t size)
{
	struct virtio_console *console = container_of(base, struct virtio_console, console);
	u32 slot;

	while (size && send_slot(console, &slot)) {
		u32 part = (u32)min_u64(size, SEND_SIZE);
		u8 *space = (u8 *)console->send.space + slot * SEND_SIZE;
		struct virtqueue_buffer buffer = { space, part, false };

		memcpy(space, text, part);
		virtqueue_add(&console->send, slot, &buffer, 1);
		virtqueue_notify(&console->send);
		text += part;
		size -= part;
	}
}

static int read(struct console *base)
{
	struct virtio_console *console = container_of(base, struct virtio_console, console);
	u32 slot, size;

	if (console->typed_next == console->typed_end) {
		if (virtqueue_take(&console->receive, &slot, &size))
			return -1;
		memcpy(console->typed, (u8 *)console->receive.space + slot * RECEIVE_SIZE, size);
		console->typed_next = 0;
		console->typed_end = size;
		offer_buffer(console, slot);
		virtqueue_notify(&console->receive);
	}
	if (console->typed_next == console->typed_end)
		return -1;
	return console->typed[console->typed_next++];
}

/*
 * The last text may still be in flight, and a reset of the device or of the machine would lose it.
 */
static void flush(struct console *base)
{
	struct virtio_console *console = container_of(base, struct virtio_console, console);
	struct deadline deadline = deadline_after(SEND_TIMEOUT_MS);
	u32 slot, written;

	while (console->send.busy && !console->stuck) {
		enum status status = virtqueue_take(&console->send, &slot, &written);

		if (status && (status != ERR_NOT_FOUND || deadline_passed(&deadline)))
			return;
	}
}

static void stop(struct virtio_device *device)
{
	struct virtio_console *console = device->driver;

	flush(&console->console);
	console_unregister(&console->console);
}

static enum status create_queues(struct virtio_console *console)
{
	struct virtio_device *device = console->device;
	enum status status =
		virtqueue_create(device, QUEUE_RECEIVE, 1, RECEIVE_SLOTS, &console->receive);

	if (status)
		return status;
	return virtqueue_create(device, QUEUE_SEND, 1, SEND_SLOTS, &console->send);
}

static enum status probe(struct virtio_device *device)
{
	enum status status = virtio_begin(device, 0);
	struct virtio_console *console;
	u32 slot;

	if (status)
		return status;
	console = virtio_allocate(sizeof(*console));
	if (!console)
		return ERR_NO_MEMORY;
	console->device = device;
	status = create_queues(console);
	if (status) {
		virtio_fail(device, "its queues cannot be set up");
		return status;
	}
	console->console = (struct console){
		.name = device->device.name, .write = write, .read = read, .flush = flush
	};
	device->driver = console;
	device->stopping = stop;
	virtio_ready(device);
	while (virtqueue_free_slot(&console->receive, &slot))
		offer_buffer(console, slot);
	virtqueue_notify(&console->receive);
	console_register(&console->console);
	return OK;
}

const struct virtio_driver virtio_console_driver = {
	.name = "virtio-console",
	.id = VIRTIO_ID_CONSOLE,
	.probe = probe,
};
