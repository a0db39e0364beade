/* SPDX-License-Identifier: Apache-2.0 */
/* drivers/virtio/queue.c: the size of a queue, and the use of all of its slots. */
#include "tests/unit/test.h"

#include "core/memory.h"
#include "drivers/virtio/virtio.h"
#include "lib/span.h"
#include "lib/util.h"
#include "tests/host/host.h"

static u32 size_max, starts, notifications;

static u32 get_queue_size_max(struct virtio_device *device, u16 index)
{
	(void)device;
	CHECK_EQUAL(index, 5);
	return size_max;
}

static enum status start_queue(struct virtio_device *device, struct virtqueue *queue)
{
	(void)device;
	CHECK_EQUAL(queue->index, 5);
	starts++;
	return OK;
}

static void count_notification(struct virtqueue *queue)
{
	CHECK_EQUAL(load_le16((u8 *)(uintptr_t)queue->available_ring + 2), queue->available);
	notifications++;
}

static const struct virtio_transport transport = {
	.queue_size_max = get_queue_size_max,
	.queue_start = start_queue,
	.notify = count_notification,
};
static struct virtio_device device = { .transport = &transport };

static enum status create(u32 allowed, u16 chain_size, u16 slot_count, struct virtqueue *queue)
{
	size_max = allowed;
	starts = 0;
	return virtqueue_create(&device, 5, chain_size, slot_count, queue);
}

TEST(size_is_what_is_needed_and_allowed)
{
	static const struct {
		u32 size_max;
		u16 chain_size, slot_count; /* wanted */
		u16 size, slots;            /* got */
	} cases[] = {
		{ 128, 3, 10, 32, 10 },     { 32, 3, 10, 32, 10 },  { 31, 3, 10, 16, 5 },
		{ 16, 3, 10, 16, 5 },       { 4, 3, 10, 4, 1 },     { UINT32_MAX, 3, 10, 32, 10 },
		{ 128, 1, 1, 8, 1 },        { 2, 1, 4, 2, 2 },      { 1, 1, 1, 1, 1 },
		{ 128, 1, 9, 16, 9 },       { 128, 1, 32, 32, 32 }, { 128, 1, 100, 32, 32 },
		{ 1024, 3, 60000, 32, 10 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct virtqueue queue;

		CHECK_EQUAL(create(cases[i].size_max, cases[i].chain_size, cases[i].slot_count,
				   &queue),
			    OK);
		CHECK_EQUAL(starts, 1);
		CHECK_OF(queue.size == cases[i].size, "case %zu: %u", i, queue.size);
		CHECK_OF(queue.slot_count == cases[i].slots, "case %zu: %u", i, queue.slot_count);
		CHECK_EQUAL(memory_free(queue.descriptor_ring, PAGE_SIZE), OK);
	}
}

TEST(size_without_room_for_a_chain_is_refused)
{
	static const u32 sizes[] = { 0, 1, 2, 3 };
	struct virtqueue queue;
	u64 before = memory_free_size();

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		CHECK_EQUAL(create(sizes[i], 3, 10, &queue), ERR_UNSUPPORTED);
		CHECK_EQUAL(starts, 0);
	}
	CHECK_EQUAL(create(0, 1, 1, &queue), ERR_UNSUPPORTED);
	CHECK_EQUAL(memory_free_size(), before);
}

TEST(queue_without_memory_is_refused)
{
	struct virtqueue queue;

	host_allocations_left = 0;
	CHECK_EQUAL(create(128, 3, 10, &queue), ERR_NO_MEMORY);
	CHECK_EQUAL(starts, 0);
	host_allocations_left = UINT64_MAX;
}

TEST(all_slots_can_be_used)
{
	struct virtqueue_buffer buffer = { &size_max, 300, true };
	struct virtqueue queue;
	u32 slot, written;

	CHECK_EQUAL(create(128, 1, 32, &queue), OK);
	for (u32 i = 0; i < 32; i++) {
		CHECK(virtqueue_free_slot(&queue, &slot));
		CHECK_EQUAL(slot, i);
		virtqueue_add(&queue, slot, &buffer, 1);
	}
	CHECK(!virtqueue_free_slot(&queue, &slot));
	virtqueue_notify(&queue);
	CHECK_EQUAL(notifications, 1);
	CHECK_EQUAL(virtqueue_take(&queue, &slot, &written), ERR_NOT_FOUND);
	for (u32 i = 0; i < 32; i++) {
		u8 *used = (u8 *)(uintptr_t)queue.used_ring;

		store_le32(used + 4 + 8 * i, 31 - i);
		store_le32(used + 8 + 8 * i, 300 - i);
		store_le16(used + 2, (u16)(i + 1));
		CHECK_EQUAL(virtqueue_take(&queue, &slot, &written), OK);
		CHECK_EQUAL(slot, 31 - i);
		CHECK_EQUAL(written, 300 - i);
		CHECK_EQUAL(virtqueue_take(&queue, &slot, &written), ERR_NOT_FOUND);
	}
	CHECK(virtqueue_free_slot(&queue, &slot));
	CHECK_EQUAL(slot, 0);
	CHECK_EQUAL(memory_free(queue.descriptor_ring, PAGE_SIZE), OK);
}
