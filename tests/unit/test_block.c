/* SPDX-License-Identifier: Apache-2.0 */
/* core/block.c and core/partition.c: bounds, windows, the order of schemes. */
#include "tests/unit/test.h"

#include "core/block.h"
#include "core/partition.h"
#include "lib/util.h"
#include "tests/host/host.h"

enum { BLOCKS = 64, BLOCK = 512 };

static u8 bytes[BLOCKS * BLOCK];
static struct memory_disk disk;

static void make_disk(void)
{
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)(i / BLOCK);
	memory_disk_init(&disk, bytes, sizeof(bytes), BLOCK);
}

TEST(disks_are_named_in_their_order)
{
	static struct memory_disk disks[3];

	for (int i = 0; i < 3; i++) {
		memory_disk_init(&disks[i], bytes, sizeof(bytes), 512u << i);
		block_register(&disks[i].device);
	}
	CHECK(block_first() == &disks[0].device);
	CHECK(block_next(&disks[0].device) == &disks[1].device);
	CHECK(block_next(&disks[1].device) == &disks[2].device);
	CHECK(!block_next(&disks[2].device));
	CHECK_TEXT(disks[0].device.name, "disk0");
	CHECK_TEXT(disks[2].device.name, "disk2");
	CHECK_EQUAL(disks[0].device.kind, PARTITION_WHOLE_DISK);
}

static u32 opened_count;

static enum status open_disk(struct block_device *device)
{
	opened_count++;
	device->block_size = BLOCK;
	device->block_count = BLOCKS;
	return OK;
}

static enum status fail_to_open(struct block_device *device)
{
	(void)device;
	opened_count++;
	return ERR_IO;
}

static u32 disk_count(void)
{
	u32 count = 0;

	for (struct block_device *at = block_first(); at; at = block_next(at))
		count++;
	return count;
}

TEST(disks_are_opened_once_and_only_when_reached)
{
	static const struct block_ops good_ops = { .open = open_disk },
				      bad_ops = { .open = fail_to_open };
	static struct block_device good = { .ops = &good_ops }, bad = { .ops = &bad_ops };
	u32 before = disk_count();

	block_register(&bad);
	block_register(&good);
	CHECK(block_first() != &bad);
	CHECK_EQUAL(opened_count, 0);
	CHECK_EQUAL(disk_count(), before + 1);
	CHECK_EQUAL(disk_count(), before + 1);
	CHECK_EQUAL(opened_count, 2);
	CHECK_EQUAL(good.block_count, BLOCKS);
	CHECK_TEXT(good.name, "disk3");
	block_keep(before + 2);
	CHECK_EQUAL(disk_count(), before + 1);
	block_keep(UINT64_MAX);
	CHECK_EQUAL(disk_count(), before + 1);
	block_keep(2);
	CHECK_EQUAL(disk_count(), 2);
	block_keep(0);
	CHECK_EQUAL(disk_count(), 0);
	CHECK_EQUAL(opened_count, 2);
}

static bool can_be(u32 block_size, u64 block_count)
{
	u32 before = disk_count();

	make_disk();
	disk.device.block_size = block_size;
	disk.device.block_count = block_count;
	block_register(&disk.device);
	return disk_count() > before;
}

TEST(invalid_disks)
{
	static const u32 sizes[] = { 0, 1, 256, 511, 513, 768, 1536, 8192, 1u << 31, UINT32_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		CHECK(!can_be(sizes[i], BLOCKS));
	CHECK(!can_be(512, 0));
	CHECK(!can_be(512, 1ull << 55)); /* whose bytes are 2^64 */
}

TEST(reads_stay_on_the_device)
{
	u8 *buffer = malloc(2 * BLOCK);

	make_disk();
	CHECK_EQUAL(block_read(&disk.device, 0, 1, buffer), OK);
	CHECK_EQUAL(buffer[0], 0);
	CHECK_EQUAL(block_read(&disk.device, BLOCKS - 2, 2, buffer), OK);
	CHECK_EQUAL(buffer[2 * BLOCK - 1], BLOCKS - 1);
	CHECK_EQUAL(disk.reads, 2);
	CHECK_EQUAL(block_read(&disk.device, BLOCKS, 0, buffer), OK);
	CHECK_EQUAL(block_read(&disk.device, BLOCKS - 1, 2, buffer), ERR_INVALID);
	CHECK_EQUAL(block_read(&disk.device, BLOCKS, 1, buffer), ERR_INVALID);
	CHECK_EQUAL(block_read(&disk.device, UINT64_MAX, 2, buffer), ERR_INVALID);
	CHECK_EQUAL(block_read(&disk.device, 2, UINT64_MAX, buffer), ERR_INVALID);
	CHECK_EQUAL(block_read(&disk.device, BLOCKS + 1, 0, buffer), ERR_INVALID);
	CHECK_EQUAL(disk.reads, 2);
	disk.bad_block = 1;
	CHECK_EQUAL(block_read(&disk.device, 0, 2, buffer), ERR_IO);
	free(buffer);
}

TEST(partitions_are_closed_windows)
{
	struct block_device partition;
	u8 buffer[BLOCK];

	make_disk();
	memcpy(disk.device.name, "disk7", 6);
	CHECK_EQUAL(block_partition(&disk.device, 10, 5, 3, PARTITION_ESP, &partition), OK);
	CHECK_TEXT(partition.name, "disk7p3");
	CHECK_EQUAL(partition.kind, PARTITION_ESP);
	CHECK_EQUAL(partition.partition_number, 3);
	CHECK_EQUAL(block_size_bytes(&partition), 5 * BLOCK);
	CHECK_EQUAL(block_read(&partition, 4, 1, buffer), OK);
	CHECK_EQUAL(buffer[0], 14);
	CHECK_EQUAL(block_read(&partition, 5, 1, buffer), ERR_INVALID);
	CHECK_EQUAL(block_read(&partition, UINT64_MAX - 9, 1, buffer), ERR_INVALID);
}

TEST(partitions_outside_the_disk)
{
	struct block_device partition = { .partition_number = 42 };

	make_disk();
	CHECK_EQUAL(block_partition(&disk.device, 0, 0, 1, PARTITION_OTHER, &partition),
		    ERR_CORRUPT);
	CHECK_EQUAL(block_partition(&disk.device, 0, BLOCKS + 1, 1, PARTITION_OTHER, &partition),
		    ERR_CORRUPT);
	CHECK_EQUAL(block_partition(&disk.device, BLOCKS, 1, 1, PARTITION_OTHER, &partition),
		    ERR_CORRUPT);
	CHECK_EQUAL(block_partition(&disk.device, 1, UINT64_MAX, 1, PARTITION_OTHER, &partition),
		    ERR_CORRUPT);
	CHECK_EQUAL(block_partition(&disk.device, UINT64_MAX, 2, 1, PARTITION_OTHER, &partition),
		    ERR_CORRUPT);
	CHECK_EQUAL(partition.partition_number, 42);
	CHECK_EQUAL(block_partition(&disk.device, BLOCKS - 1, 1, UINT32_MAX, PARTITION_OTHER,
				    &partition),
		    OK);
	CHECK(strlen(partition.name) < BLOCK_NAME_SIZE);
}

TEST(writes_reach_the_disk_and_update_the_cache)
{
	struct block_device partition;
	u8 buffer[BLOCK], byte;

	make_disk();
	CHECK_EQUAL(block_partition(&disk.device, 10, 5, 3, PARTITION_ESP, &partition), OK);
	CHECK_EQUAL(block_read_bytes(&partition, BLOCK, 1, &byte), OK);
	CHECK_EQUAL(byte, 11);
	memset(buffer, 0xee, sizeof(buffer));
	CHECK_EQUAL(block_write(&partition, 1, 1, buffer), OK);
	CHECK_EQUAL(bytes[11 * BLOCK], 0xee);
	CHECK_EQUAL(bytes[12 * BLOCK], 12);
	CHECK_EQUAL(block_read_bytes(&partition, BLOCK, 1, &byte), OK);
	CHECK_EQUAL(byte, 0xee);
	CHECK_EQUAL(block_write(&partition, 5, 1, buffer), ERR_INVALID);
	CHECK_EQUAL(block_write(&partition, 5, 0, buffer), OK);
	CHECK_EQUAL(disk.writes, 1);
	CHECK_EQUAL(block_flush(&partition), OK);
	CHECK_EQUAL(disk.flushes, 1);
	disk.bad_block = 11;
	CHECK_EQUAL(block_write(&partition, 0, 2, buffer), ERR_IO);
}

TEST(invalid_writes_are_refused)
{
	static const struct block_ops read_only_ops = { 0 };
	struct block_device partition;
	u8 buffer[BLOCK] = { 0 };

	make_disk();
	disk.device.read_only = true;
	CHECK_EQUAL(block_partition(&disk.device, 10, 5, 3, PARTITION_ESP, &partition), OK);
	CHECK(partition.read_only);
	CHECK_EQUAL(block_write(&disk.device, 0, 1, buffer), ERR_DENIED);
	CHECK_EQUAL(block_write(&partition, 0, 1, buffer), ERR_DENIED);
	CHECK_EQUAL(disk.writes, 0);
	disk.device.read_only = false;
	disk.device.ops = &read_only_ops;
	CHECK_EQUAL(block_write(&disk.device, 0, 1, buffer), ERR_DENIED);
	CHECK_EQUAL(block_flush(&disk.device), OK);
}

/* Schemes that return what the test sets. */
static enum status first_status, second_status;
static u32 first_scans, second_scans;

static enum status first_scan(struct block_device *device, struct arena *arena,
			      struct partition_table *out)
{
	(void)device;
	(void)arena;
	first_scans++;
	out->count = 1;
	return first_status;
}

static enum status second_scan(struct block_device *device, struct arena *arena,
			       struct partition_table *out)
{
	(void)device;
	(void)arena;
	second_scans++;
	CHECK_EQUAL(out->count, 0); /* nothing left over from the first one */
	out->count = 2;
	return second_status;
}

static const struct partition_scheme first_scheme = { "first", first_scan },
				     second_scheme = { "second", second_scan };
const struct partition_scheme *const partition_schemes[] = { &first_scheme, &second_scheme, NULL };

TEST(the_first_scheme_that_recognizes_the_disk_is_used)
{
	struct arena arena = { 0 };
	struct partition_table table = { .count = 42 };

	make_disk();
	first_status = OK;
	CHECK_EQUAL(partition_scan(&disk.device, &arena, &table), OK);
	CHECK_TEXT(table.scheme, "first");
	CHECK_EQUAL(table.count, 1);
	CHECK_EQUAL(second_scans, 0);

	first_status = ERR_UNRECOGNIZED;
	CHECK_EQUAL(partition_scan(&disk.device, &arena, &table), OK);
	CHECK_TEXT(table.scheme, "second");
	CHECK_EQUAL(table.count, 2);

	first_status = ERR_CORRUPT;
	CHECK_EQUAL(partition_scan(&disk.device, &arena, &table), OK);
	CHECK_TEXT(table.scheme, "second");
}

TEST(the_first_error_is_returned)
{
	struct arena arena = { 0 };
	struct partition_table table = { .count = 42 };

	make_disk();
	first_status = ERR_CORRUPT;
	second_status = ERR_IO;
	CHECK_EQUAL(partition_scan(&disk.device, &arena, &table), ERR_CORRUPT);
	first_status = ERR_UNRECOGNIZED;
	CHECK_EQUAL(partition_scan(&disk.device, &arena, &table), ERR_IO);
	second_status = ERR_UNRECOGNIZED;
	CHECK_EQUAL(partition_scan(&disk.device, &arena, &table), ERR_UNRECOGNIZED);
	CHECK_EQUAL(table.count, 42);
}

static struct block_device *found[2];

/* Like a controller: its disks follow it directly, and it is not a disk itself. */
static enum status find_disks(struct block_device *device)
{
	struct block_device *position = device;

	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		block_register_after(found[i], position);
		position = found[i];
	}
	return ERR_NOT_FOUND;
}

TEST(disks_found_when_their_turn_comes)
{
	static const struct block_ops ops = { .open = find_disks };
	static struct block_device controller = { .ops = &ops };
	static struct memory_disk disks[3];
	struct block_device *last = last_disk();

	for (size_t i = 0; i < ARRAY_SIZE(disks); i++)
		memory_disk_init(&disks[i], bytes, sizeof(bytes), BLOCK);
	block_register(&controller);
	block_register(&disks[2].device);
	found[0] = &disks[0].device;
	found[1] = &disks[1].device;
	CHECK((last ? block_next(last) : block_first()) == &disks[0].device);
	CHECK(block_next(&disks[0].device) == &disks[1].device);
	CHECK(block_next(&disks[1].device) == &disks[2].device);
	CHECK(!block_next(&disks[2].device));
}

TEST(unreachable_buffers_are_bounced)
{
	enum { SIZE = 300 * 1024 };
	static u8 large[SIZE], copy[SIZE + 16];

	for (size_t i = 0; i < SIZE; i++)
		large[i] = (u8)(i / BLOCK + i);
	memory_disk_init(&disk, large, SIZE, BLOCK);
	disk.device.alignment = 16;
	block_register(&disk.device);
	CHECK(last_disk() == &disk.device);

	u8 *aligned = copy + (-(uintptr_t)copy & 15);
	CHECK_EQUAL(block_read(&disk.device, 0, SIZE / BLOCK, aligned), OK);
	CHECK_EQUAL(disk.reads, 1);
	memset(copy, 0, sizeof(copy));
	/* 64 KiB at a time. */
	CHECK_EQUAL(block_read(&disk.device, 0, SIZE / BLOCK - 1, aligned + 2), OK);
	CHECK_EQUAL(disk.reads, 1 + 5);
	CHECK(memcmp(aligned + 2, large, SIZE - BLOCK) == 0);
	CHECK_EQUAL(aligned[2 + SIZE - BLOCK], 0);
	memset(aligned + 1, 0x5a, 3 * BLOCK);
	CHECK_EQUAL(block_write(&disk.device, 7, 3, aligned + 1), OK);
	CHECK_EQUAL(disk.writes, 1);
	CHECK(memcmp(large + 7 * BLOCK, aligned + 1, 3 * BLOCK) == 0);
	CHECK_EQUAL(large[10 * BLOCK], (u8)(10 * BLOCK / BLOCK + 10 * BLOCK));
	disk.bad_block = 200;
	CHECK_EQUAL(block_read(&disk.device, 0, SIZE / BLOCK - 1, aligned + 2), ERR_IO);
	disk.bad_block = UINT64_MAX;

	disk.device.alignment = 0;
	disk.device.address_limit = (uintptr_t)aligned + 4 * BLOCK;
	disk.reads = 0;
	CHECK_EQUAL(block_read(&disk.device, 0, 4, aligned), OK);
	CHECK_EQUAL(block_read(&disk.device, 0, 256, aligned), OK);
	CHECK_EQUAL(disk.reads, 1 + 2);
	CHECK(memcmp(aligned, large, 256 * BLOCK) == 0);

	disk.device.address_limit = 0;
	disk.device.transfer_size_max = 100 * BLOCK;
	disk.reads = 0;
	disk.writes = 0;
	memset(aligned, 0, 256 * BLOCK);
	CHECK_EQUAL(block_read(&disk.device, 0, 256, aligned), OK);
	CHECK_EQUAL(disk.reads, 3);
	CHECK(memcmp(aligned, large, 256 * BLOCK) == 0);
	CHECK_EQUAL(block_write(&disk.device, 1, 101, aligned), OK);
	CHECK_EQUAL(disk.writes, 2);
	CHECK(memcmp(large + BLOCK, aligned, 101 * BLOCK) == 0);
}

static enum status open_empty(struct block_device *device)
{
	device->block_size = 2048;
	device->block_count = 0;
	device->is_removable = true;
	return OK;
}

TEST(drive_without_a_medium)
{
	static const struct block_ops ops = { .open = open_empty };
	static struct block_device drive = { .ops = &ops };
	const struct partition_table *table;
	u8 byte;

	block_register(&drive);
	CHECK(last_disk() == &drive);
	CHECK_EQUAL(block_read(&drive, 0, 1, &byte), ERR_INVALID);
	CHECK_EQUAL(block_read_bytes(&drive, 0, 1, &byte), ERR_INVALID);
	CHECK_EQUAL(disk_partitions(&drive, &table), ERR_NOT_FOUND);
}
