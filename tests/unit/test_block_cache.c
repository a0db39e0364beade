/* SPDX-License-Identifier: Apache-2.0 */
/* core/block_cache.c: reads and writes of any bytes, in few requests. */
#include "lib/config.h"
#include "tests/host/host.h"
#include "tests/unit/test.h"

enum { SIZE = 8 << 20, LINE_SIZE = 16384 };

static u8 bytes[SIZE];
static struct memory_disk disk;

static void start(size_t size, u32 block_size)
{
	for (u32 i = 0; i < size; i++)
		bytes[i] = (u8)(i ^ i >> 8 ^ i >> 16);
	memory_disk_init(&disk, bytes, size, block_size);
}

static void check_read(u64 offset, size_t size)
{
	u8 *got = malloc(size + 1);

	CHECK_EQUAL(block_read_bytes(&disk.device, offset, size, got), OK);
	CHECK(memcmp(got, bytes + offset, size) == 0);
	free(got);
}

TEST(any_bytes)
{
	for (u32 block_size = 512; block_size <= 4096; block_size *= 2) {
		start(SIZE, block_size);
		check_read(0, 1);
		check_read(511, 2);
		check_read(LINE_SIZE - 1, 2);
		check_read(LINE_SIZE * 3 - 7, LINE_SIZE * 5);
		check_read(SIZE - 1, 1);
		check_read(0, SIZE);
		check_read(SIZE, 0);
		for (u32 seed = 1, i = 0; i < 1000; i++) {
			seed = seed * 1103515245 + 12345;
			check_read(seed % (SIZE - 70000), seed >> 8 & 0xffff);
		}
	}
}

TEST(bounds)
{
	const u8 *data;
	size_t size;
	u8 byte;

	start(100 * 512, 512);
	CHECK_EQUAL(block_read_bytes(&disk.device, 51200, 1, &byte), ERR_INVALID);
	CHECK_EQUAL(block_read_bytes(&disk.device, 51199, 2, &byte), ERR_INVALID);
	CHECK_EQUAL(block_read_bytes(&disk.device, UINT64_MAX, 2, &byte), ERR_INVALID);
	CHECK_EQUAL(block_peek(&disk.device, 51200, 1, &data, &size), ERR_INVALID);
	CHECK_EQUAL(block_peek(&disk.device, 51199, 100, &data, &size), OK);
	CHECK_EQUAL(size, 1);
	CHECK_EQUAL(*data, bytes[51199]);
	CHECK_EQUAL(block_peek(&disk.device, 1000, 1000000, &data, &size), OK);
	CHECK(size >= 24 && size <= LINE_SIZE);
	CHECK(memcmp(data, bytes + 1000, size) == 0);
}

TEST(partitions_are_windows)
{
	struct block_device partition;
	const u8 *data;
	size_t size;
	u8 got[512];

	start(SIZE, 512);
	CHECK_EQUAL(block_partition(&disk.device, 100, 2, 1, PARTITION_OTHER, &partition), OK);
	CHECK_EQUAL(block_read_bytes(&partition, 1, 512, got), OK);
	CHECK(memcmp(got, bytes + 100 * 512 + 1, 512) == 0);
	CHECK_EQUAL(block_read_bytes(&partition, 1023, 2, got), ERR_INVALID);
	CHECK_EQUAL(block_peek(&partition, 1000, 1000, &data, &size), OK);
	CHECK_EQUAL(size, 24);
	/* Both see the same lines. */
	disk.reads = 0;
	check_read(100 * 512, 1024);
	CHECK_EQUAL(disk.reads, 0);
}

TEST(sequential_reads_grow)
{
	start(SIZE, 512);
	for (u64 at = 1 << 20; at < (1 << 20) + 120 * 1024; at += 512)
		check_read(at, 512);
	CHECK(disk.reads <= 4);
	/* A read elsewhere, not adjacent to an earlier one: one line. */
	disk.blocks_read = 0;
	check_read(5 << 20, 1);
	CHECK_EQUAL(disk.blocks_read, LINE_SIZE / 512);
	/* The start of a disk: a GPT of the usual size, and the descriptors, in one request. */
	start(SIZE, 512);
	check_read(512, 92);
	check_read(1024, 16384);
	check_read(32768, 2048);
	CHECK_EQUAL(disk.reads, 1);
}

TEST(used_lines_stay)
{
	start(SIZE, 512);
	check_read(4 << 20, 1);
	disk.reads = 0;
	/* A stream much larger than the cache, and repeated use of one line. */
	for (u64 at = 0; at < 4 << 20; at += LINE_SIZE) {
		check_read(at, LINE_SIZE);
		check_read(4 << 20, 100);
	}
	CHECK(disk.reads <= (4 << 20) / LINE_SIZE / 8 + 4);
}

TEST(the_least_recently_used_line_is_evicted)
{
	enum { LINES = CONFIG_BLOCK_CACHE_KIB * 1024 / LINE_SIZE };

	start(SIZE, 512);
	block_cache_invalidate(&disk.device);
	/* Every other line, so that none is read ahead. */
	for (u64 i = 1; i <= LINES; i++)
		check_read(2 * i * LINE_SIZE, 1);
	CHECK_EQUAL(disk.reads, LINES);
	check_read(2 * LINE_SIZE, 1);
	check_read((2ull * LINES + 2) * LINE_SIZE, 1);
	CHECK_EQUAL(disk.reads, LINES + 1);
	/* The first was used again, so the second was dropped. */
	for (u64 i = LINES; i > 2; i--)
		check_read(2 * i * LINE_SIZE, 1);
	check_read(2 * LINE_SIZE, 1);
	CHECK_EQUAL(disk.reads, LINES + 1);
	check_read(4 * LINE_SIZE, 1);
	CHECK_EQUAL(disk.reads, LINES + 2);
}

TEST(written_blocks_are_read_again)
{
	u8 block[512];

	start(SIZE, 512);
	check_read(0, 100000);
	memset(block, 0x55, sizeof(block));
	CHECK_EQUAL(block_write(&disk.device, 3, 1, block), OK);
	CHECK_EQUAL(bytes[3 * 512], 0x55);
	check_read(0, 100000);
}

TEST(disks_are_distinguished)
{
	static u8 other_bytes[1 << 16];
	struct memory_disk other;
	u8 byte;

	start(SIZE, 512);
	memset(other_bytes, 0xee, sizeof(other_bytes));
	memory_disk_init(&other, other_bytes, sizeof(other_bytes), 4096);
	check_read(5, 1);
	CHECK_EQUAL(block_read_bytes(&other.device, 5, 1, &byte), OK);
	CHECK_EQUAL(byte, 0xee);
	check_read(5, 1);
	block_cache_invalidate(&other.device);
	disk.reads = 0;
	check_read(5, 1);
	CHECK_EQUAL(disk.reads, 0);
}

TEST(errors_affect_only_the_bad_blocks)
{
	u8 byte;

	start(SIZE, 512);
	disk.bad_block = LINE_SIZE / 512; /* would be read ahead */
	check_read(0, 1);
	CHECK_EQUAL(block_read_bytes(&disk.device, LINE_SIZE, 1, &byte), ERR_IO);
	check_read(LINE_SIZE * 2, LINE_SIZE * 10);
	check_read(0, LINE_SIZE);
	disk.bad_block = UINT64_MAX;
	check_read(0, LINE_SIZE * 3);
}

TEST(a_bad_block_does_not_affect_others)
{
	for (u32 block_size = 512; block_size <= 4096; block_size *= 2) {
		u64 bad = 7ull * LINE_SIZE + block_size;
		u8 byte;

		start(SIZE, block_size);
		disk.bad_block = bad / block_size;
		check_read(6 * LINE_SIZE, LINE_SIZE + block_size);
		check_read(bad - 1, 1);
		check_read(bad + block_size, 2 * LINE_SIZE);
		CHECK_EQUAL(block_read_bytes(&disk.device, bad, 1, &byte), ERR_IO);
		CHECK_EQUAL(block_read_bytes(&disk.device, bad + block_size - 1, 2, &byte), ERR_IO);
		check_read(bad + block_size, 1);
		disk.bad_block = UINT64_MAX;
		check_read(bad - 1, block_size + 2);
	}
}

TEST(disks_that_end_within_a_line)
{
	for (size_t blocks = 1; blocks < 100; blocks++) {
		start(blocks * 512, 512);
		check_read(blocks * 512 - 1, 1);
		check_read(0, blocks * 512);
	}
}

/* A write updates the cached data, evicts no other line, and causes no later read. */
TEST(writes_keep_the_cache)
{
	static u8 block[2 * 4096];

	for (u32 block_size = 512; block_size <= 4096; block_size *= 2) {
		u8 got[4];

		start(SIZE, block_size);
		check_read(0, 10 * LINE_SIZE);
		disk.reads = 0;
		memset(block, 0xa5, sizeof(block));
		CHECK_EQUAL(block_write(&disk.device, LINE_SIZE / block_size - 1, 2, block), OK);
		check_read(0, 10 * LINE_SIZE);
		CHECK_EQUAL(block_write_bytes(&disk.device, 3 * LINE_SIZE - 1, 2, "xy"), OK);
		CHECK_EQUAL(bytes[3 * LINE_SIZE - 1], 'x');
		CHECK_EQUAL(bytes[3 * LINE_SIZE], 'y');
		check_read(0, 10 * LINE_SIZE);
		CHECK_EQUAL(disk.reads, 0);
		/* Some of the same bytes again. */
		disk.writes = 0;
		CHECK_EQUAL(block_write_bytes(&disk.device, 3 * LINE_SIZE - 1, 2, "xy"), OK);
		CHECK_EQUAL(disk.writes, 0);
		CHECK_EQUAL(block_write_bytes(&disk.device, SIZE - 1, 2, "xy"), ERR_INVALID);
		CHECK_EQUAL(block_write_bytes(&disk.device, UINT64_MAX, 2, "xy"), ERR_INVALID);
		CHECK_EQUAL(block_read_bytes(&disk.device, SIZE - 4, 4, got), OK);
	}
}

/* After a failed write, the affected blocks are read again, and only those. */
TEST(failed_writes_leave_nothing_stale)
{
	static u8 block[512];
	u8 byte;

	start(SIZE, 512);
	check_read(0, 3 * LINE_SIZE);
	disk.bad_block = 40;
	CHECK_EQUAL(block_write(&disk.device, 40, 1, block), ERR_IO);
	bytes[40 * 512] ^= 0xff; /* it may have been written */
	disk.bad_block = UINT64_MAX;
	disk.reads = 0;
	check_read(0, LINE_SIZE);
	CHECK_EQUAL(disk.reads, 0);
	CHECK_EQUAL(block_read_bytes(&disk.device, 40 * 512, 1, &byte), OK);
	CHECK_EQUAL(byte, bytes[40 * 512]);
	CHECK_EQUAL(disk.reads, 1);
}

/* All lengths and offsets, compared with a copy. */
TEST(any_bytes_written)
{
	static u8 copy[SIZE], random_bytes[70000];

	for (u32 block_size = 512; block_size <= 4096; block_size *= 8) {
		start(SIZE, block_size);
		memcpy(copy, bytes, SIZE);
		for (u32 seed = 1, i = 0; i < 300; i++) {
			u64 offset;
			size_t size;

			seed = seed * 1103515245 + 12345;
			offset = seed % (SIZE - 70000);
			size = i % 2 ? seed >> 8 & 0xffff : seed >> 8 & 0x3ff;
			for (size_t j = 0; j < size; j++)
				random_bytes[j] = (u8)(seed >> j % 24);
			CHECK_EQUAL(block_write_bytes(&disk.device, offset, size, random_bytes),
				    OK);
			memcpy(copy + offset, random_bytes, size);
			check_read(offset, size);
		}
		CHECK(memcmp(copy, bytes, SIZE) == 0);
	}
}
