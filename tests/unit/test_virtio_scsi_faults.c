/* SPDX-License-Identifier: Apache-2.0 */
/* virtio-scsi controllers and units that fail, lie, or do not answer. */
#include "tests/unit/test.h"

#include "tests/unit/virtio_scsi.h"

TEST(units_that_become_ready)
{
	u64 before;

	start_with_unit(512);
	unit->becoming = 100;
	CHECK(probe());

	/* All together have ten seconds. */
	start();
	for (u32 i = 0; i < 20; i++)
		fake_scsi_add(&scsi, (u8)i, 0, bytes, sizeof(bytes), 512)->becoming = UINT32_MAX;
	fake_scsi_add(&scsi, 20, 0, bytes, sizeof(bytes), 512);
	before = host_ticks;
	probe();
	CHECK_EQUAL(new_disks(), 1);
	CHECK(host_ticks - before < 12 * SECONDS);
	CHECK(was_logged("not ready, sense 0x020401"));
}

TEST(attentions)
{
	struct block_device *disk = start_disk();

	unit->attentions = 8;
	CHECK_EQUAL(block_read(disk, 0, 4, buffer), OK);
	unit->attentions = 9;
	CHECK_EQUAL(block_read(disk, 0, 4, buffer), ERR_IO);
	CHECK_EQUAL(block_read(disk, 0, 4, buffer), OK);
	unit->attentions = 3;
	CHECK_EQUAL(block_write(disk, 0, 4, buffer), OK);
	unit->attentions = 3;
	CHECK_EQUAL(block_flush(disk), OK);
	unit->lie = FAKE_SCSI_ATTENTION;
	u32 before = unit->commands;
	CHECK_EQUAL(block_read(disk, 0, 4, buffer), ERR_IO);
	CHECK_EQUAL(unit->commands - before, 9);
	/* What is read now is another medium. */
	unit->lie = FAKE_SCSI_MEDIUM_CHANGED;
	before = unit->commands;
	CHECK_EQUAL(block_read(disk, 0, 4, buffer), ERR_IO);
	CHECK_EQUAL(unit->commands - before, 1);
	unit->lie = FAKE_SCSI_HONEST;
	CHECK_EQUAL(block_read(disk, 0, 4, buffer), OK);
}

/* A failed command leaves the disk usable, whatever the unit says of it. */
TEST(commands_that_fail)
{
	static const struct {
		enum fake_scsi_lie lie;
		const char *logged;
	} cases[] = {
		{ FAKE_SCSI_SHORT, "read at block 5 failed, sense 0x000000" },
		{ FAKE_SCSI_RESIDUAL_HUGE, "failed, sense 0x000000" },
		{ FAKE_SCSI_SENSE_HUGE, "failed, sense 0x031100" },
		{ FAKE_SCSI_SENSE_NONE, "failed, sense 0x000000" },
		{ FAKE_SCSI_SENSE_ODD, "failed, sense 0x000000" },
		{ FAKE_SCSI_MEDIUM_ERROR, "failed, sense 0x031100" },
		{ FAKE_SCSI_DESCRIPTOR_ERROR, "failed, sense 0x031105" },
		{ FAKE_SCSI_RESPONSE_FAILURE, "failed, sense 0x000000" },
		{ FAKE_SCSI_RESERVED, "failed, sense 0x000000" },
		{ FAKE_SCSI_UNTOUCHED, "failed, sense 0x000000" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct block_device *disk = start_disk();

		unit->lie = cases[i].lie;
		CHECK_OF(block_read(disk, 5, 3, buffer) == ERR_IO, "%zu", i);
		CHECK_OF(was_logged(cases[i].logged), "%zu", i);
		CHECK_OF(block_read(disk, 5, 1, buffer) == ERR_IO, "%zu", i);
		CHECK_EQUAL(buffer[3 * 512], 0xee);
		unit->lie = FAKE_SCSI_HONEST;
		CHECK_EQUAL(block_read(disk, 5, 3, buffer), OK);
		CHECK_EQUAL(violations(), 0);
	}
}

/* The same from any command on, while the disk is looked for and opened. */
TEST(units_that_fail_at_any_step)
{
	for (u32 lie = FAKE_SCSI_SHORT; lie <= FAKE_SCSI_SILENT; lie++) {
		for (u32 after = 0; after < 8; after++) {
			u64 before;

			start_with_unit(512);
			unit->lie = lie;
			unit->lie_after = after;
			fake_scsi_add(&scsi, 1, 0, bytes, 512, 512);
			before = host_ticks;
			probe();
			CHECK_OF(new_disks() >= 1, "%u after %u", lie, after);
			CHECK_EQUAL(last_disk()->block_count, 1);
			CHECK_EQUAL(block_read(last_disk(), 0, 1, buffer), OK);
			CHECK(host_ticks - before < 45 * SECONDS);
			CHECK_EQUAL(violations(), 0);
		}
	}
}

TEST(busy_units)
{
	static const enum fake_scsi_lie lies[] = { FAKE_SCSI_BUSY, FAKE_SCSI_QUEUE_FULL,
						   FAKE_SCSI_RESPONSE_BUSY };

	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		struct block_device *disk = start_disk();
		u64 before = host_ticks;

		unit->busy = 50;
		CHECK_EQUAL(block_read(disk, 0, 3, buffer), OK);
		CHECK(host_ticks - before < 2 * SECONDS);
		unit->lie = lies[i];
		before = host_ticks;
		CHECK_EQUAL(block_read(disk, 0, 3, buffer), ERR_TIMEOUT);
		CHECK(host_ticks - before < 15 * SECONDS);
		before = unit->commands;
		CHECK_EQUAL(block_read(disk, 0, 3, buffer), ERR_IO);
		CHECK_EQUAL(unit->commands, before);
		CHECK_EQUAL(device.resets, 0);
	}
}

/* Its command is taken back by a reset, and the other disks work on; the second time they do not.
 */
TEST(silent_units)
{
	struct block_device *first, *second, *third;
	u64 page;

	start();
	first = last_disk();
	for (u8 i = 0; i < 3; i++)
		fake_scsi_add(&scsi, i, i, bytes, sizeof(bytes), 512);
	CHECK(probe());
	first = block_next(first);
	second = block_next(first);
	third = block_next(second);
	scsi.units[0].lie = scsi.units[1].lie = FAKE_SCSI_SILENT;
	CHECK_EQUAL(memory_allocate(4096, 4096, MEMORY_ANYWHERE, MEMORY_BOOT_DATA, &page), OK);
	CHECK_EQUAL(block_read(first, 0, 8, (void *)(uintptr_t)page), ERR_TIMEOUT);
	CHECK(memory_is_ram(page, 4096));
	CHECK_EQUAL(device.resets, 1);
	CHECK_EQUAL(block_read(first, 0, 8, buffer), ERR_IO);
	scsi.units[2].attentions = 1;
	CHECK_EQUAL(block_read(third, 0, 8, buffer), OK);
	CHECK(memcmp(buffer, bytes, 8 * 512) == 0);
	CHECK_EQUAL(block_read(second, 0, 8, buffer), ERR_TIMEOUT);
	CHECK(was_logged("no longer used"));
	u32 accesses = device.accesses;
	CHECK_EQUAL(block_read(third, 0, 8, buffer), ERR_IO);
	CHECK_EQUAL(device.accesses, accesses);
	CHECK_EQUAL(violations(), 0);
}

/* Neither what it reads to nor its rings are used again. */
TEST(memory_of_a_controller_that_cannot_be_stopped)
{
	for (u32 count = 1; count <= 8; count += 7) {
		struct block_device *disk = start_disk();
		u64 page, rings = device.queues[2].rings[0];

		CHECK_EQUAL(memory_allocate(4096, 4096, MEMORY_ANYWHERE, MEMORY_BOOT_DATA, &page),
			    OK);
		device.lie = FAKE_DEAD;
		CHECK_EQUAL(block_read(disk, 0, count, (void *)(uintptr_t)page), ERR_TIMEOUT);
		CHECK(was_logged("does not answer a reset"));
		CHECK_EQUAL(memory_is_ram(page, 4096), count == 1); /* by a buffer of the queue */
		CHECK(!memory_is_ram(rings, 4096));
		CHECK_EQUAL(load_le16(function.config + PCI_COMMAND) & PCI_COMMAND_MASTER, 0);
		CHECK_EQUAL(block_read(disk, 0, 1, buffer), ERR_IO);
	}
}

/* It can be written to a disk while nobody reads it: not kept, as the device only reads. */
TEST(memory_that_a_dead_controller_only_reads)
{
	struct block_device *disk = start_disk();
	u64 page;

	CHECK_EQUAL(memory_allocate(4096, 4096, MEMORY_ANYWHERE, MEMORY_BOOT_DATA, &page), OK);
	memset((void *)(uintptr_t)page, 1, 4096);
	device.lie = FAKE_DEAD;
	CHECK_EQUAL(block_write(disk, 0, 8, (void *)(uintptr_t)page), ERR_TIMEOUT);
	CHECK(memory_is_ram(page, 4096));
}

TEST(silent_controller)
{
	u64 before;

	start_with_unit(512);
	device.lie = FAKE_SILENT;
	before = host_ticks;
	CHECK(!probe());
	CHECK(host_ticks - before < 45 * SECONDS);
	CHECK(was_logged("no answer in time; it is reset"));
}

/* Each answer comes at the last moment; the search ends. */
static u64 next_answer;

static void do_later(struct fake_virtio *of, u32 queue)
{
	(void)of, (void)queue;
	next_answer = host_ticks + 3 * SECONDS;
}

static void answer_late(void)
{
	if (host_ticks < next_answer)
		return;
	next_answer = UINT64_MAX;
	device.on_notify = NULL;
	fake_virtio_notify(&device, 2, 2, 2);
	device.on_notify = do_later;
}

TEST(slow_controller)
{
	u64 before;

	start_with_unit(512);
	device.on_notify = do_later;
	next_answer = UINT64_MAX;
	host_ticks_per_look = SECONDS / 10;
	host_on_relax = answer_late;
	before = host_ticks;
	CHECK(probe());
	CHECK(host_ticks - before < 60 * SECONDS);
	CHECK(was_logged("it is too slow"));
	host_on_relax = NULL;
}

TEST(nonsense_in_the_ring_fails_the_controller)
{
	static const enum fake_lie lies[] = { FAKE_COUNT_JUMPS, FAKE_HEAD_WRONG, FAKE_HEAD_HUGE,
					      FAKE_HEAD_IDLE };

	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		struct block_device *disk = start_disk();

		device.lie = lies[i];
		CHECK_EQUAL(block_read(disk, 0, 1, buffer), ERR_IO);
		CHECK(was_logged("no longer used"));
		device.lie = FAKE_HONEST;
		CHECK_EQUAL(block_read(disk, 0, 1, buffer), ERR_IO);

		start_with_unit(512);
		device.lie = lies[i];
		CHECK(!probe());
	}
}

TEST(count_of_written_bytes_does_not_matter)
{
	static const enum fake_lie lies[] = { FAKE_WRITTEN_HUGE, FAKE_WRITTEN_MORE,
					      FAKE_WRITTEN_NONE };

	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		struct block_device *disk;

		start_with_unit(512);
		device.lie = lies[i];
		disk = probe();
		CHECK(disk);
		CHECK_EQUAL(block_read(disk, 3, 5, buffer), OK);
		CHECK(memcmp(buffer, bytes + 3 * 512, 5 * 512) == 0);
		CHECK_EQUAL(buffer[5 * 512], 0xee);
	}
}

TEST(controllers_that_cannot_be_driven)
{
	start_with_unit(512);
	device.features = 0;
	CHECK(!probe());
	CHECK(was_logged("does not offer virtio 1.0"));
	start_with_unit(512);
	device.lie = FAKE_FEATURES_REFUSED;
	CHECK(!probe());
}
