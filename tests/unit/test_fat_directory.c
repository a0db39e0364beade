/* SPDX-License-Identifier: Apache-2.0 */
/* fs/fat/directory.c: paths, ends of directories, and malformed directories. */
#include "tests/unit/fat_directory.h"

TEST(paths)
{
	struct fat_image_directory efi, boot;
	struct volume *volume;
	struct file file;
	static const char *const good[] = { "/EFI/BOOT/BOOTX64.EFI",
					    "efi\\boot/bootx64.efi",
					    "//EFI//BOOT/",
					    "/EFI/./BOOT/../BOOT/BOOTX64.EFI",
					    "/..",
					    "",
					    "EFI/BOOT/../.." };
	static const char *const bad[] = { "/EFI/BOOT/BOOTX64.EFI/X", "/EFI/BOOTX64.EFI", "/BOOT",
					   "X/.." };

	for (u32 bits = 12; bits <= 32; bits += 20) {
		start(bits);
		efi = fat_image_make_directory(&image, &image.root_directory, NULL, "EFI        ");
		boot = fat_image_make_directory(&image, &efi, NULL, "BOOT       ");
		fat_image_file(&image, &boot, NULL, "BOOTX64 EFI", "x", 1);
		volume = root().volume;
		for (u32 i = 0; i < ARRAY_SIZE(good); i++)
			CHECK_EQUAL(volume_open(volume, span_of_string(good[i]), &file), OK);
		for (u32 i = 0; i < ARRAY_SIZE(bad); i++)
			CHECK_EQUAL(volume_open(volume, span_of_string(bad[i]), &file),
				    ERR_NOT_FOUND);
		CHECK_EQUAL(volume_open(volume, SPAN("/EFI/BOOT"), &file), OK);
		CHECK(file.is_directory);
		CHECK_TEXT(list(&file), "BOOTX64.EFI|");
		end();
	}
}

TEST(a_full_root_ends_at_its_end)
{
	struct fat_image_shape shape = { .entry_bits = 12,
					 .cluster_count = 3000,
					 .root_entries = 32 };
	char name[12];

	fat_image_init(&image, &shape);
	for (u32 i = 0; i < 32; i++) {
		snprintf(name, sizeof(name), "FILE%-7u", i);
		add(NULL, name);
	}
	/* It is followed by data that might look like an entry. */
	memcpy(image.bytes + image.data, "GHOST      ", 11);
	CHECK_EQUAL(strlen(list_root()), 10 * 6 + 22 * 7);
	CHECK_EQUAL(find("file31"), OK);
	CHECK_EQUAL(find("ghost"), ERR_NOT_FOUND);
	end();
}

/*
 * 10,000 files with three entries each, contiguous or fragmented: only blocks of the FAT are read
 * twice, and nothing is quadratic.
 */
static void check_large_directory(u32 stride)
{
	struct fat_image_directory entries;
	struct directory_entry entry;
	struct file directory, file;
	u64 cursor = 0;
	u32 count = 0;
	char name[40], short_name[12];

	fat_image_init(&image, &(struct fat_image_shape){ .entry_bits = 32,
							  .cluster_count = 70000,
							  .stride = stride });
	entries = fat_image_make_directory(&image, &image.root_directory, NULL, "ENTRIES    ");
	for (u32 i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "debian-entry-%05u.conf", i);
		snprintf(short_name, sizeof(short_name), "E%07uCON", i);
		fat_image_file(&image, &entries, name, short_name, "x", i % 5 == 0);
	}
	directory = root();
	CHECK_EQUAL(fat_find(&directory, SPAN("entries"), &directory), OK);
	disk.blocks_read = 0;
	while (directory_next(&directory, &cursor, &entry) == OK) {
		snprintf(name, sizeof(name), "debian-entry-%05u.conf", count++);
		CHECK_TEXT(entry.name, name);
	}
	CHECK_EQUAL(count, 10000);
	CHECK(disk.blocks_read < 8 * stride * 30000 / 16);
	disk.blocks_read = 0;
	CHECK_EQUAL(fat_find(&directory, SPAN("debian-entry-09999.conf"), &file), OK);
	CHECK_EQUAL(fat_find(&directory, SPAN("e0009999.con"), &file), OK);
	CHECK_EQUAL(fat_find(&directory, SPAN("debian-entry-10000.conf"), &file), ERR_NOT_FOUND);
	CHECK(disk.blocks_read < 3 * 8 * stride * 30000 / 16);
	end();
}

TEST(large_directories_are_linear)
{
	check_large_directory(1);
	check_large_directory(2);
}

/* The largest directory that FAT allows, without a free entry at the end, and one cluster more. */
TEST(the_largest_directory)
{
	for (u32 more = 0; more < 2; more++) {
		struct fat_image_directory full;
		struct file directory, file;

		fat_image_init(&image, &(struct fat_image_shape){ .entry_bits = 32,
								  .cluster_count = 66000 });
		full = fat_image_make_directory(&image, &image.root_directory, NULL, "FULL       ");
		while (full.count < FAT_DIRECTORY_ENTRIES_MAX + more)
			memcpy(fat_image_entry(&image, &full), "FILE       ", 11);
		directory = root();
		CHECK_EQUAL(fat_find(&directory, SPAN("full"), &directory), OK);
		CHECK_EQUAL(fat_find(&directory, SPAN("missing"), &file),
			    more ? ERR_CORRUPT : ERR_NOT_FOUND);
		end();
	}
}

/*
 * A directory whose chain leads to its start, to its middle, to itself, or to an invalid cluster.
 */
TEST(broken_directory_chains)
{
	static const u32 links[] = { 0, 1, 5, 6, 7, 0xff7, 3001 + 1 };

	for (u32 i = 0; i < ARRAY_SIZE(links); i++) {
		struct fat_image_directory deep;
		struct file directory, file;
		char name[12];
		u64 cursor = 0;
		struct directory_entry entry;
		enum status status;
		u32 count = 0;

		start(12);
		fat_image_store(&image, "xxx", 3); /* 2 */
		fat_image_store(&image, "xxx", 3);
		fat_image_store(&image, "xxx", 3);
		deep = fat_image_make_directory(&image, &image.root_directory, NULL,
						"DEEP       "); /* 5, 6, 7 */
		for (u32 file_number = 0; file_number < 46; file_number++) {
			snprintf(name, sizeof(name), "FILE%-7u", file_number);
			memcpy(fat_image_entry(&image, &deep), name, 11);
		}
		CHECK_EQUAL(deep.cluster, 7);
		fat_image_set_link(&image, 7, links[i]);
		directory = root();
		CHECK_EQUAL(fat_find(&directory, SPAN("deep"), &directory), OK);
		CHECK_EQUAL(fat_find(&directory, SPAN("file45"), &file), OK);
		CHECK_EQUAL(fat_find(&directory, SPAN("missing"), &file), ERR_CORRUPT);
		while ((status = directory_next(&directory, &cursor, &entry)) == OK)
			count++;
		CHECK_EQUAL(status, ERR_CORRUPT);
		CHECK(count >= 46 && count < FAT_DIRECTORY_ENTRIES_MAX);
		end();
	}
}

/* A directory of one full cluster, so that its link is followed. */
TEST(links_that_end_a_chain)
{
	for (u32 bits = 12; bits <= 32; bits += bits == 12 ? 4 : 16) {
		for (u32 low = 0xf0; low <= 0xff; low++) {
			struct fat_image_directory full;
			struct file directory, file;
			enum status expected = low < 0xf8 ? ERR_CORRUPT : ERR_NOT_FOUND;

			start(bits);
			full = fat_image_make_directory(&image, &image.root_directory, NULL,
							"FULL       ");
			while (full.count < image.cluster_size / FAT_ENTRY_SIZE)
				memcpy(fat_image_entry(&image, &full), "FILE       ", 11);
			fat_image_set_link(&image, full.first, 0x0fffff00 | low);
			directory = root();
			CHECK_EQUAL(fat_find(&directory, SPAN("full"), &directory), OK);
			CHECK_EQUAL(fat_find(&directory, SPAN("missing"), &file), expected);
			end();
		}
	}
}

TEST(a_directory_has_no_size)
{
	struct file directory;

	start(12);
	fat_image_make_directory(&image, &image.root_directory, NULL, "NOISE      ");
	store_le32(image.bytes + image.root + 28, 12345);
	directory = root();
	CHECK_EQUAL(fat_find(&directory, SPAN("noise"), &directory), OK);
	CHECK(directory.is_directory);
	CHECK_EQUAL(directory.size, 0);
	end();
}

TEST(directories_in_impossible_clusters)
{
	static const u32 clusters[] = { 0, 1, 3002, 0xffff };

	for (u32 i = 0; i < ARRAY_SIZE(clusters); i++) {
		struct file directory, file;
		struct directory_entry entry;
		u64 cursor = 0;

		start(12);
		fat_image_make_directory(&image, &image.root_directory, NULL, "BAD        ");
		store_le16(image.bytes + image.root + 26, (u16)clusters[i]);
		directory = root();
		CHECK_EQUAL(fat_find(&directory, SPAN("bad"), &directory), OK);
		CHECK_EQUAL(fat_find(&directory, SPAN("x"), &file), ERR_CORRUPT);
		CHECK_EQUAL(directory_next(&directory, &cursor, &entry), ERR_CORRUPT);
		CHECK_EQUAL(file_read(&directory, 0, 0, &entry), ERR_INVALID);
		end();
	}
}
