/* SPDX-License-Identifier: Apache-2.0 */
/* IDE drives and controllers that fail, lie, or do not answer. */
#include "tests/unit/test.h"

#include "tests/unit/ide.h"

static struct ide_drive *drive_of(struct block_device *disk)
{
	return container_of(disk, struct ide_drive, ata.disk);
}

static bool dma_is_enabled(void)
{
	return load_le16(function.config + PCI_COMMAND) & PCI_COMMAND_MASTER;
}

TEST(failed_command_leaves_the_disk_usable)
{
	static const struct {
		enum fake_ide_lie lie;
		u32 resets;
	} cases[] = {
		{ FAKE_IDE_ERROR_ONCE, 0 }, { FAKE_IDE_ERROR, 0 },     { FAKE_IDE_FAULT, 1 },
		{ FAKE_IDE_DMA_ERROR, 1 },  { FAKE_IDE_DMA_SHORT, 0 }, { FAKE_IDE_DMA_NONE, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct block_device *disk = start_disk(512);
		u32 resets = ide.channels[0].resets;

		fake_disk()->lie = cases[i].lie;
		CHECK_EQUAL(block_read(disk, 0, 8, buffer), ERR_IO);
		fake_disk()->lie = FAKE_IDE_HONEST;
		CHECK_EQUAL(block_read(disk, 0, 8, buffer), OK);
		CHECK(memcmp(buffer, bytes, 8 * 512) == 0);
		CHECK_EQUAL(ide.channels[0].resets - resets, cases[i].resets);
		CHECK_EQUAL(violations(), 0);
	}
}

TEST(silent_disk_is_given_up)
{
	static const enum fake_ide_lie lies[] = { FAKE_IDE_SILENT, FAKE_IDE_DMA_SILENT };

	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		struct block_device *disk = start_disk(512);
		u64 before = host_ticks;
		u32 accesses;

		fake_disk()->lie = lies[i];
		CHECK_EQUAL(block_read(disk, 0, 8, buffer), ERR_TIMEOUT);
		CHECK(was_logged("no answer in time; no longer used"));
		CHECK(host_ticks - before < 40ull * HOST_TICKS_PER_SECOND);
		CHECK_EQUAL(ide.channels[0].master_command, 0);
		CHECK_EQUAL(ide.channels[0].resets, 2);
		CHECK(dma_is_enabled());
		accesses = ide.accesses;
		CHECK_EQUAL(block_read(disk, 0, 8, buffer), ERR_IO);
		CHECK_EQUAL(ide.accesses, accesses);
	}
}

/* The other drive of the channel can still be used. */
TEST(silent_disk_next_to_another)
{
	static u8 other[4096];
	struct block_device *disk, *silent;

	start();
	silent = last_disk();
	fake_ide_disk(&ide, 0, 0, other, sizeof(other), 512);
	fake_ide_disk(&ide, 0, 1, bytes, sizeof(bytes), 512);
	pci_probe();
	silent = block_next(silent);
	disk = block_next(silent);
	ide.channels[0].drives[0].lie = FAKE_IDE_SILENT;
	CHECK_EQUAL(block_read(silent, 0, 1, buffer), ERR_TIMEOUT);
	CHECK_EQUAL(block_read(disk, 0, 8, buffer), OK);
	CHECK(memcmp(buffer, bytes, 8 * 512) == 0);
	CHECK_EQUAL(violations(), 0);
}

TEST(disk_that_is_late_starts_the_others)
{
	struct block_device *disk = start_disk(512);

	drive_of(disk)->has_answered = false;
	fake_disk()->lie = FAKE_IDE_SILENT;
	CHECK(starts_others(disk));
}

TEST(disk_that_is_removed)
{
	struct block_device *disk = start_disk(512);
	u64 before = host_ticks;

	fake_disk()->lie = FAKE_IDE_GONE;
	CHECK_EQUAL(block_read(disk, 0, 8, buffer), ERR_TIMEOUT);
	CHECK(host_ticks - before < HOST_TICKS_PER_SECOND);
	CHECK(was_logged("no longer used"));
}

/* A disk that does not come back from its reset may write to memory at any time. */
static void check_kept(bool is_reset, bool is_stopped)
{
	struct block_device *disk = start_disk(512);
	u64 page, table = ide.channels[0].table & ~4095u, before = host_ticks;

	fake_disk()->lie = FAKE_IDE_DMA_SILENT;
	ide.never_reset = !is_reset;
	ide.never_stops = !is_stopped;
	CHECK_EQUAL(memory_allocate(4096, 4096, MEMORY_BELOW_4_GIB, MEMORY_BOOT_DATA, &page), OK);
	CHECK_EQUAL(block_read(disk, 0, 8, (void *)(uintptr_t)page), ERR_TIMEOUT);
	CHECK(was_logged("does not answer a reset"));
	CHECK(host_ticks - before < 80ull * HOST_TICKS_PER_SECOND);
	CHECK(!memory_is_ram(page, 4096));
	CHECK(!memory_is_ram(table, 4096));
	CHECK(!dma_is_enabled());
	/* The bounce buffer is replaced. */
	CHECK_EQUAL(block_read(disk, 0, 8, buffer), ERR_IO);
}

TEST(memory_of_a_controller_that_cannot_be_stopped)
{
	check_kept(false, true);
	check_kept(true, false);
	check_kept(false, false);
}

TEST(memory_that_is_only_read_is_not_kept)
{
	struct block_device *disk = start_disk(512);
	u64 page;

	fake_disk()->lie = FAKE_IDE_DMA_SILENT;
	ide.never_reset = true;
	CHECK_EQUAL(memory_allocate(4096, 4096, MEMORY_BELOW_4_GIB, MEMORY_BOOT_DATA, &page), OK);
	memset((void *)(uintptr_t)page, 0, 4096);
	CHECK_EQUAL(block_write(disk, 0, 8, (void *)(uintptr_t)page), ERR_TIMEOUT);
	CHECK(memory_is_ram(page, 4096));
}

TEST(controller_that_does_not_answer_a_reset)
{
	u64 before = host_ticks;

	start();
	fake_ide_disk(&ide, 0, 0, bytes, sizeof(bytes), 512);
	ide.never_reset = true;
	CHECK(!probe());
	CHECK(was_logged("does not answer a reset"));
	CHECK(!dma_is_enabled());
	CHECK(host_ticks - before < 40ull * HOST_TICKS_PER_SECOND);
}

TEST(invalid_identities)
{
	static const struct {
		u32 word;
		u16 value;
		const char *message;
	} cases[] = {
		{ 49, 0, "a disk without DMA or 48-bit addresses" },
		{ 83, 0xffff, "a disk without DMA or 48-bit addresses" },
		{ 83, 0, "a disk without DMA or 48-bit addresses" },
		{ 100, 0, "0 sectors" },
		{ 103, 1, "sectors of 512 bytes" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		start();
		fake_ide_disk(&ide, 0, 1, bytes, 512, 512);
		store_le16(fake_disk()->identity + 2 * cases[i].word, cases[i].value);
		CHECK_OF(!probe(), "%zu", i);
		CHECK_OF(was_logged(cases[i].message), "%zu", i);
	}
}

TEST(identities_that_are_not_answered)
{
	for (enum fake_ide_lie lie = FAKE_IDE_ERROR; lie <= FAKE_IDE_PIO_NOTHING; lie++) {
		start();
		fake_ide_disk(&ide, 0, 1, bytes, sizeof(bytes), 512);
		fake_disk()->lie = lie;
		(void)probe();
		devices_quiesce();
		CHECK_EQUAL(violations(), 0);
	}
	start();
	fake_ide_disk(&ide, 0, 1, bytes, sizeof(bytes), 512);
	fake_disk()->lie = FAKE_IDE_ERROR;
	CHECK(!probe());
	CHECK(was_logged("IDENTIFY"));
}

/* A drive is asked for little, and whatever it answers, work ends and memory is kept to. */
TEST(answers_of_a_drive_that_lies)
{
	for (enum fake_ide_lie lie = FAKE_IDE_ERROR; lie <= FAKE_IDE_PIO_NOTHING; lie++) {
		struct block_device *disk = start_cd(bytes, sizeof(bytes));
		u8 answer[8 + 1] = { [8] = 0x5a };
		struct scsi_command command = { .cdb = { 0x25 }, .data = answer, .size = 8 };
		struct scsi_unit *unit = &drive_of(disk)->ata.unit;
		u64 before = host_port_accesses;

		fake_cd()->lie = lie;
		(void)!unit->execute(unit, &command);
		CHECK_EQUAL(answer[8], 0x5a);
		CHECK(command.transferred <= 8);
		CHECK(host_port_accesses - before < 40000);
		fake_cd()->lie = FAKE_IDE_HONEST;
		(void)!block_read(disk, 0, 4, buffer);
		CHECK_EQUAL(violations(), 0);
	}
}

/* The deadline is that of the command, not of each block that the drive announces. */
TEST(answer_in_blocks_that_take_long)
{
	u8 answer[8];
	struct scsi_command command = { .cdb = { 0x25 }, .data = answer, .size = sizeof(answer) };
	struct block_device *disk = start_cd(bytes, sizeof(bytes));
	struct scsi_unit *unit = &drive_of(disk)->ata.unit;
	u64 before = host_ticks;

	fake_cd()->lie = FAKE_IDE_PIO_SLOW;
	fake_cd()->block_ms = 9000;
	CHECK_EQUAL(unit->execute(unit, &command), ERR_TIMEOUT);
	CHECK(host_ticks - before < 40ull * HOST_TICKS_PER_SECOND);

	start();
	before = host_ticks;
	fake_ide_disk(&ide, 0, 1, bytes, sizeof(bytes), 512);
	fake_disk()->lie = FAKE_IDE_PIO_SLOW;
	fake_disk()->block_ms = 9000;
	CHECK(!probe());
	CHECK(was_logged("no answer in time"));
	CHECK(host_ticks - before < 20ull * HOST_TICKS_PER_SECOND);
	CHECK_EQUAL(violations(), 0);
}
