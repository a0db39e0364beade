/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The split virtqueue (Virtual I/O Device 1.2, 2.7), polled. The device can write to all of the
 * queue's memory, so our own state is kept elsewhere, and each value in the used ring is read once
 * and checked.
 *
 *	descriptor ring	size * 16 bytes	address u64, size u32, flags u16, next u16
 *	available ring	4 + size * 2	flags u16, count u16, heads u16
 *	used ring	4 + size * 8	flags u16, count u16, { head u32, written u32 }
 */
#include <asm/cpu.h>

#include "core/arch.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/time.h"
#include "drivers/virtio/virtio.h"
#include "lib/util.h"

enum {
	DESCRIPTOR_NEXT = 1,
	DESCRIPTOR_DEVICE_WRITES = 2,
	AVAILABLE_NO_INTERRUPT = 1,
	SIZE_MIN = 8,
	SPACE_OFFSET = 2048, /* after the descriptors and the available ring */
	USED_OFFSET = 1024,
	USED_OFFSET_LEGACY = 4096, /* where version 1 expects it */
	IDLE_POLLS = 256,
};

struct descriptor {
	u64 address;
	u32 size;
	u16 flags;
	u16 next;
};

struct available_ring {
	u16 flags;
	u16 count;
	u16 heads[];
};

struct used_ring {
	u16 flags;
	u16 count;
	struct {
		u32 head;
		u32 written;
	} chains[];
};

static_assert(VIRTQUEUE_SIZE_MAX * sizeof(struct descriptor) + 6 + VIRTQUEUE_SIZE_MAX * 2 <=
	      USED_OFFSET);
static_assert(USED_OFFSET + 6 + VIRTQUEUE_SIZE_MAX * 8 <= SPACE_OFFSET);
static_assert(SPACE_OFFSET + VIRTQUEUE_SPACE_SIZE <= PAGE_SIZE);

static volatile struct descriptor *descriptors(const struct virtqueue *queue)
{
	return (volatile struct descriptor *)(uintptr_t)queue->descriptor_ring;
}

static volatile struct available_ring *available_ring(const struct virtqueue *queue)
{
	return (volatile struct available_ring *)(uintptr_t)queue->available_ring;
}

static volatile struct used_ring *used_ring(const struct virtqueue *queue)
{
	return (volatile struct used_ring *)(uintptr_t)queue->used_ring;
}

/*
 * Returns a power of two: as many descriptors as needed, but not unusually few, and no more than
 * the device allows.
 */
static u16 choose_size(u32 size_max, u32 size_needed)
{
	u32 size = 1;

	while (size < max_u64(size_needed, SIZE_MIN) && size < VIRTQUEUE_SIZE_MAX &&
	       size * 2 <= size_max)
		size *= 2;
	return (u16)size;
}

enum status virtqueue_create(struct virtio_device *device, u16 index, u16 chain_size,
			     u16 slot_count, struct virtqueue *queue)
{
	u32 size_max = device->transport->queue_size_max(device, index);
	u64 used_offset = virtio_is_legacy(device) ? USED_OFFSET_LEGACY : USED_OFFSET;
	u64 memory_size = virtio_is_legacy(device) ? 2 * PAGE_SIZE : PAGE_SIZE;
	enum status status;
	u64 memory;
	u16 size;

	size = choose_size(size_max, (u32)chain_size * slot_count);
	if (min_u64(size, size_max) < chain_size)
		return unsupported("%s: queue %u has %u descriptors, a request needs %u",
				   device->device.name, index, size_max, chain_size);

	/* Version 1 uses a page number of 32 bits, which covers 16 TiB. */
	status = memory_allocate(memory_size, PAGE_SIZE,
				 virtio_is_legacy(device) ? (u64)UINT32_MAX * PAGE_SIZE :
							    MEMORY_ANYWHERE,
				 MEMORY_BOOT_DATA, &memory);
	if (status)
		return status;
	memset((void *)(uintptr_t)memory, 0, memory_size);

	*queue = (struct virtqueue){
		.device = device,
		.index = index,
		.size = size,
		.chain_size = chain_size,
		.slot_count = (u16)min_u64(slot_count, size / chain_size),
		.descriptor_ring = memory,
		.available_ring = memory + size * sizeof(struct descriptor),
		.used_ring = memory + used_offset,
		.space = (void *)(uintptr_t)(memory + SPACE_OFFSET),
	};
	queue->next = device->queues;
	device->queues = queue;
	available_ring(queue)->flags = AVAILABLE_NO_INTERRUPT;
	return device->transport->queue_start(device, queue);
}

bool virtqueue_free_slot(const struct virtqueue *queue, u32 *slot)
{
	u32 all = (u32)((1ull << queue->slot_count) - 1);
	u32 idle = all & ~queue->busy;

	if (idle == 0)
		return false;
	*slot = (u32)__builtin_ctz(idle);
	return true;
}

void virtqueue_add(struct virtqueue *queue, u32 slot, const struct virtqueue_buffer *buffers,
		   u32 count)
{
	u16 head = (u16)(slot * queue->chain_size);
	u32 writable_size = 0;

	for (u32 i = 0; i < count; i++) {
		volatile struct descriptor *descriptor = &descriptors(queue)[head + i];

		descriptor->address = (uintptr_t)buffers[i].data;
		descriptor->size = buffers[i].size;
		descriptor->flags =
			(u16)((i + 1 < count ? DESCRIPTOR_NEXT : 0) |
			      (buffers[i].device_writes ? DESCRIPTOR_DEVICE_WRITES : 0));
		descriptor->next = (u16)(head + i + 1);
		if (buffers[i].device_writes &&
		    (writable_size == 0 ||
		     (IS_ENABLED(CONFIG_VIRTIO_SCSI) && buffers[i].size > writable_size)))
			queue->writable_base[slot] = (uintptr_t)buffers[i].data;
		if (buffers[i].device_writes)
			writable_size += buffers[i].size;
	}
	queue->writable_size[slot] = writable_size;
	queue->busy |= 1u << slot;
	available_ring(queue)->heads[queue->available & (queue->size - 1)] = head;
	queue->available++;
}

static u64 memory_size(const struct virtqueue *queue)
{
	return virtio_is_legacy(queue->device) ? 2 * PAGE_SIZE : PAGE_SIZE;
}

void virtqueue_release(struct virtqueue *queue)
{
	queue->device->queues = queue->next;
	if (memory_free(queue->descriptor_ring, memory_size(queue)))
		log_warning("%s: memory of its queue is lost", queue->device->device.name);
}

void virtqueue_abandon(const struct virtqueue *queue)
{
	for (u32 slot = 0; slot < queue->slot_count; slot++)
		if (queue->busy & 1u << slot && queue->writable_size[slot])
			device_keep_memory(queue->writable_base[slot], queue->writable_size[slot]);
	device_keep_memory(queue->descriptor_ring, memory_size(queue));
}

void virtqueue_notify(struct virtqueue *queue)
{
	memory_barrier_write();
	available_ring(queue)->count = queue->available;
	memory_barrier_full();
	queue->device->transport->notify(queue);
}

static enum status nonsense(struct virtqueue *queue, const char *why)
{
	virtio_fail(queue->device, why);
	return ERR_IO;
}

/*
 * Not __builtin_popcount(): for a processor without the instruction, gcc calls a function of
 * libgcc.
 */
static u32 count_bits(u32 bits)
{
	u32 count = 0;

	for (; bits; bits &= bits - 1)
		count++;
	return count;
}

enum status virtqueue_take(struct virtqueue *queue, u32 *slot, u32 *written)
{
	if (queue->device->failed)
		return ERR_IO;

	u16 done = (u16)(used_ring(queue)->count - queue->used);

	if (done == 0)
		return ERR_NOT_FOUND;
	if (done > count_bits(queue->busy))
		return nonsense(queue, "more completions than requests");
	memory_barrier_read();

	u32 head = used_ring(queue)->chains[queue->used & (queue->size - 1)].head;
	u32 size = used_ring(queue)->chains[queue->used & (queue->size - 1)].written;
	u32 index = head / queue->chain_size;

	if (head % queue->chain_size != 0 || index >= queue->slot_count ||
	    !(queue->busy & 1u << index))
		return nonsense(queue, "completed an unknown request");
	queue->used++;
	queue->busy &= ~(1u << index);
	*slot = index;
	/* Some devices report a wrong number; Linux had to remove its check, too. */
	*written = (u32)min_u64(size, queue->writable_size[index]);
	return OK;
}

/*
 * Polls for a while until the device has done something, in as few instructions as possible. Not
 * inlined: scripts/bench_count.py tells waiting from work by the function.
 */
[[gnu::noinline]] static void virtqueue_idle(const struct virtqueue *queue)
{
	for (u32 polls = 0; polls < IDLE_POLLS && used_ring(queue)->count == queue->used; polls++)
		arch_relax();
}

enum status virtqueue_wait(struct virtqueue *queue, struct deadline *deadline, u32 *slot,
			   u32 *written)
{
	enum status status;

	while ((status = virtqueue_take(queue, slot, written)) == ERR_NOT_FOUND) {
		virtqueue_idle(queue);
		if (deadline_passed(deadline))
			return ERR_TIMEOUT;
	}
	return status;
}
