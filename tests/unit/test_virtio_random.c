/* SPDX-License-Identifier: Apache-2.0 */
/* virtio-rng: partial results are combined, and a device without output is given up. */
#include "tests/unit/test.h"

#include "core/random.h"
#include "tests/unit/machine.h"

static struct fake_virtio device;
static struct fake_function function;
static u8 buffer[200];

static void add_random(enum fake_lie lie)
{
	machine_start_pci();
	host_random_missing = true;
	memset(buffer, 0, sizeof(buffer));
	fake_virtio_init(&device, VIRTIO_ID_RANDOM, VIRTIO_VERSION_1);
	device.lie = lie;
	fake_function_virtio(&machine, &function, 0, 2, &device, MACHINE_BARS);
	pci_probe();
}

TEST(bytes_are_delivered)
{
	add_random(FAKE_HONEST);
	CHECK_EQUAL(random_read(buffer, 130), OK);
	CHECK_EQUAL(buffer[0], 1);
	CHECK_EQUAL(buffer[47], 48);
	CHECK_EQUAL(buffer[48], 1);
	CHECK_EQUAL(buffer[129], 130 - 96);
	CHECK_EQUAL(buffer[130], 0);
	CHECK_EQUAL(device.requests, 3);
	CHECK_EQUAL(device.queues[0].size, 8); /* more than needed, but devices accept it */
	CHECK_EQUAL(random_read(buffer, 48), OK);
	CHECK_EQUAL(device.requests, 4);
	CHECK_EQUAL(device.resets, 0);
	CHECK_EQUAL(device.violations + machine.violations, 0);
}

TEST(unused_source_is_never_touched)
{
	add_random(FAKE_HONEST);
	host_random_missing = false;
	host_random = 0x4141414141414141;
	CHECK_EQUAL(random_read(buffer, 32), OK);
	devices_quiesce();
	CHECK_EQUAL(device.accesses, 0);
}

TEST(source_that_cannot_be_set_up_is_asked_once)
{
	add_random(FAKE_HONEST);
	device.features = 0;
	CHECK_EQUAL(random_read(buffer, 32), ERR_NOT_FOUND);
	CHECK(was_logged("does not offer virtio 1.0"));
	CHECK_EQUAL(device.violations, 0);
	u32 accesses = device.accesses;
	CHECK_EQUAL(random_read(buffer, 32), ERR_NOT_FOUND);
	CHECK_EQUAL(device.accesses, accesses);
}

TEST(silent_source_times_out)
{
	add_random(FAKE_SILENT);
	CHECK_EQUAL(random_read(buffer, 32), ERR_NOT_FOUND);
	CHECK_EQUAL(device.resets, 1);
	u32 accesses = device.accesses;
	CHECK_EQUAL(random_read(buffer, 32), ERR_NOT_FOUND);
	CHECK_EQUAL(device.accesses, accesses);
}

TEST(faulty_source_is_given_up)
{
	add_random(FAKE_HEAD_IDLE);
	CHECK_EQUAL(random_read(buffer, 32), ERR_NOT_FOUND);
	CHECK(was_logged("no longer used"));
}

TEST(source_that_reports_too_many_bytes_is_limited)
{
	add_random(FAKE_WRITTEN_HUGE);
	memset(buffer, 0xee, sizeof(buffer));
	CHECK_EQUAL(random_read(buffer, 32), OK);
	CHECK_EQUAL(buffer[31], 32);
	CHECK_EQUAL(buffer[32], 0xee);
}

TEST(handover_takes_it_away)
{
	add_random(FAKE_HONEST);
	CHECK_EQUAL(random_read(buffer, 8), OK);
	devices_quiesce();
	CHECK_EQUAL(device.resets, 1);
	CHECK_EQUAL(random_read(buffer, 8), ERR_NOT_FOUND);
	CHECK(!was_logged("warning")); /* no source was asked */
}

TEST(source_without_a_queue_is_refused)
{
	add_random(FAKE_HONEST);
	device.queue_size_max[0] = 0;
	CHECK_EQUAL(random_read(buffer, 8), ERR_NOT_FOUND);
	CHECK(was_logged("its queue cannot be set up"));
	CHECK_EQUAL(device.resets, 1);
	CHECK_EQUAL(device.violations, 0);
}

static u32 part_size;

static void deliver_part(struct fake_virtio *it, u32 index)
{
	u8 *used = (u8 *)(uintptr_t)it->queues[index].rings[2];
	u16 count = load_le16(used + 2);

	store_le32(used + 4 + 8 * (count % it->queues[index].size), 0);
	store_le32(used + 8 + 8 * (count % it->queues[index].size), part_size);
	store_le16(used + 2, (u16)(count + 1));
}

TEST(source_with_short_answers_is_asked_again_with_a_limit)
{
	static const struct {
		u32 part_size, size;
		enum status status;
		u32 requests;
	} cases[] = {
		{ 0, 1, ERR_NOT_FOUND, 1 },    { 1, 16, OK, 16 }, { 1, 17, ERR_NOT_FOUND, 16 },
		{ 1, 63, ERR_NOT_FOUND, 16 },  { 2, 64, OK, 32 }, { 1, 64, ERR_NOT_FOUND, 32 },
		{ 1, 128, ERR_NOT_FOUND, 48 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		add_random(FAKE_HONEST);
		device.on_notify = deliver_part;
		part_size = cases[i].part_size;
		CHECK_OF(random_read(buffer, cases[i].size) == cases[i].status, "case %zu", i);
		CHECK_OF(device.notifications == cases[i].requests, "case %zu: %u", i,
			 device.notifications);
	}
}

TEST(queue_of_one_is_enough)
{
	add_random(FAKE_HONEST);
	device.queue_size_max[0] = 1;
	CHECK_EQUAL(random_read(buffer, 200), OK);
	CHECK_EQUAL(device.queues[0].size, 1);
	CHECK_EQUAL(device.violations, 0);
}

/* Must be the last test: this memory is not freed. */
TEST(device_without_memory_is_left_out)
{
	host_allocations_left = 0;
	CHECK(!virtio_allocate(1000000));
	while (virtio_allocate(16))
		;
	add_random(FAKE_HONEST);
	CHECK(was_logged("virtio: no memory for a device"));
	CHECK_EQUAL(virtio_random_driver.probe(&(struct virtio_device){ 0 }), ERR_NO_MEMORY);
	CHECK_EQUAL(virtio_block_driver.probe(&(struct virtio_device){ 0 }), ERR_NO_MEMORY);
	CHECK_EQUAL(random_read(buffer, 8), ERR_NOT_FOUND);
	CHECK_EQUAL(device.accesses, 0);
	host_allocations_left = UINT64_MAX;
}
