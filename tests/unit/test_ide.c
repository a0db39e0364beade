/* SPDX-License-Identifier: Apache-2.0 */
/* IDE disks and CD-ROM drives that work; tests/host/fake_ide.c defines violations. */
#include "tests/unit/test.h"

#include "tests/unit/ide.h"

/* Memory that the controller reaches: a buffer of a test is copied. */
static u8 *low_memory(u64 size)
{
	u64 base;

	CHECK_EQUAL(memory_allocate(size, 4096, MEMORY_BELOW_4_GIB, MEMORY_BOOT_DATA, &base), OK);
	return (u8 *)(uintptr_t)base;
}

TEST(reads_blocks_of_both_sizes)
{
	static const u32 sizes[] = { 512, 4096 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		check_disk(start_disk(sizes[i]), sizes[i]);
		CHECK_EQUAL(violations(), 0);
	}
}

/* No entry of the table crosses a multiple of 64 KiB. */
TEST(buffers_at_all_places)
{
	static const u32 offsets[] = { 0, 2, 512, 0xfffe, 0x10000, 0x1fe00 };
	static const u32 counts[] = { 1, 2, 127, 128, 129, 8192 };
	struct block_device *disk = start_disk(512);
	u8 *memory = low_memory(8192 * 512 + 0x20000);

	for (u32 i = 0; i < ARRAY_SIZE(offsets); i++) {
		for (u32 j = 0; j < ARRAY_SIZE(counts); j++) {
			u8 *at = memory + offsets[i];
			u32 size = counts[j] * 512;

			CHECK_EQUAL(block_read(disk, 5, counts[j], at), OK);
			CHECK(memcmp(at, bytes + 5 * 512, size) == 0);
			at[0] ^= 1;
			CHECK_EQUAL(block_write(disk, 5, counts[j], at), OK);
			CHECK(memcmp(at, bytes + 5 * 512, size) == 0);
		}
	}
	CHECK_EQUAL(fake_disk()->largest, ATA_REQUEST_SIZE_MAX);
	CHECK_EQUAL(violations(), 0);
}

/* Each access is a VM exit, so a change that adds accesses must be noticed. */
TEST(accesses_are_few)
{
	struct block_device *disk;
	u32 opened;

	start();
	CHECK(!probe());
	CHECK_EQUAL(ide.accesses, 8);

	disk = start_disk(512);
	opened = ide.accesses;
	CHECK_EQUAL(opened, 298); /* 256 of them read what IDENTIFY answers */
	CHECK_EQUAL(block_read(disk, 0, 1, buffer), OK);
	CHECK_EQUAL(ide.accesses - opened, 14);
}

TEST(writes_and_flushes)
{
	struct block_device *disk = start_disk(512);
	u32 before = fake_disk()->commands;

	memset(buffer, 0x5a, 1024);
	CHECK_EQUAL(block_write(disk, 9, 2, buffer), OK);
	CHECK(memcmp(bytes + 9 * 512, buffer, 1024) == 0);
	CHECK_EQUAL(block_flush(disk), OK);
	CHECK_EQUAL(fake_disk()->flushes, 1);
	CHECK_EQUAL(fake_disk()->commands - before, 2);
	CHECK_EQUAL(violations(), 0);
}

TEST(controller_is_not_accessed_before_its_turn)
{
	start();
	fake_ide_disk(&ide, 0, 0, bytes, sizeof(bytes), 512);
	pci_probe();
	CHECK_EQUAL(ide.accesses, 0);
	devices_quiesce();
	CHECK_EQUAL(ide.accesses, 0);
	last_disk();
	CHECK(ide.accesses > 0);
}

TEST(disks_come_in_the_order_of_their_channels)
{
	static u8 others[4][2048 << 3];
	struct block_device *disk;

	start();
	disk = last_disk();
	for (u32 i = 0; i < 4; i++)
		fake_ide_disk(&ide, i / 2, i % 2, others[i], 2048u << i, 512);
	pci_probe();
	for (u32 i = 0; i < 4; i++) {
		disk = block_next(disk);
		CHECK_EQUAL(disk->block_count, 4u << i);
		CHECK_EQUAL(disk->address->unit, DEVICE_UNIT_IDE);
		CHECK_EQUAL(disk->address->port, i / 2);
		CHECK_EQUAL(disk->address->lun, i % 2);
		others[i][0] = (u8)(i + 1);
	}
	CHECK(!block_next(disk));
	/* In turn. */
	for (u32 i = 0; i < 12; i++) {
		disk = last_disk();
		CHECK_EQUAL(block_read(disk, 0, 1, buffer), OK);
		CHECK_EQUAL(buffer[0], 4);
	}
	CHECK_EQUAL(violations(), 0);
}

/* What is read where no drive is depends on the machine. */
TEST(drives_that_are_alone)
{
	static const u8 nothing[] = { 0, 0x7f, 0xff };

	for (u32 i = 0; i < ARRAY_SIZE(nothing); i++) {
		for (u32 place = 0; place < 5; place++) {
			start();
			ide.nothing = nothing[i];
			if (place < 4)
				fake_ide_disk(&ide, place / 2, place % 2, bytes, sizeof(bytes),
					      512);
			CHECK_EQUAL(!!probe(), place < 4);
			CHECK_EQUAL(violations(), 0);
		}
	}
}

TEST(ports_in_bars)
{
	struct block_device *disk;

	start();
	store_le32(function.config + PCI_CLASS, 0x01018500);
	for (u32 i = 0; i < 4; i++)
		store_le32(function.config + PCI_BAR0 + 4 * i, (0xc100 + 0x10 * i) | PCI_BAR_IO);
	fake_ide_ports(&ide, 0, 0xc100, 0xc112);
	fake_ide_ports(&ide, 1, 0xc120, 0xc132);
	fake_ide_disk(&ide, 1, 1, bytes, sizeof(bytes), 512);
	disk = probe();
	CHECK(disk);
	CHECK_EQUAL(block_read(disk, 7, 9, buffer), OK);
	CHECK(memcmp(buffer, bytes + 7 * 512, 9 * 512) == 0);
	CHECK_EQUAL(violations(), 0);
}

TEST(ports_that_cannot_be_used)
{
	static const struct {
		u32 class_code, bar, value;
		const char *message;
	} cases[] = {
		{ 0x010100, 4, MASTER | PCI_BAR_IO, "no DMA" },
		{ 0x010180, 4, MASTER, "no DMA" },
		{ 0x010180, 4, 1, "no DMA" },
		{ 0x010180, 4, 0x10000 | PCI_BAR_IO, "no DMA" },
		{ 0x010185, 0, 1, "no drives" },
		{ 0x010185, 0, 0xd0000000, "no drives" },
		{ 0x010185, 1, 0, "no drives" },
		{ 0x010185, 1, UINT32_MAX, "no drives" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		start();
		store_le32(function.config + PCI_CLASS, cases[i].class_code << 8);
		store_le32(function.config + PCI_BAR0, 0xc100 | PCI_BAR_IO);
		store_le32(function.config + PCI_BAR0 + 4, 0xc110 | PCI_BAR_IO);
		store_le32(function.config + PCI_BAR0 + 4 * cases[i].bar, cases[i].value);
		fake_ide_disk(&ide, 0, 0, bytes, sizeof(bytes), 512);
		CHECK_OF(!probe(), "%zu", i);
		CHECK_OF(was_logged(cases[i].message), "%zu", i);
	}
}

TEST(reads_a_cd)
{
	check_cd(start_cd(bytes, sizeof(bytes)));
	CHECK_EQUAL(violations(), 0);
}

TEST(packets_of_16_bytes_and_answers_in_pieces)
{
	start();
	fake_ide_cd(&ide, 1, 0, bytes, sizeof(bytes));
	fake_cd()->identity[0] |= 1;
	fake_cd()->pio_size = 4;
	CHECK_EQUAL(probe()->block_count, DISK_SIZE / 2048);
	CHECK_EQUAL(violations(), 0);
}

TEST(empty_drive_is_a_disk_without_blocks)
{
	struct block_device *disk = start_cd(NULL, 0);

	CHECK(disk);
	CHECK_EQUAL(disk->block_count, 0);
	CHECK_EQUAL(disk->not_mounted, ERR_NOT_FOUND);
	CHECK_EQUAL(violations(), 0);
}

TEST(drive_that_becomes_ready)
{
	start();
	fake_ide_cd(&ide, 1, 0, bytes, sizeof(bytes));
	fake_cd()->becoming = 100;
	CHECK_EQUAL(probe()->block_count, DISK_SIZE / 2048);

	start();
	fake_ide_cd(&ide, 1, 0, bytes, sizeof(bytes));
	fake_cd()->becoming = UINT32_MAX;
	CHECK(!probe());
}

TEST(unit_attention_after_a_reset_is_no_error)
{
	struct block_device *disk = start_cd(bytes, sizeof(bytes));

	fake_cd()->attentions = 1;
	CHECK_EQUAL(block_read(disk, 0, 4, buffer), OK);
	CHECK(memcmp(buffer, bytes, 8192) == 0);
	fake_cd()->attentions = 9;
	CHECK_EQUAL(block_read(disk, 0, 4, buffer), ERR_IO);
	CHECK_EQUAL(block_read(disk, 0, 4, buffer), OK);
	CHECK_EQUAL(violations(), 0);
}
