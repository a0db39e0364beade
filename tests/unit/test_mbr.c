/* SPDX-License-Identifier: Apache-2.0 */
/* drivers/partition/mbr.c, whole_disk.c */
#include "core/log.h"
#include "drivers/partition/partition.h"
#include "lib/util.h"
#include "tests/host/fat_image.h"
#include "tests/host/memory_console.h"
#include "tests/unit/test.h"

enum { BLOCKS = 4000 };

static u8 bytes[BLOCKS * 512];
static struct memory_disk disk;
static struct arena arena;
static struct partition_table table;

static void set_entry(u64 lba, u32 index, u8 type, u32 first, u32 count)
{
	u8 *entry = bytes + lba * 512 + 446 + index * 16;

	entry[4] = type;
	store_le32(entry + 8, first);
	store_le32(entry + 12, count);
	store_le16(bytes + lba * 512 + 510, 0xaa55);
}

static void start(void)
{
	memset(bytes, 0, sizeof(bytes));
}

static enum status scan(void)
{
	arena_release(&arena);
	memory_disk_init(&disk, bytes, sizeof(bytes), 512);
	table = (struct partition_table){ 0 };
	return mbr_scheme.scan(&disk.device, &arena, &table);
}

static void check_partition(u32 index, u32 number, enum partition_kind kind, u64 first, u64 count)
{
	CHECK(index < table.count);
	if (index >= table.count)
		return;
	CHECK_EQUAL(table.partitions[index].partition_number, number);
	CHECK_EQUAL(table.partitions[index].kind, kind);
	CHECK_EQUAL(table.partitions[index].first_block, first);
	CHECK_EQUAL(table.partitions[index].block_count, count);
}

TEST(primary_partitions)
{
	start();
	set_entry(0, 0, 0xef, 64, 100);
	set_entry(0, 1, 0x83, 164, 10);
	set_entry(0, 3, 0xea, 200, BLOCKS - 200);
	bytes[446] = 0x80;
	CHECK_EQUAL(scan(), OK);
	CHECK_TEXT(table.scheme, "MBR");
	CHECK_EQUAL(table.count, 3);
	check_partition(0, 1, PARTITION_ESP, 64, 100);
	check_partition(1, 2, PARTITION_OTHER, 164, 10);
	check_partition(2, 4, PARTITION_XBOOTLDR, 200, BLOCKS - 200);
	CHECK_EQUAL(disk.reads, 1);
}

/* Three logical partitions after two primary ones, in records out of order. */
static void make_logical(u8 type)
{
	start();
	set_entry(0, 0, 0x83, 64, 100);
	set_entry(0, 1, type, 1000, 2000);
	set_entry(1000, 0, 0x83, 8, 92);
	set_entry(1000, 1, type, 1500, 200);
	set_entry(2500, 0, 0x83, 8, 192);
	set_entry(2500, 1, type, 500, 100);
	set_entry(1500, 0, 0xef, 16, 50);
}

TEST(logical_partitions)
{
	static const u8 types[] = { 0x05, 0x0f, 0x85 };

	for (u32 i = 0; i < ARRAY_SIZE(types); i++) {
		make_logical(types[i]);
		CHECK_EQUAL(scan(), OK);
		CHECK_EQUAL(table.count, 4);
		check_partition(0, 1, PARTITION_OTHER, 64, 100);
		check_partition(1, 5, PARTITION_OTHER, 1008, 92);
		check_partition(2, 6, PARTITION_OTHER, 2508, 192);
		check_partition(3, 7, PARTITION_ESP, 1516, 50);
	}
}

TEST(partitions_have_identities)
{
	start();
	store_le32(bytes + 440, 0x12345678);
	set_entry(0, 0, 0xef, 64, 100);
	set_entry(0, 1, 0x0f, 200, 100);
	set_entry(200, 0, 0x83, 1, 5);
	store_le32(bytes + 200 * 512 + 440, 0x99999999); /* an extended boot record has none */
	CHECK_EQUAL(scan(), OK);
	CHECK_EQUAL(table.count, 2);
	for (u32 i = 0; i < 2; i++) {
		const struct partition_id *id = table.partitions[i].id;

		CHECK_EQUAL(id->kind, PARTITION_ID_MBR);
		CHECK_EQUAL(id->disk_signature, 0x12345678);
		CHECK(memcmp(id->record, bytes + (i ? 200 * 512 : 0) + 446, 16) == 0);
	}
}

TEST(broken_chains)
{
	static const struct {
		u32 link, count;
	} links[] = {
		{ 0, 4 },                 /* to the first record */
		{ 500, 4 },               /* to itself */
		{ 1500, PARTITIONS_MAX }, /* to the previous one: a loop, but with a limit */
		{ 3000, 4 },              /* outside */
		{ UINT32_MAX, 4 },
		{ 1501, 4 }, /* to a block that does not exist */
	};

	for (u32 i = 0; i < ARRAY_SIZE(links); i++) {
		make_logical(5);
		set_entry(1500, 1, 5, links[i].link, 100);
		CHECK_EQUAL(scan(), OK);
		CHECK_EQUAL(table.count, links[i].count);
		check_partition(3, 7, PARTITION_ESP, 1516, 50);
		CHECK(disk.reads <= 8);
	}
	/* Records without a partition that form a loop. */
	make_logical(5);
	set_entry(2500, 0, 0, 0, 0);
	set_entry(1500, 0, 0, 0, 0);
	set_entry(1500, 1, 5, 1500, 10);
	CHECK_EQUAL(scan(), OK);
	CHECK_EQUAL(table.count, 2);
	/* An extended partition outside of the disk. */
	start();
	set_entry(0, 0, 0x83, 64, 100);
	set_entry(0, 1, 0x05, BLOCKS, 100);
	CHECK_EQUAL(scan(), OK);
	CHECK_EQUAL(table.count, 1);
}

TEST(invalid_records_end_the_chain)
{
	make_logical(5);
	store_le16(bytes + 2500 * 512 + 510, 0);
	CHECK_EQUAL(scan(), OK);
	CHECK_EQUAL(table.count, 2);
	/* A link of no blocks is not a link. */
	make_logical(5);
	set_entry(1000, 1, 5, 1500, 0);
	CHECK_EQUAL(scan(), OK);
	CHECK_EQUAL(table.count, 2);
	make_logical(5);
	set_entry(0, 1, 5, 1000, 0);
	CHECK_EQUAL(scan(), OK);
	CHECK_EQUAL(table.count, 1);
}

TEST(records_that_cannot_be_read)
{
	make_logical(5);
	CHECK_EQUAL(scan(), OK);
	block_cache_invalidate(&disk.device);
	disk.bad_block = 2500;
	CHECK_EQUAL(mbr_scheme.scan(&disk.device, &arena, &table), OK);
	CHECK_EQUAL(table.count, 2);
	block_cache_invalidate(&disk.device);
	disk.bad_block = 0;
	CHECK_EQUAL(mbr_scheme.scan(&disk.device, &arena, &table), ERR_IO);
}

TEST(unused_entries_have_no_number)
{
	make_logical(5);
	set_entry(1000, 0, 0x83, 8, 0);
	set_entry(2500, 0, 0, 8, 192);
	set_entry(0, 2, 0, 200, 100);
	CHECK_EQUAL(scan(), OK);
	CHECK_EQUAL(table.count, 2);
	check_partition(0, 1, PARTITION_OTHER, 64, 100);
	check_partition(1, 5, PARTITION_ESP, 1516, 50);
}

TEST(invalid_entries)
{
	start();
	set_entry(0, 0, 0x83, 64, 0);
	set_entry(0, 1, 0x83, BLOCKS, 1);
	set_entry(0, 2, 0x83, 0, 10);
	set_entry(0, 3, 0x83, UINT32_MAX, UINT32_MAX);
	CHECK_EQUAL(scan(), ERR_UNRECOGNIZED);
	set_entry(0, 2, 0x83, 10, 10);
	CHECK_EQUAL(scan(), OK);
	CHECK_EQUAL(table.count, 1);
}

/* As Linux reads it: the partition ends where the disk does. */
TEST(a_truncated_disk)
{
	make_logical(5);
	set_entry(0, 0, 0x83, 64, UINT32_MAX);
	set_entry(1500, 0, 0xef, 16, BLOCKS);
	CHECK_EQUAL(scan(), OK);
	CHECK_EQUAL(table.count, 4);
	check_partition(0, 1, PARTITION_OTHER, 64, BLOCKS - 64);
	check_partition(3, 7, PARTITION_ESP, 1516, BLOCKS - 1516);
}

TEST(a_partition_up_to_the_last_block_is_complete)
{
	static struct memory_console console;

	make_logical(5);
	set_entry(0, 0, 0x83, 3000, BLOCKS - 3000);
	memory_console_log(&console, LOG_WARNING);
	CHECK_EQUAL(scan(), OK);
	CHECK_TEXT(console.text, "");
	console_unregister(&console.console);
	check_partition(0, 1, PARTITION_OTHER, 3000, BLOCKS - 3000);
}

/* As written by xorriso for a USB stick: the whole image, from block 0, and the ESP in it.
 */
TEST(isohybrid)
{
	start();
	set_entry(0, 0, 0x00, 0, BLOCKS);
	bytes[446] = 0x80;
	set_entry(0, 1, 0xef, 300, 100);
	CHECK_EQUAL(scan(), OK);
	CHECK_EQUAL(table.count, 1);
	check_partition(0, 2, PARTITION_ESP, 300, 100);
	bytes[446 + 4] = 0x17;
	CHECK_EQUAL(scan(), OK);
	CHECK_EQUAL(table.count, 1);
}

/* The unused fields of a record may contain anything. */
TEST(records_with_noise)
{
	make_logical(5);
	memset(bytes + 2500 * 512, 0xcc, 446);
	memset(bytes + 2500 * 512 + 446 + 2 * 16, 0xcc, 2 * 16);
	bytes[2500 * 512 + 446] = 0x12;
	CHECK_EQUAL(scan(), OK);
	CHECK_EQUAL(table.count, 4);
}

TEST(no_mbr)
{
	start();
	CHECK_EQUAL(scan(), ERR_UNRECOGNIZED);
	set_entry(0, 0, 0x83, 64, 100);
	CHECK_EQUAL(scan(), OK);
	bytes[510] = 0;
	CHECK_EQUAL(scan(), ERR_UNRECOGNIZED);
	bytes[510] = 0x55;
	bytes[446] = 0x01;
	CHECK_EQUAL(scan(), ERR_UNRECOGNIZED);
	bytes[446] = 0x00;
	set_entry(0, 1, 0xee, 1, BLOCKS - 1);
	CHECK_EQUAL(scan(), ERR_UNRECOGNIZED);
	memset(bytes, 0xff, sizeof(bytes));
	CHECK_EQUAL(scan(), ERR_UNRECOGNIZED);
}

TEST(a_disk_that_is_a_file_system)
{
	struct fat_image image;

	for (u32 bits = 12; bits <= 32; bits += 20) {
		fat_image_init(&image, &(struct fat_image_shape){ .entry_bits = bits,
								  .cluster_count = 2000 });
		memory_disk_init(&disk, image.bytes, image.size, 512);
		CHECK_EQUAL(mbr_scheme.scan(&disk.device, &arena, &table), ERR_UNRECOGNIZED);
		CHECK_EQUAL(gpt_scheme.scan(&disk.device, &arena, &table), ERR_UNRECOGNIZED);
		CHECK_EQUAL(whole_disk_scheme.scan(&disk.device, &arena, &table), OK);
		CHECK_EQUAL(table.count, 1);
		check_partition(0, 0, PARTITION_WHOLE_DISK, 0, image.size / 512);
		arena_release(&arena);
		fat_image_free(&image);
	}
}

TEST(every_byte_damaged)
{
	for (u32 at = 440; at < 512; at++) {
		for (u32 bit = 0; bit < 8; bit++) {
			enum status status;

			make_logical(5);
			bytes[at] ^= (u8)(1 << bit);
			status = scan();
			CHECK(status == OK || status == ERR_UNRECOGNIZED);
			for (u32 i = 0; i < table.count; i++)
				CHECK(table.partitions[i].first_block +
					      table.partitions[i].block_count <=
				      BLOCKS);
		}
	}
}
