/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of a controller of disks on PCI: a machine that has one. Included once by a test. */
#pragma once

#include "tests/unit/machine.h"

enum { DISK_SIZE = 9 * 1024 * 1024 };

static u8 bytes[DISK_SIZE]; /* of the disks */
static _Alignas(65536) u8 buffer[DISK_SIZE + 65536];
static struct fake_function function;

/* A machine with a controller of this ID and class in slot @device, without addresses. */
static void start_machine(u8 device, u32 id, u32 class_code)
{
	machine_start_pci();
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)(i * 7 + i / 512);
	memset(buffer, 0xee, sizeof(buffer));
	function = (struct fake_function){ .device = device };
	store_le32(function.config, id);
	store_le32(function.config + PCI_CLASS, class_code << 8);
	fake_machine_add(&machine, &function);
}

/* The last disk that is found now; NULL: none is. */
static struct block_device *probe(void)
{
	struct block_device *before = last_disk(), *after;

	pci_probe();
	after = last_disk();
	return after == before ? NULL : after;
}

static u32 others_started;

static void start_other(struct block_device *other)
{
	(void)other;
	others_started++;
}

static enum status open_other(struct block_device *other)
{
	(void)other;
	return ERR_NOT_FOUND;
}

/* Are the other disks started, once, while a read of @disk gets no answer? */
[[maybe_unused]] static bool starts_others(struct block_device *disk)
{
	static const struct block_ops ops = { .open = open_other, .start = start_other };
	static struct block_device other = { .ops = &ops };
	u32 before = others_started;

	block_register(&other);
	CHECK_EQUAL(block_read(disk, 0, 8, buffer), ERR_TIMEOUT);
	CHECK(!block_next(disk)); /* removes it from the list */
	return others_started == before + 1;
}

/* All @bytes are on the disk. */
[[maybe_unused]] static void check_disk(struct block_device *disk, u32 block_size)
{
	CHECK(disk);
	CHECK_EQUAL(disk->block_size, block_size);
	CHECK_EQUAL(disk->block_count, DISK_SIZE / block_size);
	CHECK(!disk->read_only && !disk->is_removable);
	CHECK_EQUAL(block_read(disk, 3, 1, buffer), OK);
	CHECK(memcmp(buffer, bytes + 3 * block_size, block_size) == 0);
	CHECK_EQUAL(buffer[block_size], 0xee);
	CHECK_EQUAL(block_read(disk, 0, disk->block_count, buffer), OK);
	CHECK(memcmp(buffer, bytes, DISK_SIZE) == 0);
}

/* A drive with a disc of all @bytes. */
[[maybe_unused]] static void check_cd(struct block_device *disk)
{
	CHECK(disk);
	CHECK_EQUAL(disk->block_size, 2048);
	CHECK_EQUAL(disk->block_count, DISK_SIZE / 2048);
	CHECK(disk->read_only && disk->is_removable);
	CHECK_EQUAL(block_read(disk, 0, disk->block_count, buffer), OK);
	CHECK(memcmp(buffer, bytes, DISK_SIZE) == 0);
	CHECK_EQUAL(block_read(disk, 7, 1, buffer + 1), OK);
	CHECK(memcmp(buffer + 1, bytes + 7 * 2048, 2048) == 0);
	CHECK_EQUAL(block_write(disk, 7, 1, buffer), ERR_DENIED);
}
