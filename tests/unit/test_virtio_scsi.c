/* SPDX-License-Identifier: Apache-2.0 */
/* Disks behind virtio-scsi. */
#include "tests/unit/test.h"

#include "tests/unit/virtio_scsi.h"

TEST(reads_blocks_of_all_sizes)
{
	for (u32 size = 512; size <= 4096; size *= 2) {
		struct block_device *disk;

		start_with_unit(size);
		disk = probe();
		CHECK(disk);
		CHECK_EQUAL(disk->block_size, size);
		CHECK_EQUAL(disk->block_count, DISK_SIZE / size);
		CHECK(!disk->read_only && !disk->is_removable);
		CHECK_EQUAL(block_read(disk, 3, 1, buffer), OK);
		CHECK(memcmp(buffer, bytes + 3 * size, size) == 0);
		CHECK_EQUAL(buffer[size], 0xee);
		CHECK_EQUAL(block_read(disk, 0, disk->block_count, buffer), OK);
		CHECK(memcmp(buffer, bytes, DISK_SIZE) == 0);
		CHECK_EQUAL(unit->largest, 4 * 1024 * 1024);
		CHECK_EQUAL(violations(), 0);
	}
}

/* Each access is a VM exit: a change that adds some must be noticed. */
TEST(accesses_are_few)
{
	struct block_device *disk = start_disk();
	u32 opened = device.accesses;

	CHECK_EQUAL(opened, 66);
	CHECK_EQUAL(scsi.tests, 256 + 1);
	CHECK_EQUAL(scsi.reports, 1);
	CHECK_EQUAL(block_read(disk, 0, 1, buffer), OK);
	CHECK_EQUAL(device.accesses - opened, 1);
}

TEST(controller_is_left_alone_before_its_turn)
{
	start_with_unit(512);
	fake_function_virtio(&machine, &function, 0, 3, &device, MACHINE_BARS);
	pci_probe();
	CHECK_EQUAL(device.accesses, 0);
	last_disk();
	CHECK(device.accesses > 0);
	start_with_unit(512);
	fake_function_virtio(&machine, &function, 0, 3, &device, MACHINE_BARS);
	pci_probe();
	devices_quiesce();
	CHECK_EQUAL(device.accesses, 0);
}

TEST(controller_is_reset_at_the_end)
{
	start_disk();
	CHECK_EQUAL(device.resets, 0);
	devices_quiesce();
	CHECK_EQUAL(device.resets, 1);
	CHECK_EQUAL(violations(), 0);
}

TEST(writes_and_flushes)
{
	struct block_device *disk = start_disk();

	memset(buffer, 0x5a, 4096);
	CHECK_EQUAL(block_write(disk, 9, 2, buffer), OK);
	CHECK_EQUAL(block_write(disk, 20, 1, buffer), OK);
	CHECK(memcmp(bytes + 9 * 512, buffer, 1024) == 0);
	CHECK(memcmp(bytes + 20 * 512, buffer, 512) == 0);
	CHECK_EQUAL(bytes[11 * 512], (u8)(11 * 512 * 7 + 11));
	CHECK_EQUAL(block_flush(disk), OK);
	CHECK_EQUAL(unit->flushes, 1);
	unit->has_no_cache = true;
	CHECK_EQUAL(block_flush(disk), OK);
	unit->lie = FAKE_SCSI_MEDIUM_ERROR;
	CHECK_EQUAL(block_flush(disk), ERR_IO);
	CHECK(was_logged("flush failed, sense 0x031100"));
	CHECK_EQUAL(block_write(disk, 9, 2, buffer), ERR_IO);
	CHECK_EQUAL(violations(), 0);
}

TEST(write_protected_disk_is_not_written)
{
	start_with_unit(512);
	unit->is_write_protected = true;
	struct block_device *disk = probe();

	CHECK(disk->read_only);
	CHECK_EQUAL(block_write(disk, 0, 1, buffer), ERR_DENIED);

	start_with_unit(512);
	unit->has_no_mode_sense = true;
	disk = probe();
	CHECK(!disk->read_only);
	CHECK_EQUAL(block_write(disk, 0, 1, buffer), OK);
	CHECK_EQUAL(violations(), 0);
}

TEST(disk_of_more_than_two_tebibytes)
{
	const u64 count = 9ull << 32;
	struct block_device *disk;

	start_with_unit(512);
	unit->block_count = count;
	disk = probe();
	CHECK_EQUAL(disk->block_count, count);
	CHECK_EQUAL(block_read(disk, 0, 8, buffer), OK);
	CHECK_EQUAL(unit->long_commands, 0);
	CHECK_EQUAL(block_read(disk, UINT32_MAX, 2, buffer), OK);
	CHECK_EQUAL(unit->long_commands, 1);
	CHECK_EQUAL(block_read(disk, count - 3, 3, buffer), OK);
	CHECK(memcmp(buffer, bytes + (count - 3) * 512 % DISK_SIZE, 3 * 512) == 0);
	CHECK_EQUAL(block_write(disk, count - 3, 3, buffer), OK);
	CHECK_EQUAL(unit->long_commands, 3);

	/* Exactly as many as fit into 32 bits. */
	start_with_unit(512);
	unit->block_count = UINT32_MAX;
	CHECK_EQUAL(probe()->block_count, UINT32_MAX);
	CHECK_EQUAL(violations(), 0);
}

TEST(capacities_that_cannot_be)
{
	static const u32 sizes[] = { 0, 256, 520, 528, 513, 8192, 0x80000000 };
	static const u64 counts[] = { 0, UINT64_MAX, UINT64_MAX / 4096 + 1 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		start_with_unit(512);
		unit->block_size = sizes[i];
		CHECK(!probe());
		CHECK(was_logged("blocks of"));
	}
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		start_with_unit(512);
		unit->block_count = counts[i];
		CHECK(!probe());
	}
}

TEST(max_sectors_is_obeyed)
{
	static const struct {
		u32 sectors, block_size, largest;
	} cases[] = {
		{ 0, 512, 4 * 1024 * 1024 },
		{ 1, 512, 512 },
		{ 7, 512, 7 * 512 },
		{ 7, 4096, 4096 },
		{ 100, 4096, 12 * 4096 },
		{ 8191, 512, 8191 * 512 },
		{ UINT32_MAX, 512, 4 * 1024 * 1024 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct block_device *disk;

		start_with_unit(cases[i].block_size);
		store_le32(device.config + 8, cases[i].sectors);
		disk = probe();
		CHECK_EQUAL(block_read(disk, 0, disk->block_count, buffer), OK);
		CHECK(memcmp(buffer, bytes, DISK_SIZE) == 0);
		CHECK_OF(unit->largest == cases[i].largest, "%zu: %u", i, unit->largest);
		CHECK_EQUAL(violations(), 0);
	}
}

TEST(sizes_of_commands_and_sense)
{
	static const struct {
		u32 sense, cdb;
		bool works;
	} cases[] = {
		{ 96, 32, true },  { 0, 16, true },           { 18, 45, true },
		{ 116, 32, true }, { 117, 32, false },        { 96, 15, false },
		{ 96, 46, false }, { UINT32_MAX, 32, false }, { 96, UINT32_MAX, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		start_with_unit(512);
		unit->attentions = 0;
		store_le32(device.config + 20, cases[i].sense);
		store_le32(device.config + 24, cases[i].cdb);
		CHECK_OF(!!probe() == cases[i].works, "%zu", i);
		CHECK_EQUAL(violations(), 0);
	}
}

/* What the specification gives after a reset; Linux writes these values, whatever is there. */
TEST(sizes_that_are_not_filled_in_are_the_default)
{
	static const u32 senses[] = { 0, 96 };

	for (size_t i = 0; i < ARRAY_SIZE(senses); i++) {
		start_with_unit(512);
		store_le32(device.config + 20, senses[i]);
		store_le32(device.config + 24, 0);
		CHECK_EQUAL(block_read(probe(), 3, 9, buffer), OK);
		CHECK(memcmp(buffer, bytes + 3 * 512, 9 * 512) == 0);
		CHECK_EQUAL(violations(), 0);
	}
}

/* num_queues, seg_max, cmd_per_lun, event_info_size, max_channel, max_lun. */
TEST(fields_that_are_not_used_do_not_matter)
{
	static const u8 fills[] = { 0, 1, 0x7f, 0xff };

	for (size_t i = 0; i < ARRAY_SIZE(fills); i++) {
		start_with_unit(512);
		memset(device.config, fills[i], 8);
		memset(device.config + 12, fills[i], 8);
		memset(device.config + 28, fills[i], 2);
		memset(device.config + 32, fills[i], 4);
		CHECK_EQUAL(block_read(probe(), 3, 9, buffer), OK);
		CHECK(memcmp(buffer, bytes + 3 * 512, 9 * 512) == 0);
		CHECK_EQUAL(new_disks(), 1);
		CHECK_EQUAL(violations(), 0);
	}
}

TEST(queues_of_any_size)
{
	static const u32 sizes[] = { 3, 4, 8, 9, 16, 31, 32, 1024 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		start_with_unit(512);
		fake_scsi_add(&scsi, 255, 0, bytes, sizeof(bytes), 512);
		device.queue_size_max[2] = sizes[i];
		probe();
		CHECK_OF(new_disks() == (sizes[i] < 4 ? 0 : 2), "%u", sizes[i]);
		CHECK_EQUAL(violations(), 0);
	}
	start_with_unit(512);
	device.queue_size_max[2] = 0;
	CHECK(!probe());
}

TEST(answers_may_come_in_any_order)
{
	start_with_unit(512);
	fake_scsi_add(&scsi, 6, 0, bytes, sizeof(bytes), 512);
	fake_scsi_add(&scsi, 9, 0, bytes, sizeof(bytes), 512);
	device.reverse = true;
	probe();
	CHECK_EQUAL(new_disks(), 3);
}

TEST(disks_come_in_the_order_of_targets_and_luns)
{
	static const struct {
		u8 target;
		u16 lun;
	} places[] = { { 0, 0 },     { 0, 7 }, { 0, 255 }, { 0, 256 },
		       { 0, 16383 }, { 3, 1 }, { 255, 2 } };
	struct block_device *disk;

	start();
	for (u32 i = ARRAY_SIZE(places); i--;)
		fake_scsi_add(&scsi, places[i].target, places[i].lun, bytes, 512 * (i + 1), 512);
	disk = last_disk();
	probe();
	for (u32 i = 0; i < ARRAY_SIZE(places); i++) {
		disk = block_next(disk);
		CHECK(disk);
		CHECK_EQUAL(disk->block_count, i + 1);
		CHECK_EQUAL(disk->address->unit, DEVICE_UNIT_SCSI);
		CHECK_EQUAL(disk->address->port, places[i].target);
		CHECK_EQUAL(disk->address->lun, places[i].lun);
		CHECK_EQUAL(block_read(disk, i, 1, buffer), OK);
	}
	CHECK(!block_next(disk));
	CHECK_EQUAL(violations(), 0);
}

TEST(max_target_is_obeyed)
{
	start_with_unit(512);
	fake_scsi_add(&scsi, 5, 0, bytes, sizeof(bytes), 512);
	fake_scsi_add(&scsi, 6, 0, bytes, sizeof(bytes), 512);
	store_le16(device.config + 30, 5);
	probe();
	CHECK_EQUAL(new_disks(), 2);
	CHECK_EQUAL(scsi.tests, 6 + 2);
	start_with_unit(512);
	store_le16(device.config + 30, UINT16_MAX);
	CHECK(probe());
	CHECK_EQUAL(scsi.tests, 256 + 1);
}

/* Whatever a target lists, each LUN is one disk, and there are not too many. */
TEST(lists_of_luns)
{
	static u8 list[1024];
	struct {
		u32 claimed, size, disks;
	} cases[] = {
		{ 8, 16, 1 },  { 16, 24, 2 }, { 24, 32, 2 }, /* twice the same */
		{ 64, 72, 2 }, { 8, 12, 1 },  { 8, 8, 1 },           { 0, 16, 1 },
		{ 7, 16, 1 },  { 1, 0, 1 },   { UINT32_MAX, 32, 2 }, { 1016, 1024, 2 },
	};

	store_be16(list + 8, 0);
	store_be16(list + 16, 0x4000 | 5);
	store_be16(list + 24, 5);
	store_be16(list + 32, 0xc101); /* a well-known one */
	store_be16(list + 40, 0x0103); /* of another bus */
	store_be16(list + 48, 1);
	store_be16(list + 50, 1); /* a further level */
	store_be16(list + 56, 1);
	list[63] = 1;
	store_be16(list + 64, 0x8000);
	for (size_t at = 72; at < sizeof(list); at += 8)
		store_be16(list + at, 0x4000 | 5);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		start_with_unit(512);
		fake_scsi_add(&scsi, 0, 5, bytes, sizeof(bytes), 512);
		store_be32(list, cases[i].claimed);
		scsi.report = list;
		scsi.report_size = cases[i].size;
		probe();
		CHECK_OF(new_disks() == cases[i].disks, "%zu: %u", i, new_disks());
		CHECK_EQUAL(violations(), 0);
	}
	start_with_unit(512);
	scsi.has_no_report_luns = true;
	CHECK(probe());
}

TEST(number_of_luns_is_limited)
{
	start();
	for (u32 i = 0; i < FAKE_SCSI_UNITS_MAX; i++)
		fake_scsi_add(&scsi, 1, (u16)i, bytes, sizeof(bytes), 512);
	probe();
	CHECK_EQUAL(new_disks(), 62);
	CHECK(was_logged("only 62 of its LUNs are used"));
}

TEST(units_that_are_no_disks)
{
	static const u8 kinds[] = { 1, 3, 8, 0xd, 0x1e, 0x1f, 0x20, 0x3f };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		start_with_unit(512);
		unit->kind = kinds[i];
		CHECK(!probe());
		CHECK(was_logged("a device of kind"));
	}
	/* LUN 0 is listed and is not there: nothing is said. */
	start();
	fake_scsi_add(&scsi, 0, 1, bytes, sizeof(bytes), 512);
	static const u8 list[24] = { [3] = 16, [17] = 1 };
	scsi.report = list;
	scsi.report_size = sizeof(list);
	probe();
	CHECK_EQUAL(new_disks(), 1);
	CHECK(!was_logged("warning"));
}

TEST(reads_a_cd)
{
	struct block_device *disk;

	start_with_unit(2048);
	unit->kind = 5;
	unit->is_write_protected = true;
	disk = probe();
	CHECK_EQUAL(disk->block_size, 2048);
	CHECK(disk->read_only && disk->is_removable);
	CHECK_EQUAL(block_read(disk, 0, disk->block_count, buffer), OK);
	CHECK(memcmp(buffer, bytes, DISK_SIZE) == 0);
	CHECK_EQUAL(block_write(disk, 7, 1, buffer), ERR_DENIED);
	CHECK_EQUAL(violations(), 0);
}

TEST(empty_drive_is_a_disk_without_blocks)
{
	for (u32 kind = 0; kind <= 5; kind += 5) {
		struct block_device *disk;

		start_with_unit(2048);
		unit->kind = (u8)kind;
		unit->is_removable = true;
		unit->has_medium = false;
		disk = probe();
		CHECK(disk);
		CHECK(disk->is_removable);
		CHECK_EQUAL(disk->block_count, 0);
		CHECK_EQUAL(block_read(disk, 0, 1, buffer), ERR_INVALID);
	}
	start_with_unit(512);
	unit->has_medium = false;
	CHECK(!probe());
}

TEST(over_mmio)
{
	for (u32 legacy = 0; legacy < 2; legacy++) {
		struct block_device *before, *disk;

		machine_start();
		disk = last_disk();
		fake_scsi_init(&device, &scsi);
		unit = fake_scsi_add(&scsi, 7, 1, bytes, sizeof(bytes), 4096);
		device.legacy = legacy;
		device.base = 0xc0001000;
		device.size = 0x1000;
		machine.mmio[machine.mmio_count++] = &device;
		boot_info.command_line = SPAN("virtio_mmio.device=4K@0xc0001000:5");
		virtio_mmio_probe();
		before = disk;
		disk = last_disk();
		CHECK(disk != before);
		CHECK_EQUAL(disk->address->bus, DEVICE_VIRTIO_MMIO);
		CHECK_EQUAL(disk->address->port, 7);
		CHECK_EQUAL(disk->address->lun, 1);
		CHECK_EQUAL(block_read(disk, 0, disk->block_count, buffer), OK);
		CHECK(memcmp(buffer, bytes, DISK_SIZE) == 0);
		/* A second queue after a reset. */
		unit->lie = FAKE_SCSI_SILENT;
		CHECK_EQUAL(block_read(disk, 0, 1, buffer), ERR_TIMEOUT);
		CHECK_EQUAL(device.resets, 1);
		CHECK_EQUAL(violations(), 0);
	}
}
