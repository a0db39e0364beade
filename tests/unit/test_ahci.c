/* SPDX-License-Identifier: Apache-2.0 */
/* SATA disks behind AHCI, correct and faulty; tests/host/fake_ahci.c defines violations. */
#include "tests/unit/test.h"

#include "drivers/ata/ahci.h"
#include "tests/host/fake_ahci.h"
#include "tests/unit/pci_disks.h"

enum { REGISTERS = 0xd0000000u };

static struct fake_ahci ahci;

/* A controller without attached devices. */
static void start(void)
{
	start_machine(0x1f, 0x29228086, 0x010601);
	ahci = (struct fake_ahci){ .capabilities = 1u << 31, .version = 0x10000 };
	function.bar_sizes[5] = 0x2000;
	store_le32(function.config + PCI_BAR0 + 4 * 5, REGISTERS);
	fake_ahci_start(&ahci, REGISTERS);
}

static struct block_device *start_disk(u32 block_size)
{
	start();
	fake_ahci_disk(&ahci, 2, bytes, sizeof(bytes), block_size);
	return probe();
}

static u32 violations(void)
{
	return ahci.violations + machine.violations;
}

TEST(reads_blocks_of_both_sizes)
{
	static const u32 sizes[] = { 512, 4096 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		check_disk(start_disk(sizes[i]), sizes[i]);
		CHECK_EQUAL(ahci.ports[2].largest, ATA_REQUEST_SIZE_MAX);
		CHECK_EQUAL(violations(), 0);
	}
}

/* Each access is a VM exit, so a change that adds accesses must be noticed. */
TEST(accesses_are_few)
{
	struct block_device *disk = start_disk(512);
	u32 opened = ahci.accesses;

	CHECK_EQUAL(opened, 30);
	CHECK_EQUAL(block_read(disk, 0, 1, buffer), OK);
	CHECK_EQUAL(ahci.accesses - opened, 3);
}

TEST(writes_and_flushes)
{
	struct block_device *disk = start_disk(512);
	u32 before = ahci.ports[2].commands;

	memset(buffer, 0x5a, 1024);
	CHECK_EQUAL(block_write(disk, 9, 2, buffer), OK);
	CHECK(memcmp(bytes + 9 * 512, buffer, 1024) == 0);
	CHECK_EQUAL(block_flush(disk), OK);
	CHECK_EQUAL(ahci.ports[2].commands - before, 2);
	CHECK_EQUAL(violations(), 0);
}

TEST(disk_without_the_flush_command_is_not_flushed)
{
	start();
	fake_ahci_disk(&ahci, 0, bytes, sizeof(bytes), 512);
	store_le16(ahci.ports[0].identity + 2 * 83, 0x4000 | 1 << 10);
	struct block_device *disk = probe();
	u32 before = ahci.ports[0].commands;

	CHECK_EQUAL(block_flush(disk), OK);
	CHECK_EQUAL(ahci.ports[0].commands, before);
}

/* The controller accepts even addresses, sometimes only below 4 GiB (here: below the buffer). */
TEST(unreachable_buffers_are_bounced)
{
	struct block_device *disk = start_disk(512);

	CHECK_EQUAL(block_read(disk, 1, 1000, buffer + 1), OK);
	CHECK(memcmp(buffer + 1, bytes + 512, 1000 * 512) == 0);
	CHECK_EQUAL(buffer[0], 0xee);
	CHECK_EQUAL(block_write(disk, 5000, 1000, buffer + 1), OK);
	CHECK(memcmp(bytes + 5000 * 512, buffer + 1, 1000 * 512) == 0);

	start();
	ahci.capabilities = 0;
	ahci.dma_limit = MEMORY_BELOW_4_GIB;
	fake_ahci_disk(&ahci, 0, bytes, sizeof(bytes), 512);
	disk = probe();
	CHECK_EQUAL(disk->address_limit, MEMORY_BELOW_4_GIB);
	CHECK_EQUAL(block_read(disk, 1, 1000, buffer), OK);
	CHECK(memcmp(buffer, bytes + 512, 1000 * 512) == 0);
	CHECK_EQUAL(violations(), 0);
}

TEST(controller_is_not_accessed_before_its_turn)
{
	start();
	fake_ahci_disk(&ahci, 0, bytes, sizeof(bytes), 512);
	pci_probe();
	CHECK_EQUAL(ahci.accesses, 0);
	devices_quiesce();
	CHECK_EQUAL(ahci.accesses, 0);
	last_disk();
	CHECK(ahci.accesses > 0);
}

TEST(disks_come_in_the_order_of_their_ports)
{
	static u8 others[3][8192];
	struct block_device *disk;

	start();
	disk = last_disk();
	fake_ahci_disk(&ahci, 31, others[2], 8192, 512);
	fake_ahci_disk(&ahci, 4, others[1], 4096, 512);
	fake_ahci_disk(&ahci, 0, others[0], 2048, 512);
	ahci.implemented = 0x8000003f;
	pci_probe();
	for (u32 i = 0; i < 3; i++) {
		disk = block_next(disk);
		CHECK_EQUAL(disk->block_count, 4u << i);
		CHECK_EQUAL(disk->address->unit, DEVICE_UNIT_SATA);
		CHECK_EQUAL(disk->address->port, i == 0 ? 0 : i == 1 ? 4 : 31);
	}
	CHECK(!block_next(disk));
	CHECK_EQUAL(violations(), 0);
}

/* There is a single wait for thirty empty ports, and none on QEMU. */
TEST(empty_ports_cost_no_time)
{
	u64 before;

	start();
	ahci.implemented = UINT32_MAX;
	fake_ahci_disk(&ahci, 7, bytes, sizeof(bytes), 512);
	before = host_ticks;
	CHECK(probe());
	CHECK(host_ticks - before < HOST_TICKS_PER_SECOND / 10);

	start();
	store_le32(function.config + PCI_SUBSYSTEM, 0x11001af4);
	ahci.implemented = UINT32_MAX;
	before = host_waits;
	CHECK(!probe());
	CHECK_EQUAL(host_waits, before);
}

TEST(staggered_spin_up)
{
	start();
	ahci.capabilities |= 1 << 27;
	fake_ahci_disk(&ahci, 1, bytes, sizeof(bytes), 512);
	CHECK(probe());
	CHECK_EQUAL(violations(), 0);
}

TEST(bios_is_asked_to_release_the_controller)
{
	start();
	ahci.version = 0x10300;
	ahci.handoff = 1;
	fake_ahci_disk(&ahci, 1, bytes, sizeof(bytes), 512);
	CHECK(probe());
	CHECK_EQUAL(ahci.handoff, 2);
	CHECK(!was_logged("does not release it"));

	start();
	ahci.version = 0x10300;
	ahci.handoff = 0x11;
	ahci.bios_holds = true;
	fake_ahci_disk(&ahci, 1, bytes, sizeof(bytes), 512);
	CHECK(probe());
	CHECK(was_logged("does not release it"));
}

TEST(failed_command_leaves_the_disk_usable)
{
	static const enum fake_ahci_lie lies[] = { FAKE_AHCI_ERROR_ONCE, FAKE_AHCI_STUCK,
						   FAKE_AHCI_ERROR };

	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		struct block_device *disk = start_disk(512);

		ahci.ports[2].lie = lies[i];
		CHECK_EQUAL(block_read(disk, 0, 8, buffer), ERR_IO);
		if (lies[i] == FAKE_AHCI_ERROR)
			CHECK_EQUAL(block_read(disk, 0, 8, buffer), ERR_IO);
		ahci.ports[2].lie = FAKE_AHCI_HONEST;
		CHECK_EQUAL(block_read(disk, 0, 8, buffer), OK);
		CHECK(memcmp(buffer, bytes, 8 * 512) == 0);
		CHECK_EQUAL(ahci.ports[2].link_resets, lies[i] == FAKE_AHCI_STUCK);
		CHECK_EQUAL(violations(), 0);
	}
}

TEST(byte_counts)
{
	struct block_device *disk = start_disk(512);

	ahci.ports[2].lie = FAKE_AHCI_SHORT;
	CHECK_EQUAL(block_read(disk, 0, 8, buffer), ERR_IO);
	ahci.ports[2].lie = FAKE_AHCI_COUNT_HUGE;
	CHECK_EQUAL(block_read(disk, 0, 8, buffer), OK);
	CHECK_EQUAL(buffer[8 * 512], 0xee);
}

TEST(commands_may_end_without_a_fis)
{
	struct block_device *disk = start_disk(512);

	ahci.ports[2].lie = FAKE_AHCI_NO_FIS;
	CHECK_EQUAL(block_read(disk, 0, 8, buffer), OK);
	CHECK(memcmp(buffer, bytes, 8 * 512) == 0);
}

TEST(disk_that_is_late_starts_the_others)
{
	struct block_device *disk = start_disk(512);

	CHECK_EQUAL(block_read(disk, 0, 8, buffer), OK);
	CHECK_EQUAL(others_started, 0);
	container_of(disk, struct ahci_port, ata.disk)->has_answered = false;
	ahci.ports[2].lie = FAKE_AHCI_SILENT;
	CHECK(starts_others(disk));
}

TEST(silent_disk_is_given_up)
{
	struct block_device *disk = start_disk(512);
	u64 before = host_ticks;
	u32 accesses;

	ahci.ports[2].lie = FAKE_AHCI_SILENT;
	CHECK_EQUAL(block_read(disk, 0, 8, buffer), ERR_TIMEOUT);
	CHECK(host_ticks - before < 40ull * HOST_TICKS_PER_SECOND);
	CHECK_EQUAL(ahci.ports[2].command & 0xc011, 0);
	accesses = ahci.accesses;
	CHECK_EQUAL(block_read(disk, 0, 8, buffer), ERR_IO);
	CHECK_EQUAL(ahci.accesses, accesses);
}

/* A limit of 256 KiB per second is not yet a fault. */
TEST(much_data_has_more_time)
{
	struct block_device *disk = start_disk(512);
	u64 before;

	CHECK_EQUAL(block_read(disk, 0, 8, buffer), OK);
	ahci.ports[2].lie = FAKE_AHCI_SILENT;
	before = host_ticks;
	CHECK_EQUAL(block_read(disk, 0, ATA_REQUEST_SIZE_MAX / 512, buffer), ERR_TIMEOUT);
	CHECK(host_ticks - before > 46ull * HOST_TICKS_PER_SECOND);
	CHECK(host_ticks - before < 55ull * HOST_TICKS_PER_SECOND);
}

TEST(disk_that_is_removed)
{
	struct block_device *disk = start_disk(512);
	u64 before = host_ticks;

	ahci.ports[2].lie = FAKE_AHCI_GONE;
	CHECK_EQUAL(block_read(disk, 0, 8, buffer), ERR_IO);
	CHECK(host_ticks - before < 3ull * HOST_TICKS_PER_SECOND);
	CHECK(was_logged("no longer used"));
	CHECK_EQUAL(violations(), 0);
}

/* A port that does not stop: the controller is reset, which ends DMA. */
TEST(port_that_does_not_stop)
{
	struct block_device *disk = start_disk(512);
	u64 page;

	ahci.ports[2].lie = FAKE_AHCI_NO_STOP;
	CHECK_EQUAL(memory_allocate(4096, 4096, MEMORY_ANYWHERE, MEMORY_BOOT_DATA, &page), OK);
	CHECK_EQUAL(block_read(disk, 0, 8, (void *)(uintptr_t)page), ERR_TIMEOUT);
	CHECK_EQUAL(ahci.resets, 2);
	CHECK(memory_is_ram(page, 4096));
	CHECK_EQUAL(block_read(disk, 0, 8, buffer), ERR_IO);
}

/* If that does not help, either, its memory is never used again. */
static void check_kept(bool is_gone)
{
	struct block_device *disk = start_disk(512);
	u64 page, list = ahci.ports[2].list;

	ahci.ports[2].lie = FAKE_AHCI_NO_STOP;
	ahci.never_reset = true;
	ahci.is_gone = is_gone;
	CHECK_EQUAL(memory_allocate(4096, 4096, MEMORY_ANYWHERE, MEMORY_BOOT_DATA, &page), OK);
	CHECK(block_read(disk, 0, 8, (void *)(uintptr_t)page) != OK);
	CHECK(!memory_is_ram(page, 4096));
	CHECK(!memory_is_ram(list, 4096));
	CHECK_EQUAL(load_le16(function.config + PCI_COMMAND) & PCI_COMMAND_MASTER, 0);
	/* The bounce buffer is replaced. */
	CHECK_EQUAL(block_read(disk, 0, 8, buffer + 1), ERR_IO);
}

TEST(memory_of_a_controller_that_cannot_be_stopped)
{
	check_kept(false);
	check_kept(true);
}

TEST(bounce_buffer_of_a_controller_that_cannot_be_stopped)
{
	struct block_device *disk = start_disk(512);

	ahci.ports[2].lie = FAKE_AHCI_NO_STOP;
	ahci.never_reset = true;
	CHECK_EQUAL(block_read(disk, 0, 8, buffer + 1), ERR_TIMEOUT);
	CHECK_EQUAL(buffer[1], 0xee);
	disk = start_disk(512);
	CHECK_EQUAL(block_read(disk, 0, 8, buffer + 1), OK);
	CHECK(memcmp(buffer + 1, bytes, 8 * 512) == 0);
}

TEST(controller_that_does_not_answer)
{
	start();
	ahci.never_reset = true;
	fake_ahci_disk(&ahci, 1, bytes, sizeof(bytes), 512);
	CHECK(!probe());
	CHECK(was_logged("does not answer a reset"));

	start();
	ahci.is_gone = true;
	CHECK(!probe());

	start();
	store_le32(function.config + PCI_BAR0 + 4 * 5, 1);
	CHECK(!probe());
	CHECK(was_logged("no AHCI registers"));
}

TEST(devices_other_than_disks)
{
	start();
	fake_ahci_disk(&ahci, 1, bytes, sizeof(bytes), 512);
	ahci.ports[1].signature = 0x96690101;
	CHECK(!probe());
	CHECK(was_logged("signature 0x96690101"));

	start();
	fake_ahci_disk(&ahci, 1, bytes, sizeof(bytes), 512);
	ahci.ports[1].lie = FAKE_AHCI_NEVER_READY;
	CHECK(!probe());
	CHECK(was_logged("does not become ready"));
}

TEST(invalid_identities)
{
	static const struct {
		u32 word;
		u16 value;
	} cases[] = {
		{ 49, 0 },  { 83, 0xffff }, { 83, 0x4000 },  { 83, 0 },
		{ 100, 0 }, { 103, 1 },     { 106, 0x5000 }, /* of 0 words */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		start();
		fake_ahci_disk(&ahci, 1, bytes, 512, 512);
		store_le16(ahci.ports[1].identity + 2 * cases[i].word, cases[i].value);
		CHECK_OF(!probe(), "%zu", i);
	}
	start();
	fake_ahci_disk(&ahci, 1, bytes, sizeof(bytes), 4096);
	store_le32(ahci.ports[1].identity + 2 * 117, 0x80000000);
	CHECK(!probe());
	start();
	fake_ahci_disk(&ahci, 1, bytes, sizeof(bytes), 512);
	ahci.ports[1].lie = FAKE_AHCI_SHORT;
	CHECK(!probe());
	CHECK(was_logged("IDENTIFY"));
	start();
	fake_ahci_disk(&ahci, 1, bytes, sizeof(bytes), 512);
	ahci.ports[1].lie = FAKE_AHCI_ERROR;
	CHECK(!probe());
	CHECK(was_logged("IDENTIFY"));
}

TEST(ports_are_stopped_at_the_end)
{
	start_disk(512);
	CHECK(ahci.ports[2].command & 0x8000);
	devices_quiesce();
	CHECK_EQUAL(ahci.ports[2].command & 0xc011, 0);
	CHECK_EQUAL(violations(), 0);
}

static struct block_device *start_cd(void *disc, u64 size)
{
	start();
	fake_ahci_cd(&ahci, 5, disc, size);
	return probe();
}

TEST(reads_a_cd)
{
	check_cd(start_cd(bytes, sizeof(bytes)));
	CHECK_EQUAL(violations(), 0);
}

TEST(empty_drive_is_a_disk_without_blocks)
{
	struct block_device *disk = start_cd(NULL, 0);
	u8 byte;

	CHECK(disk);
	CHECK_EQUAL(disk->block_count, 0);
	CHECK_EQUAL(disk->not_mounted, ERR_NOT_FOUND);
	CHECK_EQUAL(block_read(disk, 0, 1, buffer), ERR_INVALID);
	CHECK_EQUAL(block_read_bytes(disk, 0, 1, &byte), ERR_INVALID);
	CHECK_EQUAL(violations(), 0);
}

TEST(drive_that_becomes_ready)
{
	start();
	fake_ahci_cd(&ahci, 5, bytes, sizeof(bytes));
	ahci.ports[5].becoming = 100;
	CHECK_EQUAL(probe()->block_count, DISK_SIZE / 2048);

	start();
	fake_ahci_cd(&ahci, 5, bytes, sizeof(bytes));
	ahci.ports[5].becoming = UINT32_MAX;
	CHECK(!probe());

	start();
	fake_ahci_cd(&ahci, 5, bytes, sizeof(bytes));
	ahci.ports[5].attentions = UINT32_MAX;
	CHECK(!probe());
	CHECK(was_logged("not ready, sense 0x062900"));
}

TEST(unit_attention_after_a_reset_is_no_error)
{
	struct block_device *disk = start_cd(bytes, sizeof(bytes));

	ahci.ports[5].attentions = 1;
	CHECK_EQUAL(block_read(disk, 0, 4, buffer), OK);
	CHECK(memcmp(buffer, bytes, 8192) == 0);
	ahci.ports[5].attentions = 9;
	CHECK_EQUAL(block_read(disk, 0, 4, buffer), ERR_IO);
	CHECK_EQUAL(block_read(disk, 0, 4, buffer), OK);
	ahci.ports[5].lie = FAKE_AHCI_SHORT;
	CHECK_EQUAL(block_read(disk, 0, 4, buffer), ERR_IO);
	CHECK_EQUAL(violations(), 0);
}
