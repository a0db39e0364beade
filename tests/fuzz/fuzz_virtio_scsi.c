/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtio-scsi controller and its units that answer anything: its configuration, responses, sense,
 * answers of commands, and the rings. Disks are looked for, opened and read, and what comes of it
 * keeps to its bounds.
 *
 * Input: 1 flags, 2 size of the queue, 4 max_sectors, 1 highest target, then at each notification
 * the device's steps.
 */
#include <stdlib.h>

#include "core/time.h"
#include "drivers/virtio/scsi.c"

/* Its units are allocated there, and released here. */
#include "drivers/virtio/virtio.c"

/* The device is this same thread: what it has not done when it was notified, it never does. */
#define deadline_passed(deadline) ((void)(deadline), true)
#include "drivers/virtio/queue.c"
#undef deadline_passed

#include "tests/fuzz/virtio.h"

enum { NOTIFICATIONS_MAX = 256, BLOCKS = 16, DISKS = 8 };

static struct reader input;
static u32 max_sectors, last_target, notifications;
static u8 buffer[BLOCKS * BLOCK_SIZE_MAX];

static u32 get_features(struct virtio_device *device, u32 word)
{
	(void)device, (void)word;
	return UINT32_MAX;
}

static void put_features(struct virtio_device *device, u32 word, u32 value)
{
	(void)device, (void)word, (void)value;
}

static u32 read_configuration(struct virtio_device *device, u32 offset)
{
	(void)device;
	switch (offset) {
	case CONFIG_MAX_SECTORS:
		return max_sectors;
	case CONFIG_SENSE_SIZE:
		return 96;
	case CONFIG_CDB_SIZE:
		return 32;
	default:
		return last_target << 16;
	}
}

/* Ends the command in this slot; what its request and its response hold may be anything. */
static void complete_slot(u32 slot, bool is_good)
{
	u8 *space = fuzzed->space;
	u8 *request = space + slot * SLOT_SIZE, *response = request + RESPONSE_OFFSET;

	memset(response, 0, RESPONSE_SENSE);
	if (is_good && request[REQUEST_CDB] == 0x12)
		space[SMALL_OFFSET] = read_u8(&input) % 8;
	else if (is_good && request[REQUEST_CDB])
		for (u32 at = 0, left = read_u8(&input) % 40; at < left; at++)
			space[SMALL_OFFSET + at] = read_u8(&input);
	if (!is_good) {
		response[RESPONSE_CODE] = read_u8(&input) % 16;
		response[RESPONSE_STATUS] = read_u8(&input) % 4 ? STATUS_CHECK_CONDITION :
								  read_u8(&input);
		store_le32(response, read_le16(&input));
		store_le32(response + RESPONSE_RESIDUAL, read_le16(&input));
		for (u32 at = 0; at < SCSI_SENSE_SIZE; at++)
			response[RESPONSE_SENSE + at] = read_u8(&input);
	}
	put_completion(fuzzed, slot * fuzzed->chain_size, 0);
}

static void step(u8 kind)
{
	switch (kind % 8) {
	case 0:
	case 1:
		for (u32 slot = 0; slot < fuzzed->slot_count; slot++)
			if (fuzzed->busy & 1u << slot)
				complete_slot(slot, kind % 8 == 0);
		return;
	case 2:
		return complete_slot(read_u8(&input) % fuzzed->slot_count, true);
	case 3:
		return complete_slot(read_u8(&input) % fuzzed->slot_count, false);
	case 4: {
		u32 head = read_le32(&input);

		return put_completion(fuzzed, head, read_le32(&input));
	}
	default:
		return put_damage(fuzzed, kind % 8 - 5, &input);
	}
}

static void on_notify(struct virtqueue *queue)
{
	u8 steps = read_u8(&input) % 8;

	(void)queue;
	if (++notifications > NOTIFICATIONS_MAX || input.overrun)
		return;
	do
		step(read_u8(&input));
	while (steps-- && !input.overrun);
}

static void use(struct block_device *disk)
{
	if (disk->ops->open(disk))
		return;
	if (disk->block_size < BLOCK_SIZE_MIN || disk->block_size > BLOCK_SIZE_MAX ||
	    !is_power_of_two(disk->block_size) || disk->block_count > UINT64_MAX / BLOCK_SIZE_MAX ||
	    disk->transfer_size_max < disk->block_size)
		abort();
	for (u64 count = 1; count <= min_u64(BLOCKS, disk->block_count); count *= 2) {
		enum status status =
			disk->ops->read(disk, disk->block_count - count, count, buffer);

		(void)status;
	}
	if (disk->block_count && !disk->read_only) {
		enum status status = disk->ops->write(disk, 0, 1, buffer);

		(void)status;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const struct virtio_transport transport = {
		.status = get_status,
		.set_status = put_status,
		.features = get_features,
		.set_features = put_features,
		.config_read32 = read_configuration,
		.queue_size_max = get_queue_size_max,
		.queue_start = put_queue,
		.notify = on_notify,
	};
	struct virtio_device device = { .transport = &transport, .device.name = "virtio-scsi" };
	struct controller controller = { .device = &device };
	struct block_device *disk;
	u32 count = 0;

	input = (struct reader){ .rest = span_of(data, size) };
	device.legacy = read_u8(&input) & 1;
	queue_size_limit = read_le16(&input);
	max_sectors = read_le32(&input);
	last_target = read_u8(&input);
	device_status = 0;
	notifications = 0;
	fuzzed = NULL;
	if (open_controller(&controller.disks_to_come) == OK || controller.disk_count > DISKS_MAX)
		abort();
	for (disk = controller.disks_to_come.next; disk; disk = disk->next)
		if (++count <= DISKS)
			use(disk);
	if (count != controller.disk_count || (!device.failed && controller.queue.busy))
		abort();
	if (fuzzed &&
	    memory_free(fuzzed->descriptor_ring, device.legacy ? 2 * PAGE_SIZE : PAGE_SIZE))
		abort();
	arena_release(&device_arena);
	return 0;
}
