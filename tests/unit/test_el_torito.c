/* SPDX-License-Identifier: Apache-2.0 */
/* drivers/partition/el_torito.c */
#include "core/log.h"
#include "drivers/partition/partition.h"
#include "lib/util.h"
#include "tests/host/fat_image.h"
#include "tests/host/memory_console.h"
#include "tests/unit/test.h"

enum { SECTOR = 2048, SECTORS = 200, CATALOG = 30, IMAGE = 40 };

static u8 bytes[SECTORS * SECTOR];
static struct memory_disk disk;
static struct arena arena;
static struct partition_table table;

static u8 *sector_at(u32 sector)
{
	return bytes + (size_t)sector * SECTOR;
}

static u8 *record(u32 index)
{
	return sector_at(CATALOG) + (size_t)index * 32;
}

static void set_descriptor(u32 sector, u8 type)
{
	sector_at(sector)[0] = type;
	memcpy(sector_at(sector) + 1, "CD001\1", 6);
}

static void set_validation(u8 platform)
{
	memset(record(0), 0, 32);
	record(0)[0] = 1;
	record(0)[1] = platform;
	store_le16(record(0) + 30, 0xaa55);
	store_le16(record(0) + 28, (u16)(0 - 0xaa55 - (1 | platform << 8)));
}

static void set_header(u32 index, u8 type, u8 platform, u16 count)
{
	record(index)[0] = type;
	record(index)[1] = platform;
	store_le16(record(index) + 2, count);
}

static void set_entry(u32 index, u16 count, u32 sector)
{
	record(index)[0] = 0x88;
	store_le16(record(index) + 6, count);
	store_le32(record(index) + 8, sector);
}

/* As on installers: an image for a BIOS, and one for UEFI in a section. */
static void start(void)
{
	memset(bytes, 0, sizeof(bytes));
	set_descriptor(16, 1);
	set_descriptor(17, 0);
	memcpy(sector_at(17) + 7, "EL TORITO SPECIFICATION", 23);
	store_le32(sector_at(17) + 71, CATALOG);
	set_descriptor(18, 255);
	set_validation(0);
	set_entry(1, 4, 35);
	set_header(2, 0x91, 0xef, 1);
	set_entry(3, 64, IMAGE);
}

static enum status scan_blocks(u32 block_size)
{
	arena_release(&arena);
	memory_disk_init(&disk, bytes, sizeof(bytes), block_size);
	table = (struct partition_table){ 0 };
	return el_torito_scheme.scan(&disk.device, &arena, &table);
}

static enum status scan(void)
{
	return scan_blocks(512);
}

static void check_image(u32 index, u32 number, u64 first, u64 count)
{
	CHECK(index < table.count);
	if (index >= table.count)
		return;
	CHECK_EQUAL(table.partitions[index].partition_number, number);
	CHECK_EQUAL(table.partitions[index].kind, PARTITION_ESP);
	CHECK_EQUAL(table.partitions[index].first_block, first);
	CHECK_EQUAL(table.partitions[index].block_count, count);
	CHECK(table.partitions[index].read_only);
}

TEST(image_in_a_section)
{
	start();
	CHECK_EQUAL(scan(), OK);
	CHECK_TEXT(table.scheme, "El Torito");
	CHECK_EQUAL(table.count, 1);
	check_image(0, 2, IMAGE * 4, 64);
	CHECK_EQUAL(table.partitions[0].id->kind, PARTITION_ID_EL_TORITO);
}

TEST(blocks_of_a_drive)
{
	start();
	store_le16(record(3) + 6, 65); /* rounded up to whole blocks */
	CHECK_EQUAL(scan_blocks(2048), OK);
	check_image(0, 2, IMAGE, 17);
	CHECK_EQUAL(scan_blocks(4096), OK);
	check_image(0, 2, IMAGE / 2, 9);
	store_le32(record(3) + 8, IMAGE + 1);
	CHECK_EQUAL(scan_blocks(4096), ERR_UNRECOGNIZED);
	CHECK_EQUAL(scan_blocks(2048), OK);
}

TEST(image_of_the_initial_entry)
{
	start();
	set_validation(0xef);
	record(2)[0] = 0;
	CHECK_EQUAL(scan(), OK);
	CHECK_EQUAL(table.count, 1);
	check_image(0, 1, 35 * 4, 4);
}

TEST(several_sections)
{
	start();
	set_header(2, 0x90, 0, 2);
	set_entry(3, 4, 36);
	record(3)[1] = 0x20; /* an extension follows */
	record(4)[0] = 0x44;
	set_entry(5, 4, 37);
	set_header(6, 0x90, 0xef, 2);
	set_entry(7, 8, 50);
	record(8)[0] = 0; /* does not boot */
	set_header(9, 0x91, 0xef, 1);
	set_entry(10, 8, 60);
	set_header(11, 0x91, 0xef, 1); /* after the last */
	set_entry(12, 8, 70);
	CHECK_EQUAL(scan(), OK);
	CHECK_EQUAL(table.count, 2);
	check_image(0, 4, 50 * 4, 8);
	check_image(1, 6, 60 * 4, 8);
}

TEST(unknown_sizes)
{
	for (u16 count = 0; count < 2; count++) {
		start();
		store_le16(record(3) + 6, count);
		CHECK_EQUAL(scan(), OK);
		check_image(0, 2, IMAGE * 4, (SECTORS - IMAGE) * 4);
	}
	/* A file system that is larger than the entry's 16 bits can express. */
	store_le16(sector_at(IMAGE) + 11, 512);
	store_le16(sector_at(IMAGE) + 19, 100);
	store_le16(sector_at(IMAGE) + 510, 0xaa55);
	CHECK_EQUAL(scan(), OK);
	check_image(0, 2, IMAGE * 4, 100);
	store_le16(sector_at(IMAGE) + 19, 0);
	store_le32(sector_at(IMAGE) + 32, 200);
	store_le16(record(3) + 6, 7);
	CHECK_EQUAL(scan(), OK);
	check_image(0, 2, IMAGE * 4, 200);
	store_le32(sector_at(IMAGE) + 32, UINT32_MAX);
	CHECK_EQUAL(scan(), OK);
	check_image(0, 2, IMAGE * 4, (SECTORS - IMAGE) * 4);
}

TEST(emulations_are_left_out)
{
	start();
	record(3)[1] = 2;
	CHECK_EQUAL(scan(), ERR_UNRECOGNIZED);
}

TEST(partition_table_made_for_disks)
{
	start();
	bytes[446 + 16 + 4] = 0xef;
	store_le16(bytes + 510, 0xaa55);
	CHECK_EQUAL(scan(), ERR_UNRECOGNIZED);
	/* Its block size is not this drive's. */
	CHECK_EQUAL(scan_blocks(2048), OK);
	bytes[446 + 16 + 4] = 0x17;
	CHECK_EQUAL(scan(), OK);
}

static enum status scan_with_partition(u8 type, u32 first, u32 count)
{
	start();
	bytes[446 + 4] = type;
	store_le32(bytes + 446 + 8, first);
	store_le32(bytes + 446 + 12, count);
	store_le16(bytes + 510, 0xaa55);
	return scan();
}

/*
 * Partition tables of images: covering the whole image, from its start or from the descriptors on,
 * with a used or unused type.
 */
TEST(partition_table_of_the_image)
{
	const u32 blocks = SECTORS * 4;

	CHECK_EQUAL(scan_with_partition(0x17, 0, blocks), OK);
	CHECK_EQUAL(scan_with_partition(0xcd, 1, blocks - 1), OK);
	CHECK_EQUAL(scan_with_partition(0x83, 64, blocks - 64), OK);
	CHECK_EQUAL(scan_with_partition(0, 0, blocks), OK);
	/* A second partition does not matter. */
	store_le32(bytes + 446 + 16 + 8, 100);
	store_le32(bytes + 446 + 16 + 12, 100);
	bytes[446 + 16 + 4] = 0x83;
	CHECK_EQUAL(scan(), OK);
}

/* Remains from before a disk was partitioned or formatted. */
TEST(remains_of_an_image)
{
	const u32 blocks = SECTORS * 4;

	CHECK_EQUAL(scan_with_partition(0x0c, 65, blocks - 65), ERR_UNRECOGNIZED);
	CHECK_EQUAL(scan_with_partition(0x83, 100, 100), ERR_UNRECOGNIZED);
	CHECK_EQUAL(scan_with_partition(0x83, 0, 64), ERR_UNRECOGNIZED);
	CHECK_EQUAL(scan_with_partition(0x83, UINT32_MAX, UINT32_MAX), ERR_UNRECOGNIZED);
	/* No partition, no partition table, or one for another block size. */
	CHECK_EQUAL(scan_with_partition(0, 100, 100), OK);
	CHECK_EQUAL(scan_with_partition(0x83, 100, 0), OK);
	CHECK_EQUAL(scan_with_partition(0x0c, 100, 100), ERR_UNRECOGNIZED);
	CHECK_EQUAL(scan_blocks(2048), OK);
	bytes[511] = 0;
	CHECK_EQUAL(scan(), OK);

	for (u16 size = 512; size <= 4096; size *= 2) {
		start();
		store_le16(bytes + 11, size);
		store_le16(bytes + 510, 0xaa55);
		CHECK_EQUAL(scan_blocks(size), ERR_UNRECOGNIZED);
		CHECK_EQUAL(scan_blocks(size == 512 ? 2048 : 512), OK);
	}
}

TEST(other_disks)
{
	start();
	sector_at(16)[1] = 'B';
	CHECK_EQUAL(scan(), ERR_UNRECOGNIZED);
	start();
	set_descriptor(16, 255);
	CHECK_EQUAL(scan(), ERR_UNRECOGNIZED);
	start();
	sector_at(17)[10] = '?';
	CHECK_EQUAL(scan(), ERR_UNRECOGNIZED);
	/* Descriptors without a terminator. */
	memset(bytes, 0, sizeof(bytes));
	for (u32 i = 16; i < SECTORS; i++)
		set_descriptor(i, 1);
	CHECK_EQUAL(scan(), ERR_UNRECOGNIZED);
	CHECK(disk.reads < 20);
	/* A disk that ends before them. */
	arena_release(&arena);
	memory_disk_init(&disk, bytes, 512, 512);
	CHECK_EQUAL(el_torito_scheme.scan(&disk.device, &arena, &table), ERR_UNRECOGNIZED);
}

TEST(bad_catalogs)
{
	log_set_threshold(LOG_NONE);
	start();
	record(0)[4] = 1; /* the sum */
	CHECK_EQUAL(scan(), ERR_CORRUPT);
	start();
	record(0)[30] = 0;
	CHECK_EQUAL(scan(), ERR_CORRUPT);
	start();
	store_le32(sector_at(17) + 71, SECTORS);
	CHECK_EQUAL(scan(), ERR_CORRUPT);
	store_le32(sector_at(17) + 71, UINT32_MAX);
	CHECK_EQUAL(scan(), ERR_CORRUPT);
	start();
	store_le32(record(3) + 8, SECTORS);
	CHECK_EQUAL(scan(), ERR_UNRECOGNIZED);
	store_le32(record(3) + 8, UINT32_MAX);
	CHECK_EQUAL(scan(), ERR_UNRECOGNIZED);
	/* More entries than fit in the catalog, all for one image. */
	start();
	set_header(2, 0x91, 0xef, UINT16_MAX);
	for (u32 i = 3; i < 64; i++)
		set_entry(i, 64, IMAGE);
	CHECK_EQUAL(scan(), OK);
	CHECK_EQUAL(table.count, 61);
	CHECK(disk.reads < 20);
	start();
	memory_disk_init(&disk, bytes, sizeof(bytes), 512);
	disk.bad_block = CATALOG * 4;
	CHECK_EQUAL(el_torito_scheme.scan(&disk.device, &arena, &table), ERR_IO);
	log_set_threshold(CONFIG_LOG_LEVEL);
}
