/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio-rng as a source of random bytes (Virtual I/O Device 1.2, 5.4): one buffer, which the
 * device fills partly or completely.
 */
#include "core/random.h"
#include "core/time.h"
#include "drivers/virtio/virtio.h"
#include "lib/string.h"
#include "lib/util.h"

enum {
	BUFFER_SIZE = 64,
	READS_MAX = 16,    /* for one buffer: a device may return one byte at a time */
	TIMEOUT_MS = 1000, /* the host's own source may be slow; the boot does not wait for it */
};

struct virtio_random {
	struct random_source source;
	struct virtio_device *device;
	struct virtqueue queue;
};

/* Called when it is needed, so that it costs no VM exit if the processor has random numbers. */
static enum status start(struct virtio_random *random)
{
	enum status status;

	if (random->device->failed)
		return ERR_IO;
	if (random->device->ready)
		return OK;
	status = virtio_begin(random->device, 0);
	if (status) {
		random->device->failed = true;
		return status;
	}
	status = virtqueue_create(random->device, 0, 1, 1, &random->queue);
	if (status) {
		virtio_fail(random->device, "its queue cannot be set up");
		return status;
	}
	virtio_ready(random->device);
	return OK;
}

static enum status read_part(struct virtio_random *random, u8 *to, u32 size, u32 *delivered)
{
	struct virtqueue *queue = &random->queue;
	struct virtqueue_buffer buffer = { queue->space, size, true };
	struct deadline deadline = deadline_after(TIMEOUT_MS);
	enum status status;
	u32 slot;

	virtqueue_add(queue, 0, &buffer, 1);
	virtqueue_notify(queue);
	status = virtqueue_wait(queue, &deadline, &slot, delivered);
	if (status == ERR_TIMEOUT)
		virtio_fail(random->device, "no answer in time");
	if (status)
		return status;
	if (*delivered == 0)
		return ERR_IO;
	memcpy(to, queue->space, *delivered);
	return OK;
}

static enum status read_random(struct random_source *source, void *buffer, size_t size)
{
	struct virtio_random *random = container_of(source, struct virtio_random, source);
	u64 reads_left = READS_MAX * (size / BUFFER_SIZE + 1);
	enum status status = start(random);
	u8 *to = buffer;
	u32 delivered;

	for (; !status && size; to += delivered, size -= delivered) {
		if (reads_left-- == 0)
			return ERR_IO;
		status = read_part(random, to, (u32)min_u64(size, BUFFER_SIZE), &delivered);
		if (status)
			return status;
	}
	return status;
}

static void stop(struct virtio_device *device)
{
	struct virtio_random *random = device->driver;

	random_unregister(&random->source);
}

static enum status probe(struct virtio_device *device)
{
	struct virtio_random *random = virtio_allocate(sizeof(*random));

	if (!random)
		return ERR_NO_MEMORY;
	random->device = device;
	random->source = (struct random_source){ .name = device->device.name, .read = read_random };
	device->driver = random;
	device->stopping = stop;
	random_register(&random->source);
	return OK;
}

const struct virtio_driver virtio_random_driver = {
	.name = "virtio-rng",
	.id = VIRTIO_ID_RANDOM,
	.probe = probe,
};
