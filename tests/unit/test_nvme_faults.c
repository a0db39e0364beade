/* SPDX-License-Identifier: Apache-2.0 */
/* NVMe controllers that fail, lie, or do not answer. */
#include "tests/unit/test.h"

#include "tests/unit/nvme.h"

static struct nvme_controller *controller_of(struct block_device *disk)
{
	return container_of(disk, struct nvme_namespace, disk)->controller;
}

TEST(failed_command_is_tried_again)
{
	static const struct {
		enum fake_nvme_lie lie;
		enum status status;
		u32 commands;
	} cases[] = {
		{ FAKE_NVME_ERROR_ONCE, OK, 2 },
		{ FAKE_NVME_ERROR, ERR_IO, 3 },
		{ FAKE_NVME_ERROR_FINAL, ERR_IO, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct block_device *disk = start_disk(512);
		u32 before = nvme.queues[1].commands;

		nvme.lie_queue = 1;
		nvme.lie = cases[i].lie;
		CHECK_EQUAL(block_read(disk, 0, 8, buffer), cases[i].status);
		CHECK_EQUAL(nvme.queues[1].commands - before, cases[i].commands);
		nvme.lie = FAKE_NVME_HONEST;
		CHECK_EQUAL(block_read(disk, 0, 8, buffer), OK);
		CHECK(memcmp(buffer, bytes, 8 * 512) == 0);
		CHECK_EQUAL(violations(), 0);
	}
}

TEST(controller_that_completes_unknown_commands)
{
	for (enum fake_nvme_lie lie = FAKE_NVME_WRONG_ID; lie <= FAKE_NVME_WRONG_HEAD; lie++) {
		struct block_device *disk = start_disk(512);
		u32 accesses;

		nvme.lie_queue = 1;
		nvme.lie = lie;
		CHECK_EQUAL(block_read(disk, 0, 8, buffer), ERR_IO);
		CHECK(was_logged("answers what was not asked; no longer used"));
		CHECK_EQUAL(nvme.status, 0);
		accesses = nvme.accesses;
		nvme.lie = FAKE_NVME_HONEST;
		CHECK_EQUAL(block_read(disk, 0, 8, buffer), ERR_IO);
		CHECK_EQUAL(nvme.accesses, accesses);
	}
}

TEST(controller_that_fails)
{
	struct block_device *disk = start_disk(512);
	u64 before = host_ticks;

	nvme.lie_queue = 1;
	nvme.lie = FAKE_NVME_FATAL;
	CHECK_EQUAL(block_read(disk, 0, 8, buffer), ERR_IO);
	CHECK(was_logged("reports a fatal error"));
	CHECK_EQUAL(nvme.status, 0);
	CHECK(host_ticks - before < HOST_TICKS_PER_SECOND);

	disk = start_disk(512);
	before = host_ticks;
	nvme.lie_queue = 1;
	nvme.lie = FAKE_NVME_SILENT;
	CHECK_EQUAL(block_read(disk, 0, 8, buffer), ERR_TIMEOUT);
	CHECK(was_logged("no answer in time"));
	CHECK(host_ticks - before < 40ull * HOST_TICKS_PER_SECOND);
	CHECK_EQUAL(nvme.status, 0);
	CHECK_EQUAL(block_read(disk, 0, 8, buffer), ERR_IO);
	CHECK_EQUAL(violations(), 0);
}

/* A limit of 256 KiB per second is not yet a fault. */
TEST(much_data_has_more_time)
{
	struct block_device *disk = start_disk(512);
	u64 before = host_ticks;

	nvme.lie_queue = 1;
	nvme.lie = FAKE_NVME_SILENT;
	CHECK_EQUAL(block_read(disk, 0, NVME_TRANSFER_SIZE_MAX / 512, buffer), ERR_TIMEOUT);
	CHECK(host_ticks - before > 38ull * HOST_TICKS_PER_SECOND);
	CHECK(host_ticks - before < 45ull * HOST_TICKS_PER_SECOND);
}

/* What it may still write to is never used again. */
static void check_kept(enum fake_nvme_lie lie)
{
	struct block_device *disk = start_disk(512);
	u64 page, rings = nvme.admin_submissions;

	nvme.lie_queue = 1;
	nvme.lie = lie;
	nvme.never_stops = true;
	CHECK_EQUAL(memory_allocate(4096, 4096, MEMORY_ANYWHERE, MEMORY_BOOT_DATA, &page), OK);
	CHECK(block_read(disk, 0, 8, (void *)(uintptr_t)page) != OK);
	CHECK(was_logged("does not stop"));
	CHECK(!memory_is_ram(page, 4096));
	for (u32 i = 0; i < NVME_PAGES; i++)
		CHECK(!memory_is_ram(rings + 4096 * i, 4096));
	CHECK_EQUAL(load_le16(function.config + PCI_COMMAND) & PCI_COMMAND_MASTER, 0);
	/* The bounce buffer is replaced. */
	CHECK_EQUAL(block_read(disk, 0, 8, buffer + 1), ERR_IO);
	devices_quiesce();
}

TEST(memory_of_a_controller_that_does_not_stop)
{
	check_kept(FAKE_NVME_SILENT);
	check_kept(FAKE_NVME_FATAL);
	check_kept(FAKE_NVME_WRONG_ID);
	check_kept(FAKE_NVME_GONE);
}

TEST(memory_that_is_only_read_is_not_kept)
{
	struct block_device *disk = start_disk(512);
	u64 page;

	nvme.lie_queue = 1;
	nvme.lie = FAKE_NVME_SILENT;
	nvme.never_stops = true;
	CHECK_EQUAL(memory_allocate(4096, 4096, MEMORY_ANYWHERE, MEMORY_BOOT_DATA, &page), OK);
	memset((void *)(uintptr_t)page, 0, 4096);
	CHECK_EQUAL(block_write(disk, 0, 8, (void *)(uintptr_t)page), ERR_TIMEOUT);
	CHECK(memory_is_ram(page, 4096));
}

TEST(controller_that_does_not_get_ready)
{
	u64 before;

	start();
	fake_nvme_add(&nvme, 1, bytes, 4096, 512);
	nvme.never_ready = true;
	before = host_ticks;
	CHECK(!probe());
	CHECK(was_logged("no longer used"));
	CHECK(host_ticks - before >= HOST_TICKS_PER_SECOND);
	CHECK(host_ticks - before < 3ull * HOST_TICKS_PER_SECOND);
	CHECK_EQUAL(nvme.configuration & 1, 0);

	/* As slow as it says, in half seconds. */
	start();
	fake_nvme_add(&nvme, 1, bytes, 4096, 512);
	nvme.capabilities |= 0xffull << 24;
	nvme.never_ready = true;
	before = host_ticks;
	host_ticks_per_look *= 1000;
	CHECK(!probe());
	host_ticks_per_look /= 1000;
	CHECK(host_ticks - before >= 128ull * HOST_TICKS_PER_SECOND);

	start();
	fake_nvme_add(&nvme, 1, bytes, 4096, 512);
	nvme.fails_to_enable = true;
	before = host_ticks;
	CHECK(!probe());
	CHECK(host_ticks - before < HOST_TICKS_PER_SECOND);
}

TEST(controller_that_does_not_answer)
{
	start();
	nvme.configuration = nvme.status = 1;
	nvme.never_stops = true;
	CHECK(!probe());
	CHECK(was_logged("does not answer a reset"));
	CHECK_EQUAL(load_le16(function.config + PCI_COMMAND) & PCI_COMMAND_MASTER, 0);

	start();
	nvme.is_gone = true;
	CHECK(!probe());

	start();
	nvme.capabilities &= ~(1ull << 37);
	CHECK(!probe());
	CHECK(was_logged("capabilities 0x"));

	start();
	store_le32(function.config + PCI_BAR0, 1);
	CHECK(!probe());
	CHECK(was_logged("no registers of NVMe"));

	start();
	function.bar_sizes[0] = 0x1000;
	CHECK(!probe());
	CHECK(was_logged("no registers of NVMe"));
}

TEST(controller_whose_admin_commands_fail)
{
	for (enum fake_nvme_lie lie = FAKE_NVME_ERROR; lie <= FAKE_NVME_GONE; lie++) {
		start();
		fake_nvme_add(&nvme, 1, bytes, 4096, 512);
		nvme.lie = lie;
		CHECK_EQUAL(!!probe(), lie == FAKE_NVME_ERROR_ONCE);
		devices_quiesce();
		CHECK(nvme.is_gone || nvme.status == 0);
	}
}

TEST(controller_that_is_late_starts_the_others)
{
	struct block_device *disk = start_disk(512);

	nvme.lie_queue = 1;
	nvme.lie = FAKE_NVME_SILENT;
	controller_of(disk)->has_answered = false;
	CHECK(starts_others(disk));
}

TEST(controller_is_disabled_at_the_end)
{
	start_disk(512);
	CHECK_EQUAL(nvme.status, 1);
	devices_quiesce();
	CHECK_EQUAL(nvme.status, 0);
	CHECK_EQUAL(nvme.configuration & 1, 0);
	CHECK_EQUAL(violations(), 0);
}
