/* SPDX-License-Identifier: Apache-2.0 */
/* virtio-blk over PCI, correct and faulty; tests/host/fake_virtio.c defines violations. */
#include "tests/unit/test.h"

#include "tests/host/fake_machine.h"
#include "tests/unit/machine.h"

enum {
	FEATURE_SIZE_MAX = 1 << 1,
	FEATURE_RO = 1 << 5,
	FEATURE_BLK_SIZE = 1 << 6,
	FEATURE_FLUSH = 1 << 9
};
enum { DISK_SIZE = 18 * 1024 * 1024 };

static u8 bytes[DISK_SIZE], buffer[DISK_SIZE];
static struct fake_virtio device;
static struct fake_function function;

static void fill(void)
{
	u32 x = 1;

	for (size_t i = 0; i < sizeof(bytes); i += 4) {
		x = x * 1664525 + 1013904223;
		store_le32(bytes + i, x);
	}
	memset(buffer, 0xee, sizeof(buffer));
}

static struct block_device *probe(void)
{
	return machine_probe_disk(&function, &device);
}

static struct block_device *start(u64 features)
{
	machine_start_pci();
	fill();
	fake_virtio_disk(&device, bytes, sizeof(bytes), features);
	store_le32(device.config + 8, 100000);
	store_le32(device.config + 20, 4096);
	return probe();
}

TEST(reads_one_block)
{
	struct block_device *disk = start(0);

	CHECK(disk);
	CHECK_EQUAL(disk->block_size, 512);
	CHECK_EQUAL(disk->block_count, DISK_SIZE / 512);
	CHECK(!disk->read_only);
	CHECK_EQUAL(block_read(disk, 7, 1, buffer), OK);
	CHECK(memcmp(buffer, bytes + 7 * 512, 512) == 0);
	CHECK_EQUAL(buffer[512], 0xee);
	CHECK_EQUAL(device.requests, 1);
	CHECK_EQUAL(device.violations + machine.violations, 0);
}

/* Each access is a VM exit, so a change that adds accesses must be noticed. */
TEST(accesses_are_few)
{
	struct block_device *disk = start(0);
	u32 idle = device.accesses;

	CHECK_EQUAL(block_read(disk, 0, 1, buffer), OK);
	CHECK_EQUAL(idle, 17);
	CHECK_EQUAL(device.accesses - idle, 13);
	CHECK_EQUAL(machine.config_reads, 32 + 20);
	CHECK_EQUAL(machine.config_writes, 1);
	u32 started = device.accesses;
	CHECK_EQUAL(block_read(disk, 1, 1, buffer), OK);
	CHECK_EQUAL(device.accesses - started, 1);
}

TEST(large_reads_are_few_requests)
{
	struct block_device *disk = start(0);

	CHECK_EQUAL(block_read(disk, 0, DISK_SIZE / 512, buffer), OK);
	CHECK(memcmp(buffer, bytes, DISK_SIZE) == 0);
	CHECK_EQUAL(device.requests, 5);
	CHECK_EQUAL(device.notifications, 4); /* 2 MiB at first, and twice as many each time */
	CHECK_EQUAL(device.violations + machine.violations, 0);
}

/* Not one for each request, though no more than ten fit at a time. */
TEST(many_requests_are_few_notifications)
{
	struct block_device *disk;

	machine_start_pci();
	fill();
	fake_virtio_disk(&device, bytes, sizeof(bytes), FEATURE_SIZE_MAX);
	store_le32(device.config + 8, 256 * 1024);
	disk = probe();
	CHECK_EQUAL(block_read(disk, 0, DISK_SIZE / 512, buffer), OK);
	CHECK_EQUAL(device.requests, 72);
	CHECK_OF(device.notifications <= 20, "%u", device.notifications);
}

TEST(size_max_is_obeyed)
{
	struct block_device *disk = start(FEATURE_SIZE_MAX);

	CHECK_EQUAL(block_read(disk, 1, 8000, buffer), OK);
	CHECK(memcmp(buffer, bytes + 512, 8000 * 512) == 0);
	CHECK_EQUAL(device.largest_request, 100000 / 512 * 512);
	CHECK_EQUAL(device.violations + machine.violations, 0);
}

TEST(requests_may_end_in_any_order)
{
	struct block_device *disk = start(FEATURE_SIZE_MAX);

	device.reverse = true;
	CHECK_EQUAL(block_read(disk, 0, DISK_SIZE / 512, buffer), OK);
	CHECK(memcmp(buffer, bytes, DISK_SIZE) == 0);
}

TEST(rings_wrap)
{
	struct block_device *disk = start(0);

	for (u32 i = 0; i < 70000; i++)
		if (block_read(disk, i % 1000, 1, buffer) ||
		    memcmp(buffer, bytes + i % 1000 * 512, 512) != 0)
			CHECK_EQUAL(i, 70000);
	CHECK_EQUAL(device.requests, 70000);
	CHECK_EQUAL(device.violations, 0);
}

TEST(small_queue_works)
{
	machine_start_pci();
	fill();
	fake_virtio_disk(&device, bytes, sizeof(bytes), FEATURE_SIZE_MAX);
	store_le32(device.config + 8, 4096);
	device.queue_size_max[0] = 4;
	struct block_device *disk = probe();

	CHECK_EQUAL(block_read(disk, 0, 100, buffer), OK);
	CHECK(memcmp(buffer, bytes, 100 * 512) == 0);
	CHECK_EQUAL(device.violations, 0);
}

/* Three descriptors are not a power of two, and two are not enough for a request. */
TEST(queue_of_an_odd_size_is_refused)
{
	struct block_device *disk = start(0);

	device.queue_size_max[0] = 3;
	CHECK_EQUAL(block_read(disk, 7, 1, buffer), ERR_UNSUPPORTED);
	CHECK_EQUAL(device.requests, 0);
}

TEST(queue_too_small_is_refused)
{
	machine_start_pci();
	fake_virtio_disk(&device, bytes, sizeof(bytes), 0);
	device.queue_size_max[0] = 2;
	struct block_device *disk = probe();

	CHECK_EQUAL(block_read(disk, 0, 1, buffer), ERR_UNSUPPORTED);
	CHECK_EQUAL(block_read(disk, 0, 1, buffer), ERR_IO);
	CHECK_EQUAL(device.violations, 0);
}

TEST(blocks_of_4096_bytes)
{
	struct block_device *disk = start(FEATURE_BLK_SIZE);

	CHECK_EQUAL(disk->block_size, 4096);
	CHECK_EQUAL(disk->block_count, DISK_SIZE / 4096);
	CHECK_EQUAL(block_read(disk, 5, 2, buffer), OK);
	CHECK(memcmp(buffer, bytes + 5 * 4096, 8192) == 0);

	disk = start(FEATURE_BLK_SIZE | FEATURE_SIZE_MAX);
	CHECK_EQUAL(block_read(disk, 5, 100, buffer), OK);
	CHECK(memcmp(buffer, bytes + 5 * 4096, 100 * 4096) == 0);
	CHECK_EQUAL(device.largest_request, 100000 / 4096 * 4096);
}

/* Sectors of 512 bytes, in which requests count, always work. */
TEST(block_sizes_out_of_range_are_ignored)
{
	static const u32 sizes[] = { 0, 1, 256, 513, 6000, 8192, UINT32_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct block_device *disk;

		machine_start_pci();
		fill();
		fake_virtio_disk(&device, bytes, sizeof(bytes), FEATURE_BLK_SIZE);
		store_le32(device.config + 20, sizes[i]);
		disk = probe();
		CHECK(disk);
		CHECK_EQUAL(disk->block_size, 512);
		CHECK_EQUAL(disk->block_count, DISK_SIZE / 512);
		CHECK_EQUAL(block_read(disk, 5, 3, buffer), OK);
		CHECK(memcmp(buffer, bytes + 5 * 512, 3 * 512) == 0);
		CHECK(was_logged("using blocks of 512") == (sizes[i] != 0));
	}
}

TEST(capacities_out_of_range_are_refused)
{
	static const u64 capacities[] = { 0, UINT64_MAX, UINT64_MAX / 512 + 1 };

	for (size_t i = 0; i < ARRAY_SIZE(capacities); i++) {
		machine_start_pci();
		fake_virtio_disk(&device, bytes, sizeof(bytes), 0);
		store_le64(device.config, capacities[i]);
		CHECK(!probe());
		CHECK(was_logged("a capacity of"));
	}
}

TEST(disk_smaller_than_its_blocks_is_refused)
{
	machine_start_pci();
	fake_virtio_disk(&device, bytes, 7 * 512, FEATURE_BLK_SIZE);
	store_le32(device.config + 20, 4096);
	CHECK(!probe());
	CHECK(was_logged("a capacity of 7 sectors"));

	machine_start_pci();
	fake_virtio_disk(&device, bytes, 15 * 512, FEATURE_BLK_SIZE);
	store_le32(device.config + 20, 4096);
	CHECK_EQUAL(probe()->block_count, 1);
}

/* 0 means no limit (qemu-storage-daemon's vhost-user-blk); less than a block is invalid. */
TEST(size_max_may_be_anything)
{
	static const struct {
		u32 size_max, block_size, largest;
	} cases[] = {
		{ 0, 512, 4 * 1024 * 1024 },
		{ 1, 512, 512 },
		{ 511, 512, 512 },
		{ 512, 512, 512 },
		{ 1000, 512, 512 },
		{ 4096, 4096, 4096 },
		{ 0, 4096, 4 * 1024 * 1024 },
		{ 512, 4096, 4096 },
		{ 65535, 4096, 61440 },
		{ UINT32_MAX, 512, 4 * 1024 * 1024 },
		{ 0x80000000, 4096, 4 * 1024 * 1024 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct block_device *disk;

		machine_start_pci();
		fill();
		fake_virtio_disk(&device, bytes, sizeof(bytes),
				 FEATURE_SIZE_MAX | FEATURE_BLK_SIZE);
		store_le32(device.config + 8, cases[i].size_max);
		store_le32(device.config + 20, cases[i].block_size);
		disk = probe();
		CHECK(disk);
		CHECK_EQUAL(block_read(disk, 0, DISK_SIZE / cases[i].block_size, buffer), OK);
		CHECK(memcmp(buffer, bytes, DISK_SIZE) == 0);
		CHECK_OF(device.largest_request == cases[i].largest, "%zu: %u", i,
			 device.largest_request);
		CHECK_EQUAL(device.violations + machine.violations, 0);
	}
}

/* The fields of features that we do not negotiate do not matter. */
TEST(fields_of_unused_features_do_not_matter)
{
	static const u8 fills[] = { 0, 1, 0x7f, 0xff };
	const u64 offered = (1ull << 24) - 1; /* all of virtio-blk's own */

	for (size_t i = 0; i < ARRAY_SIZE(fills); i++) {
		struct block_device *disk;

		machine_start_pci();
		fill();
		fake_virtio_disk(&device, bytes, sizeof(bytes), offered);
		memset(device.config + 8, fills[i], sizeof(device.config) - 8);
		disk = probe();
		CHECK(disk);
		CHECK_EQUAL(disk->block_count, DISK_SIZE / 512);
		CHECK_EQUAL(block_read(disk, 9, 4000, buffer), OK);
		CHECK(memcmp(buffer, bytes + 9 * 512, 4000 * 512) == 0);
		CHECK_EQUAL(device.driver_features, VIRTIO_VERSION_1 | FEATURE_SIZE_MAX |
							    FEATURE_RO | FEATURE_BLK_SIZE |
							    FEATURE_FLUSH);
		CHECK_EQUAL(device.violations + machine.violations, 0);
	}
}

TEST(queues_of_any_size_work)
{
	static const u32 sizes[] = {
		4, 5, 7, 8, 16, 31, 33, 64, 100, 127, 1000, 1024, 32768, 65535
	};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct block_device *disk = start(FEATURE_SIZE_MAX);

		device.queue_size_max[0] = sizes[i];
		CHECK_OF(block_read(disk, 0, DISK_SIZE / 512, buffer) == OK, "%u", sizes[i]);
		CHECK(memcmp(buffer, bytes, DISK_SIZE) == 0);
		CHECK_EQUAL(device.violations, 0);
	}
}

TEST(writes_and_flushes)
{
	struct block_device *disk = start(FEATURE_FLUSH);

	memset(buffer, 0x5a, 1024);
	CHECK_EQUAL(block_write(disk, 9, 2, buffer), OK);
	CHECK(memcmp(bytes + 9 * 512, buffer, 1024) == 0);
	CHECK_EQUAL(block_flush(disk), OK);
	CHECK_EQUAL(device.flushes, 1);
	CHECK_EQUAL(block_read(disk, 9, 1, buffer), OK);
	CHECK_EQUAL(device.violations + machine.violations, 0);
}

TEST(flush_is_not_sent_if_it_is_not_offered)
{
	struct block_device *disk = start(0);

	CHECK_EQUAL(block_flush(disk), OK);
	CHECK_EQUAL(device.requests, 0);
}

TEST(read_only_disk_is_not_written)
{
	struct block_device *disk = start(FEATURE_RO);

	CHECK(disk->read_only);
	CHECK_EQUAL(block_write(disk, 0, 1, buffer), ERR_DENIED);
	CHECK_EQUAL(device.requests, 0);
}

TEST(failed_request_leaves_the_disk_usable)
{
	struct block_device *disk = start(0);

	device.lie = FAKE_STATUS_ERROR;
	CHECK_EQUAL(block_read(disk, 0, 30000, buffer), ERR_IO);
	device.lie = FAKE_HONEST;
	CHECK_EQUAL(block_read(disk, 0, 30000, buffer), OK);
	CHECK(memcmp(buffer, bytes, 30000 * 512) == 0);
}

/* Later ones succeed, but no more are sent to the device. */
TEST(one_failed_request_fails_them_all)
{
	struct block_device *disk = start(FEATURE_SIZE_MAX);

	device.lie = FAKE_FIRST_ERROR;
	CHECK_EQUAL(block_read(disk, 0, DISK_SIZE / 512, buffer), ERR_IO);
	CHECK_EQUAL(device.requests, 10);
	CHECK_EQUAL(block_read(disk, 0, DISK_SIZE / 512, buffer), OK);
	CHECK(memcmp(buffer, bytes, DISK_SIZE) == 0);
}

/* A device that never writes the status byte has not reported success. */
TEST(untouched_status_is_a_failure)
{
	struct block_device *disk = start(0);

	device.lie = FAKE_STATUS_UNWRITTEN;
	CHECK_EQUAL(block_read(disk, 0, 1, buffer), ERR_IO);
}

TEST(protocol_violations_disable_the_disk)
{
	static const enum fake_lie lies[] = {
		FAKE_COUNT_JUMPS,
		FAKE_HEAD_WRONG,
		FAKE_HEAD_HUGE,
		FAKE_HEAD_IDLE,
	};

	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		struct block_device *disk = start(0);

		device.lie = lies[i];
		CHECK_EQUAL(block_read(disk, 0, 1, buffer), ERR_IO);
		CHECK_EQUAL(device.resets, 1);
		CHECK(was_logged("no longer used"));
		u32 accesses = device.accesses;
		device.lie = FAKE_HONEST;
		CHECK_EQUAL(block_read(disk, 0, 1, buffer), ERR_IO);
		CHECK_EQUAL(device.accesses, accesses);
	}
}

/* Linux ignores it, too, because vhost devices are known to count incorrectly. */
TEST(count_of_written_bytes_does_not_matter)
{
	static const enum fake_lie lies[] = { FAKE_WRITTEN_HUGE, FAKE_WRITTEN_MORE,
					      FAKE_WRITTEN_NONE };

	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		struct block_device *disk = start(0);

		device.lie = lies[i];
		CHECK_EQUAL(block_read(disk, 3, 5, buffer), OK);
		CHECK(memcmp(buffer, bytes + 3 * 512, 5 * 512) == 0);
		CHECK_EQUAL(buffer[5 * 512], 0xee);
	}
}

TEST(request_completed_twice_fails_the_next)
{
	struct block_device *disk = start(0);

	device.lie = FAKE_DONE_TWICE;
	CHECK_EQUAL(block_read(disk, 0, 1, buffer), ERR_IO);
}

TEST(silent_disk_times_out)
{
	struct block_device *disk = start(0);

	device.lie = FAKE_SILENT;
	CHECK_EQUAL(block_read(disk, 0, 1, buffer), ERR_TIMEOUT);
	CHECK_EQUAL(device.resets, 1);
	CHECK_EQUAL(block_read(disk, 0, 1, buffer), ERR_IO);
}

static u64 answer_at; /* of host_relaxes */

static void answer_late(void)
{
	if (host_relaxes != answer_at)
		return;
	device.lie = FAKE_HONEST;
	fake_virtio_notify(&device, 2, 2, 0);
}

/* Like every real device: late enough that the clock is read. */
TEST(answer_is_waited_for)
{
	static const u64 delays[] = { 1, 255, 256, 257, 1000, 500000 };
	struct block_device *disk = start(0);

	for (size_t i = 0; i < ARRAY_SIZE(delays); i++) {
		device.lie = FAKE_SILENT;
		answer_at = host_relaxes + delays[i];
		host_on_relax = answer_late;
		CHECK_EQUAL(block_read(disk, i, 1, buffer), OK);
		host_on_relax = NULL;
		CHECK(host_relaxes - answer_at <= 1);
		CHECK(memcmp(buffer, bytes + 512 * i, 512) == 0);
	}
	CHECK_EQUAL(device.violations, 0);
}

static u32 config_reads;

/* Grows between the reads of its halves: after the features' status, generation and lower half. */
static void grow(struct fake_virtio *it, u64 *value)
{
	(void)value;
	if (!(it->status & 8) || ++config_reads != 3)
		return;
	store_le64(it->config, 0x300000007);
	it->generation++;
}

TEST(configuration_that_changes_is_read_again)
{
	machine_start_pci();
	fake_virtio_disk(&device, bytes, sizeof(bytes), 0);
	device.on_read = grow;
	config_reads = 0;
	CHECK_EQUAL(probe()->block_count, 0x300000007);
	CHECK_EQUAL(config_reads, 8);
}

TEST(constantly_changing_configuration_does_not_hang)
{
	machine_start_pci();
	fake_virtio_disk(&device, bytes, sizeof(bytes), 0);
	device.lie = FAKE_GENERATION_RUNS;
	CHECK(probe());
}

TEST(other_disks_survive_a_bad_one)
{
	static struct fake_virtio good;
	static struct fake_function other;

	machine_start_pci();
	fill();
	fake_virtio_disk(&good, bytes, sizeof(bytes), 0);
	fake_function_virtio(&machine, &other, 0, 9, &good, MACHINE_BARS - FAKE_BAR_SIZE);
	fake_virtio_disk(&device, bytes, sizeof(bytes), 0);
	device.lie = FAKE_FEATURES_REFUSED;
	struct block_device *disk = probe();

	CHECK(disk);
	CHECK_EQUAL(block_read(disk, 0, 1, buffer), OK);
	CHECK_EQUAL(good.requests, 1);
}
