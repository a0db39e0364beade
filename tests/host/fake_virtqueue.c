/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device side of the split virtqueue (Virtual I/O Device 1.2, 2.7), and the handling of
 * requests by the devices.
 *
 * Barriers are checked: the driver's writes reach the device in the worst order that the barriers
 * permit. The device sees the available ring's index at once if it polls, and as it was at the
 * last full barrier if it was notified, but descriptors, heads and requests as they were at the
 * last barrier. The driver sees the device's used ring entries only at its own
 * barrier, after the index.
 */
#include <string.h>

#include "drivers/virtio/virtio.h"
#include "lib/span.h"
#include "lib/util.h"
#include "tests/host/fake_machine.h"
#include "tests/host/fake_scsi.h"

enum { NEXT = 1, DEVICE_WRITES = 2 };
enum { CHAIN_MAX = 8 };

struct chain {
	u16 head;
	u32 count;
	struct {
		u8 *data;
		u32 size;
		bool device_writes;
	} parts[CHAIN_MAX];
};

static void read_chain(struct fake_virtio *device, struct fake_queue *queue, u16 head,
		       struct chain *chain)
{
	const u8 *descriptors = queue->published;
	u16 index = head, flags;

	*chain = (struct chain){ .head = head };
	do {
		const u8 *descriptor = descriptors + 16 * index;

		if (index >= queue->size || chain->count == CHAIN_MAX) {
			violation(device, "chain from descriptor %u leads to %u", head, index);
			return;
		}
		flags = load_le16(descriptor + 12);
		chain->parts[chain->count].data = (u8 *)(uintptr_t)load_le64(descriptor);
		chain->parts[chain->count].size = load_le32(descriptor + 8);
		chain->parts[chain->count].device_writes = flags & DEVICE_WRITES;
		chain->count++;
		index = load_le16(descriptor + 14);
	} while (flags & NEXT);
}

/* Returns the bytes written. Accepts only the layout that Firecracker and Alioth accept. */
static u32 do_block_request(struct fake_virtio *device, struct chain *chain)
{
	u32 last = chain->count - 1;
	u32 type, size = 0;
	u64 offset;

	if (chain->count < 2 || chain->count > 3 || chain->parts[0].size != 16 ||
	    chain->parts[0].device_writes || chain->parts[last].size != 1 ||
	    !chain->parts[last].device_writes) {
		violation(device, "request of %u parts, the first of %u bytes, the last of %u",
			  chain->count, chain->parts[0].size, chain->parts[last].size);
		return 0;
	}
	device->requests++;
	type = load_le32(chain->parts[0].data);
	offset = load_le64(chain->parts[0].data + 8) * 512;
	if (type == 4) {
		device->flushes++;
		if (chain->count != 2 || !(device->driver_features & VIRTIO_FEATURE(9)))
			violation(device, "a flush of %u parts, or not negotiated", chain->count);
	} else if (chain->count != 3 || type > 1 || chain->parts[1].device_writes != (type == 0) ||
		   chain->parts[1].size % 512 != 0 || chain->parts[1].size == 0) {
		violation(device, "request of type %u, %u parts", type, chain->count);
	} else {
		size = chain->parts[1].size;
	}
	if (device->lie == FAKE_STATUS_UNWRITTEN)
		return 0;
	if (device->lie == FAKE_STATUS_ERROR ||
	    (device->lie == FAKE_FIRST_ERROR && device->requests == 1) ||
	    offset > device->disk_size || size > device->disk_size - offset) {
		*chain->parts[last].data = 1;
		return 1;
	}
	if (type == 0)
		memcpy(chain->parts[1].data, device->disk + offset, size);
	else if (type == 1)
		memcpy(device->disk + offset, chain->parts[1].data, size);
	device->data_bytes += size;
	if (size > device->largest_request)
		device->largest_request = size;
	*chain->parts[last].data = 0;
	return type == 0 ? size + 1 : 1;
}

static u32 do_console_request(struct fake_virtio *device, u32 queue, struct chain *chain)
{
	if (chain->count != 1 || chain->parts[0].device_writes != (queue == 0)) {
		violation(device, "console buffer of %u parts", chain->count);
		return 0;
	}
	for (u32 i = 0;
	     queue == 1 && i < chain->parts[0].size && device->sent_size + 1 < sizeof(device->sent);
	     i++)
		device->sent[device->sent_size++] = (char)chain->parts[0].data[i];
	return 0;
}

static u32 do_random_request(struct fake_virtio *device, struct chain *chain)
{
	u32 size = chain->parts[0].size;

	device->requests++;
	if (chain->count != 1 || !chain->parts[0].device_writes || size > 64)
		violation(device, "random buffer of %u parts, %u bytes", chain->count, size);
	/* Like QEMU, not everything at once. */
	size = (u32)min_u64(size, 48);
	for (u32 i = 0; i < size; i++)
		chain->parts[0].data[i] = (u8)(i + 1);
	return size;
}

/* Request, data to the device, response, data from the device. */
static u32 do_scsi_request(struct fake_virtio *device, u32 queue, struct chain *chain)
{
	u32 response = chain->count > 1 && !chain->parts[1].device_writes ? 2 : 1;
	u32 sense_size = load_le32(device->config + 20), cdb_size = load_le32(device->config + 24);
	struct fake_scsi_command command = { 0 };

	if (cdb_size == 0) {
		cdb_size = 32;
		sense_size = 96;
	}
	device->requests++;
	if (queue != 2 || chain->count < 2 || chain->count > 3 || response >= chain->count ||
	    (response == 1 && chain->count == 3 && !chain->parts[2].device_writes) ||
	    chain->parts[0].device_writes || chain->parts[0].size != 19 + cdb_size ||
	    !chain->parts[response].device_writes ||
	    chain->parts[response].size != 12 + sense_size) {
		violation(device, "request of %u parts in queue %u", chain->count, queue);
		return 0;
	}
	command.request = chain->parts[0].data;
	command.response = chain->parts[response].data;
	command.sense_size = sense_size;
	if (chain->count == 3) {
		command.data = chain->parts[3 - response].data;
		command.size = chain->parts[3 - response].size;
		command.is_write = response == 2;
	}
	return fake_scsi_execute(device, &command);
}

static u32 do_request(struct fake_virtio *device, u32 queue, struct chain *chain)
{
	switch (device->id) {
	case VIRTIO_ID_SCSI:
		return do_scsi_request(device, queue, chain);
	case VIRTIO_ID_BLOCK:
		return do_block_request(device, chain);
	case VIRTIO_ID_CONSOLE:
		return do_console_request(device, queue, chain);
	default:
		return do_random_request(device, chain);
	}
}

static void push_used(struct fake_queue *queue, u32 head, u32 written)
{
	u8 *used = (u8 *)(uintptr_t)queue->rings[2];
	u16 count = load_le16(used + 2);

	if (queue->unseen_count < FAKE_UNSEEN_MAX) {
		queue->unseen[queue->unseen_count].index = count % queue->size;
		queue->unseen[queue->unseen_count].head = head;
		queue->unseen[queue->unseen_count++].written = written;
	}
	/* Until the entries become visible, these are something else. */
	store_le32(used + 4 + 8 * (count % queue->size), UINT32_MAX);
	store_le32(used + 8 + 8 * (count % queue->size), UINT32_MAX);
	store_le16(used + 2, (u16)(count + 1));
}

static void finish(struct fake_virtio *device, struct fake_queue *queue, u16 head, u32 written)
{
	u8 *used = (u8 *)(uintptr_t)queue->rings[2];

	switch (device->lie) {
	case FAKE_COUNT_JUMPS:
		store_le16(used + 2, (u16)(load_le16(used + 2) + 1024));
		return;
	case FAKE_HEAD_WRONG:
		return push_used(queue, head + 1, written);
	case FAKE_HEAD_HUGE:
		return push_used(queue, 0xfffffffc, written);
	case FAKE_HEAD_IDLE:
		return push_used(queue, head + 27u, written);
	case FAKE_WRITTEN_HUGE:
		return push_used(queue, head, UINT32_MAX);
	case FAKE_WRITTEN_MORE:
		return push_used(queue, head, written + 1);
	case FAKE_WRITTEN_NONE:
		return push_used(queue, head, 0);
	case FAKE_DONE_TWICE:
		push_used(queue, head, written);
		return push_used(queue, head, written);
	default:
		return push_used(queue, head, written);
	}
}

/* A console's receive queue keeps its buffers until fake input arrives, which is never. */
static void run_queue(struct fake_virtio *device, u32 index)
{
	struct fake_queue *queue = &device->queues[index];
	const u8 *available = queue->published + 16 * queue->size;
	u16 heads[128];
	u32 waiting = 0;

	if (!queue->enabled || !(device->status & DRIVER_OK)) {
		violation(device, "queue %u notified in status 0x%x", index, device->status);
		return;
	}
	if (device->on_notify)
		return device->on_notify(device, index);
	if (!(load_le16(available) & 1))
		violation(device, "interrupts are wanted");
	if (device->lie == FAKE_SILENT || device->lie == FAKE_DEAD ||
	    (device->id == VIRTIO_ID_CONSOLE && index == 0))
		return;
	for (; queue->seen != queue->published_count &&
	       waiting < (device->batch ? device->batch : ARRAY_SIZE(heads));
	     queue->seen++)
		heads[waiting++] = load_le16(available + 4 + 2 * (queue->seen % queue->size));
	for (u32 i = 0; i < waiting; i++) {
		u16 head = heads[device->reverse ? waiting - 1 - i : i];
		struct chain chain;
		u32 written;

		read_chain(device, queue, head, &chain);
		written = do_request(device, index, &chain);
		if (written != FAKE_SCSI_NEVER)
			finish(device, queue, head, written);
	}
}

/* Checks what a polling device, which may run at any time, would see in the available ring now. */
static void check_order(struct fake_virtio *device, struct fake_queue *queue)
{
	const u8 *live = (const u8 *)(uintptr_t)queue->rings[0];
	const u8 *live_available = (const u8 *)(uintptr_t)queue->rings[1];
	u32 available = 16u * queue->size;
	u16 count = load_le16(live_available + 2);

	for (u16 i = queue->published_count; i != count; i++) {
		u32 at = 4 + 2 * (i % queue->size);
		u16 head = load_le16(live_available + at);

		if (load_le16(queue->published + available + at) != head || head >= queue->size ||
		    memcmp(queue->published + 16 * head, live + 16 * head, 16) != 0) {
			violation(device, "chain %u is available before it can be seen", i);
			return;
		}
	}
}

static void publish(struct fake_virtio *device, struct fake_queue *queue)
{
	check_order(device, queue);
	memcpy(queue->published, (const u8 *)(uintptr_t)queue->rings[0], 16u * queue->size);
	memcpy(queue->published + 16u * queue->size, (const u8 *)(uintptr_t)queue->rings[1],
	       4 + 2u * queue->size);
}

static void show_used(struct fake_queue *queue)
{
	u8 *used = (u8 *)(uintptr_t)queue->rings[2];

	for (u32 i = 0; i < queue->unseen_count; i++) {
		store_le32(used + 4 + 8 * queue->unseen[i].index, queue->unseen[i].head);
		store_le32(used + 8 + 8 * queue->unseen[i].index, queue->unseen[i].written);
	}
	queue->unseen_count = 0;
}

void fake_virtio_barrier(struct fake_virtio *device, enum host_barrier kind)
{
	for (u32 i = 0; i < FAKE_QUEUE_COUNT; i++) {
		struct fake_queue *queue = &device->queues[i];

		if (!queue->enabled || !(device->status & DRIVER_OK))
			continue;
		if (kind != HOST_BARRIER_READ)
			publish(device, queue);
		if (kind == HOST_BARRIER_FULL)
			queue->published_count =
				load_le16(queue->published + 16u * queue->size + 2);
		if (kind != HOST_BARRIER_WRITE)
			show_used(queue);
	}
}

void fake_virtio_notify(struct fake_virtio *device, u32 size, u32 size_wanted, u64 queue)
{
	device->accesses++;
	device->notifications++;
	if (size != size_wanted || queue >= FAKE_QUEUE_COUNT)
		violation(device, "doorbell of queue %lu, %u bytes", queue, size);
	else
		run_queue(device, (u32)queue);
}
