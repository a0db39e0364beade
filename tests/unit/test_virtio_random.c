/* SPDX-License-Identifier: Apache-2.0 */
/* virtio-rng: parts are put together, and a device that gives nothing is given up. */
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
	CHECK_EQUAL(device.queues[0].size, 8); /* more than needed, but no device takes it amiss */
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

TEST(lying_source_is_given_up)
{
	add_random(FAKE_WRITTEN_HUGE);
	CHECK_EQUAL(random_read(buffer, 32), ERR_NOT_FOUND);
	CHECK(was_logged("not used any more"));
}

TEST(handover_takes_it_away)
{
	add_random(FAKE_HONEST);
	CHECK_EQUAL(random_read(buffer, 8), OK);
	devices_quiesce();
	CHECK_EQUAL(device.resets, 1);
	CHECK_EQUAL(random_read(buffer, 8), ERR_NOT_FOUND);
}
