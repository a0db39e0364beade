/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drivers/virtio/virtio.c: a device from feature negotiation to reset, tested with a disk;
 * tests/host/fake_virtio.c defines violations.
 */
#include "tests/unit/test.h"

#include "tests/unit/machine.h"

static u8 bytes[65536], buffer[512];
static struct fake_virtio device;
static struct fake_function function;

static struct block_device *probe(void)
{
	return machine_probe_disk(&function, &device);
}

static struct block_device *start(u64 features)
{
	machine_start_pci();
	fake_virtio_disk(&device, bytes, sizeof(bytes), features);
	return probe();
}

TEST(refused_features_are_reported)
{
	machine_start_pci();
	fake_virtio_disk(&device, bytes, sizeof(bytes), 0);
	device.lie = FAKE_FEATURES_REFUSED;
	CHECK(!probe());
	CHECK(was_logged("does not work with features"));
}

TEST(device_without_version_1_is_refused)
{
	machine_start_pci();
	fake_virtio_disk(&device, bytes, sizeof(bytes), 0);
	device.features = 0;
	CHECK(!probe());
	CHECK(was_logged("virtio 1.0"));
}

TEST(features_of_the_platform_are_accepted)
{
	struct block_device *disk =
		start(VIRTIO_ACCESS_PLATFORM | VIRTIO_FEATURE(28) | VIRTIO_FEATURE(29) |
		      VIRTIO_FEATURE(34) | VIRTIO_ORDER_PLATFORM | VIRTIO_FEATURE(12));

	CHECK(disk);
	CHECK_EQUAL(device.driver_features,
		    VIRTIO_VERSION_1 | VIRTIO_ACCESS_PLATFORM | VIRTIO_ORDER_PLATFORM);
}

/* SeaBIOS leaves its disk in use. */
TEST(used_device_is_reset_first)
{
	machine_start_pci();
	fake_virtio_disk(&device, bytes, sizeof(bytes), 0);
	device.status = 15;
	CHECK_EQUAL(block_read(probe(), 0, 1, buffer), OK);
	CHECK_EQUAL(device.resets, 1);
	CHECK_EQUAL(device.violations, 0);
}

static u32 reset_polls;

/* The old status is returned until it was read often enough. */
static void reset_slowly(struct fake_virtio *it, u64 *value)
{
	if (it->resets == 0 || it->status != 0 || reset_polls == 0)
		return;
	reset_polls--;
	*value = 15;
}

TEST(reset_is_waited_for)
{
	machine_start_pci();
	fake_virtio_disk(&device, bytes, sizeof(bytes), 0);
	device.status = 15;
	device.on_read = reset_slowly;
	reset_polls = 3000;
	CHECK_EQUAL(block_read(probe(), 0, 1, buffer), OK);
	CHECK_EQUAL(reset_polls, 0);
	CHECK_EQUAL(device.resets, 1);
	CHECK_EQUAL(device.violations, 0);
}

TEST(reset_that_never_ends_is_reported)
{
	struct block_device *disk;
	u64 before = host_ticks;

	machine_start_pci();
	fake_virtio_disk(&device, bytes, sizeof(bytes), 0);
	device.status = 15;
	device.on_read = reset_slowly;
	reset_polls = UINT32_MAX;
	CHECK(!probe());
	CHECK(was_logged("warning: virtio-blk 00:03.0: does not answer a reset"));
	CHECK(!was_logged("does not offer"));
	CHECK_EQUAL(device.resets, 1);
	CHECK((host_ticks - before) / HOST_TICKS_PER_SECOND >= 2);
	CHECK((host_ticks - before) / HOST_TICKS_PER_SECOND < 3);

	disk = start(0);
	device.lie = FAKE_HEAD_HUGE;
	device.on_read = reset_slowly;
	CHECK_EQUAL(block_read(disk, 0, 1, buffer), ERR_IO);
	CHECK(was_logged("error: virtio-blk 00:03.0: does not answer a reset"));
}

TEST(handover_resets_what_was_used)
{
	struct block_device *disk = start(0);

	CHECK_EQUAL(block_read(disk, 0, 1, buffer), OK);
	CHECK_EQUAL(device.resets, 0);
	devices_quiesce();
	CHECK_EQUAL(device.resets, 1);
	CHECK(was_logged("1 requests"));
	CHECK(!was_logged("does not complete its reset"));
	CHECK_EQUAL(device.violations, 0);
}

TEST(handover_leaves_unused_disks_alone)
{
	CHECK(start(0));
	devices_quiesce();
	CHECK_EQUAL(device.resets, 0);
	CHECK(!(device.status & 4));
}

TEST(device_that_does_not_complete_its_reset_is_reported)
{
	static const enum fake_lie lies[] = { FAKE_NO_RESET, FAKE_NO_RESET_PCI };

	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		struct block_device *disk = start(0);

		CHECK_EQUAL(block_read(disk, 0, 1, buffer), OK);
		device.lie = lies[i];
		u32 accesses = device.accesses;
		devices_quiesce();
		CHECK(device.accesses - accesses <= 4);
		CHECK(was_logged("does not complete its reset"));
		CHECK(was_logged("docs/vmm/firecracker.md"));
	}
}
