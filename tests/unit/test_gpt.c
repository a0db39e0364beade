/* SPDX-License-Identifier: Apache-2.0 */
/* drivers/partition/gpt.c: valid and broken tables, and their backups. */
#include "core/log.h"
#include "drivers/partition/partition.h"
#include "lib/util.h"
#include "tests/host/gpt_image.h"
#include "tests/host/memory_console.h"
#include "tests/unit/test.h"

enum { SIZE = 4 << 20 };

static u8 bytes[SIZE];
static struct memory_disk disk;
static struct arena arena;
static struct partition_table table;
static struct gpt_image image;

static void start_shape(u32 block_size, u32 entry_count, u32 entry_size)
{
	gpt_image_init(&image, bytes, SIZE, block_size, entry_count, entry_size);
}

static void start(void)
{
	start_shape(512, 0, 0);
	gpt_image_partition(&image, 0, gpt_image_esp, 64, 163);
	gpt_image_partition(&image, 1, gpt_image_other, 164, 1000);
	gpt_image_seal(&image);
}

static enum status scan(void)
{
	arena_release(&arena);
	memory_disk_init(&disk, bytes, SIZE, image.block_size);
	table = (struct partition_table){ 0 };
	return gpt_scheme.scan(&disk.device, &arena, &table);
}

static void check_partition(u32 index, u32 number, enum partition_kind kind, u64 first, u64 count)
{
	const struct block_device *partition = &table.partitions[index];

	CHECK(index < table.count);
	if (index >= table.count)
		return;
	CHECK_EQUAL(partition->partition_number, number);
	CHECK_EQUAL(partition->kind, kind);
	CHECK_EQUAL(partition->first_block, first);
	CHECK_EQUAL(partition->block_count, count);
	CHECK(partition->disk == &disk.device);
}

TEST(partitions_have_identities)
{
	const struct partition_id *id;

	start();
	for (u8 i = 0; i < 112; i++)
		gpt_image_entry(&image, 1)[16 + i] = i >= 16 && i < 32 ? 0 : (u8)(0xa0 + i);
	store_le64(gpt_image_entry(&image, 1) + 32, 164);
	store_le64(gpt_image_entry(&image, 1) + 40, 1000);
	gpt_image_seal(&image);
	CHECK_EQUAL(scan(), OK);
	id = table.partitions[1].id;
	CHECK(id);
	CHECK_EQUAL(id->kind, PARTITION_ID_GPT);
	CHECK(memcmp(&id->type, gpt_image_other, 16) == 0);
	CHECK(memcmp(&id->unique, gpt_image_entry(&image, 1) + 16, 16) == 0);
	CHECK_EQUAL(id->attributes, load_le64(gpt_image_entry(&image, 1) + 48));
	CHECK(memcmp(id->name, gpt_image_entry(&image, 1) + 56, 72) == 0);
}

static void check_usual(void)
{
	CHECK_EQUAL(scan(), OK);
	CHECK_EQUAL(table.count, 2);
	check_partition(0, 1, PARTITION_ESP, 64, 100);
	check_partition(1, 2, PARTITION_OTHER, 164, 837);
}

TEST(the_usual_table_in_one_request)
{
	start();
	check_usual();
	CHECK_TEXT(table.scheme, "GPT");
	CHECK_EQUAL(disk.reads, 1);
}

TEST(no_table)
{
	start();
	memset(bytes, 0, SIZE);
	CHECK_EQUAL(scan(), ERR_UNRECOGNIZED);
	for (size_t size = 512; size <= 2048; size += 512) {
		memory_disk_init(&disk, bytes, size, 512);
		CHECK_EQUAL(gpt_scheme.scan(&disk.device, &arena, &table), ERR_UNRECOGNIZED);
	}
}

TEST(entries_of_any_size_and_number)
{
	static const u32 sizes[] = { 128, 136, 192, 256, 512, 1000, 1024, 4096 };
	static const u32 counts[] = { 1, 2, 4, 55, 128, 129, 250 };

	for (u32 block_size = 512; block_size <= 4096; block_size *= 2) {
		for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
			for (u32 j = 0; j < ARRAY_SIZE(counts); j++) {
				u64 middle;

				start_shape(block_size, counts[j], sizes[i]);
				middle = image.last_lba / 2;
				gpt_image_partition(&image, counts[j] - 1, gpt_image_xbootldr,
						    middle, middle + 9);
				gpt_image_entry(&image, counts[j] - 1)[sizes[i] - 1] = 0xff;
				gpt_image_seal(&image);
				CHECK_EQUAL(scan(), OK);
				CHECK_EQUAL(table.count, 1);
				check_partition(0, counts[j], PARTITION_XBOOTLDR, middle, 10);
			}
		}
	}
}

TEST(an_empty_table_and_a_full_one)
{
	start_shape(512, 0, 0);
	gpt_image_seal(&image);
	CHECK_EQUAL(scan(), OK);
	CHECK_EQUAL(table.count, 0);
	for (u32 i = 0; i < 128; i++)
		gpt_image_partition(&image, i, gpt_image_other, 100 + i, 100 + i);
	gpt_image_seal(&image);
	CHECK_EQUAL(scan(), OK);
	CHECK_EQUAL(table.count, 128);
	check_partition(127, 128, PARTITION_OTHER, 227, 1);
}

TEST(boot_partitions_have_priority_in_an_overfull_table)
{
	start_shape(512, 300, 128);
	for (u32 i = 0; i < 300; i++)
		gpt_image_partition(&image, i,
				    i == 200 || i == 5 ? gpt_image_esp :
				    i == 299           ? gpt_image_xbootldr :
							 gpt_image_other,
				    100 + i, 100 + i);
	gpt_image_seal(&image);
	CHECK_EQUAL(scan(), OK);
	CHECK_EQUAL(table.count, PARTITIONS_MAX);
	check_partition(5, 6, PARTITION_ESP, 105, 1);
	check_partition(125, 126, PARTITION_OTHER, 225, 1);
	check_partition(126, 201, PARTITION_ESP, 300, 1);
	check_partition(127, 300, PARTITION_XBOOTLDR, 399, 1);
	/* More of those than there is room for. */
	for (u32 i = 0; i < 300; i++)
		gpt_image_partition(&image, i, gpt_image_esp, 100 + i, 100 + i);
	gpt_image_seal(&image);
	CHECK_EQUAL(scan(), OK);
	CHECK_EQUAL(table.count, PARTITIONS_MAX);
	check_partition(127, 128, PARTITION_ESP, 227, 1);
	/* None of them. */
	for (u32 i = 0; i < 300; i++)
		gpt_image_partition(&image, i, gpt_image_other, 100 + i, 100 + i);
	gpt_image_seal(&image);
	CHECK_EQUAL(scan(), OK);
	CHECK_EQUAL(table.count, PARTITIONS_MAX);
	check_partition(127, 128, PARTITION_OTHER, 227, 1);
}

/* Each line costs VM exits, so a malicious table must not delay the boot by filling the log. */
static void check_few_lines(u32 last_lba, u32 count)
{
	static struct memory_console console;
	u32 lines = 0;

	start_shape(512, 8192, 128);
	for (u32 i = 0; i < 8192; i++)
		gpt_image_partition(&image, i, i % 2 ? gpt_image_esp : gpt_image_other, 3000,
				    last_lba);
	gpt_image_seal(&image);
	memory_console_init(&console, "");
	log_replay();
	CHECK_EQUAL(scan(), OK);
	console_unregister(&console.console);
	CHECK_EQUAL(table.count, count);
	for (size_t i = 0; i < console.size; i++)
		lines += console.text[i] == '\n';
	CHECK(console.size < sizeof(console.text) / 2);
	CHECK(lines > 1 && lines <= 3 * PARTITIONS_MAX);
}

TEST(thousands_of_bad_entries_are_reported_in_few_lines)
{
	check_few_lines(3000, PARTITIONS_MAX); /* overlapping */
	check_few_lines(2999, 0);              /* impossible */
}

/*
 * Tools that delete a partition may leave its block numbers in place; adjacent partitions do not
 * overlap.
 */
TEST(unused_entries_are_skipped_without_a_message)
{
	static struct memory_console console;

	start();
	gpt_image_partition(&image, 5, gpt_image_esp, 1001, 2000);
	gpt_image_partition(&image, 7, gpt_image_other, 100, 163);
	memset(gpt_image_entry(&image, 0), 0, 16);
	gpt_image_seal(&image);
	memory_console_log(&console, LOG_WARNING);
	CHECK_EQUAL(scan(), OK);
	CHECK_TEXT(console.text, "");
	console_unregister(&console.console);
	CHECK_EQUAL(table.count, 3);
	check_partition(0, 2, PARTITION_OTHER, 164, 837);
	check_partition(1, 6, PARTITION_ESP, 1001, 1000);
	check_partition(2, 8, PARTITION_OTHER, 100, 64);
}

TEST(invalid_entries_are_dropped)
{
	start();
	gpt_image_partition(&image, 2, gpt_image_esp, 2000, 1999);
	gpt_image_partition(&image, 3, gpt_image_esp, 2000, 1000);
	gpt_image_partition(&image, 4, gpt_image_esp, 5000, image.last_lba + 1);
	gpt_image_partition(&image, 5, gpt_image_esp, UINT64_MAX, UINT64_MAX);
	gpt_image_partition(&image, 6, gpt_image_esp, 0, UINT64_MAX);
	gpt_image_partition(&image, 7, gpt_image_xbootldr, 150, 170); /* overlaps: reported, kept */
	gpt_image_seal(&image);
	CHECK_EQUAL(scan(), OK);
	CHECK_EQUAL(table.count, 3);
	check_partition(2, 8, PARTITION_XBOOTLDR, 150, 21);
}

/* Tools that place a boot loader first ignore the header's usable blocks. */
TEST(partitions_outside_the_usable_blocks)
{
	start();
	gpt_image_partition(&image, 2, gpt_image_other, 34, 63);
	gpt_image_partition(&image, 3, gpt_image_esp, 5000, image.last_lba);
	store_le64(gpt_image_header(&image) + 40, 64);
	store_le64(gpt_image_header(&image) + 48, 4999);
	gpt_image_seal(&image);
	CHECK_EQUAL(scan(), OK);
	CHECK_EQUAL(table.count, 4);
	check_partition(2, 3, PARTITION_OTHER, 34, 30);
	check_partition(3, 4, PARTITION_ESP, 5000, image.last_lba - 4999);
}

/* Each byte of the primary header and of the used entries: the backup is used. */
TEST(a_damaged_primary_table)
{
	for (u32 at = 0; at < 92; at++) {
		start();
		gpt_image_header(&image)[at] ^= 0x40;
		check_usual();
	}
	for (u32 at = 0; at < 300; at++) {
		start();
		gpt_image_entry(&image, 0)[at] ^= 1;
		check_usual();
	}
	start();
	gpt_image_entry(&image, 127)[127] = 1;
	check_usual();
	start();
	memset(bytes, 0, 34 * 512);
	check_usual();
}

TEST(both_tables_damaged)
{
	for (u32 at = 0; at < 92; at++) {
		start();
		gpt_image_header(&image)[at] ^= 1;
		gpt_image_backup(&image)[at] ^= 1;
		CHECK_EQUAL(scan(), at < 8 ? ERR_UNRECOGNIZED : ERR_CORRUPT);
	}
}

/* The message describes the fault of the existing table, whichever it is. */
TEST(one_table_damaged_and_the_other_erased)
{
	start();
	gpt_image_header(&image)[20] ^= 1;
	memset(gpt_image_backup(&image), 0, 512);
	CHECK_EQUAL(scan(), ERR_CORRUPT);
	start();
	memset(gpt_image_header(&image), 0, 512);
	gpt_image_backup(&image)[20] ^= 1;
	CHECK_EQUAL(scan(), ERR_CORRUPT);
}

/* Wrong numbers with correct CRCs, in both headers. */
static void check_header(u32 offset, u32 size, u64 value, enum status expected)
{
	enum status status;

	start();
	for (u32 i = 0; i < size; i++)
		gpt_image_header(&image)[offset + i] = gpt_image_backup(&image)[offset + i] =
			(u8)(value >> 8 * i);
	gpt_image_seal_header(&image, 1);
	gpt_image_seal_header(&image, image.last_lba);
	status = scan();
	CHECK_OF(status == expected, "%u bytes at %u: %#llx: %s", size, offset,
		 (unsigned long long)value, status_name(status));
}

TEST(wrong_headers)
{
	check_header(8, 4, 0x00020000, ERR_UNSUPPORTED);
	check_header(8, 4, 0x00010001, OK);
	check_header(12, 4, 0, ERR_CORRUPT);
	check_header(12, 4, 91, ERR_CORRUPT);
	check_header(12, 4, 92, OK);
	check_header(12, 4, 512, OK);
	check_header(12, 4, 513, ERR_CORRUPT);
	check_header(12, 4, UINT32_MAX, ERR_CORRUPT);
	check_header(24, 8, 2, ERR_CORRUPT);
	check_header(40, 8, UINT64_MAX, ERR_CORRUPT);
	check_header(48, 8, SIZE / 512, ERR_CORRUPT);
	check_header(48, 8, 1, ERR_CORRUPT);
	check_header(72, 8, 0, ERR_CORRUPT);
	check_header(72, 8, 1, ERR_CORRUPT);
	check_header(72, 8, SIZE / 512, ERR_CORRUPT);
	check_header(72, 8, SIZE / 512 - 31, ERR_CORRUPT);
	check_header(72, 8, UINT64_MAX, ERR_CORRUPT);
	check_header(72, 8, UINT64_MAX / 512, ERR_CORRUPT);
	check_header(80, 4, 0, OK);
	check_header(80, 4, 8192, OK);
	check_header(80, 4, 8193, ERR_UNSUPPORTED);
	check_header(80, 4, UINT32_MAX, ERR_UNSUPPORTED);
	check_header(84, 4, 0, ERR_CORRUPT);
	check_header(84, 4, 120, ERR_CORRUPT);
	check_header(84, 4, 129, ERR_CORRUPT);
	check_header(84, 4, 4104, ERR_CORRUPT);
	check_header(84, 4, UINT32_MAX, ERR_CORRUPT);
}

/*
 * The primary's entries are broken, and the disk has grown: the backup is where the header says.
 */
TEST(a_backup_within_the_disk)
{
	start();
	image.last_lba = 4000;
	memmove(bytes + 4000 * 512, bytes + SIZE - 512, 512);
	memmove(bytes + 3000 * 512, bytes + SIZE - 33 * 512, 32 * 512);
	memset(bytes + SIZE - 33 * 512, 0, 33 * 512);
	store_le64(gpt_image_header(&image) + 32, 4000);
	store_le64(gpt_image_backup(&image) + 24, 4000);
	store_le64(gpt_image_backup(&image) + 72, 3000);
	gpt_image_seal_header(&image, 1);
	gpt_image_seal_header(&image, 4000);
	gpt_image_entry(&image, 0)[0] ^= 1;
	check_usual();
	/*
	 * A header with an invalid backup address: the end of the disk is the last place to look.
	 */
	start();
	store_le64(gpt_image_header(&image) + 32, UINT64_MAX);
	gpt_image_seal_header(&image, 1);
	gpt_image_entry(&image, 0)[0] ^= 1;
	check_usual();
}

/* The disk has since been given another table or a file system by a tool that left this table. */
TEST(a_stale_table)
{
	start();
	bytes[446 + 4] = 0x83;
	CHECK_EQUAL(scan(), ERR_UNRECOGNIZED);
	bytes[446 + 4] = 0;
	CHECK_EQUAL(scan(), ERR_UNRECOGNIZED);
	memset(bytes + 512, 0, 33 * 512);
	CHECK_EQUAL(scan(), ERR_UNRECOGNIZED);
	bytes[446 + 16 + 4] = 0xee;
	check_usual();
}

/* Only the type counts, whatever the other fields are. A hybrid MBR is accepted as protective.
 */
TEST(protective_mbrs)
{
	start();
	bytes[446] = 0x80; /* active */
	store_le32(bytes + 446 + 12, UINT32_MAX);
	check_usual();
	store_le32(bytes + 446 + 12, 100);
	check_usual();
	memcpy(bytes + 446 + 3 * 16, bytes + 446, 16);
	bytes[446 + 4] = 0x0c;
	check_usual();
	memset(bytes, 0, 512); /* none at all */
	check_usual();
}

TEST(made_for_other_blocks)
{
	start();
	image.block_size = 4096;
	CHECK_EQUAL(scan(), ERR_UNSUPPORTED);
	start_shape(4096, 0, 0);
	gpt_image_seal(&image);
	CHECK_EQUAL(scan(), OK);
	image.block_size = 512;
	CHECK_EQUAL(scan(), ERR_UNSUPPORTED);
}

TEST(a_device_that_fails)
{
	start();
	memory_disk_init(&disk, bytes, SIZE, 512);
	disk.bad_block = 1;
	CHECK_EQUAL(gpt_scheme.scan(&disk.device, &arena, &table), OK);
	memory_disk_init(&disk, bytes, SIZE, 512);
	disk.bad_block = SIZE / 512 - 1;
	CHECK_EQUAL(gpt_scheme.scan(&disk.device, &arena, &table), OK);
	CHECK_EQUAL(table.count, 2);
}
