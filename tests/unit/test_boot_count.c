/* SPDX-License-Identifier: Apache-2.0 */
/* loaders/boot_count.c: counters in names, and renaming on a FAT volume. */
#include "loaders/boot_count.h"

#include "fs/fat/fat.h"
#include "tests/host/fat_image.h"
#include "tests/unit/test.h"

static const char *next_of(const char *name)
{
	static char next[FILE_NAME_SIZE];

	return boot_count_next_name(span_of_string(name), next) ? next : "none";
}

TEST(names)
{
	CHECK_TEXT(next_of("debian+3.conf"), "debian+2-1.conf");
	CHECK_TEXT(next_of("debian+2-1.conf"), "debian+1-2.conf");
	CHECK_TEXT(next_of("debian+1-2.conf"), "debian+0-3.conf");
	CHECK_TEXT(next_of("debian+0-3.conf"), "none");
	CHECK_TEXT(next_of("debian+0.conf"), "none");
	CHECK_TEXT(next_of("debian.conf"), "none");
	CHECK_TEXT(next_of("debian-1.conf"), "none");
	CHECK_TEXT(next_of("debian+.conf"), "none");
	CHECK_TEXT(next_of("debian+x.conf"), "none");
	CHECK_TEXT(next_of(""), "none");
	CHECK_TEXT(next_of("+5"), "+4-1");
	CHECK_TEXT(next_of("linux-6.12+15-9.EFI"), "linux-6.12+14-10.EFI");
	CHECK_TEXT(next_of("a+1+2.conf"), "a+1+1-1.conf");
	CHECK_TEXT(next_of("a+4294967295-4294967295.conf"), "a+4294967294-4294967295.conf");
	CHECK_TEXT(next_of("a+4294967296.conf"), "none");
}

TEST(names_that_would_be_too_long)
{
	char name[FILE_NAME_SIZE + 8];

	memset(name, 'n', sizeof(name));
	strcpy(name + sizeof(name) - 8, "+3.conf");
	CHECK_TEXT(next_of(name), "none");
}

static struct memory_disk disk;
static struct arena arena;
static struct fat_image image;
static struct volume *volume;

static void start(void)
{
	struct fat_image_directory loader, entries;

	fat_image_init(&image,
		       &(struct fat_image_shape){ .entry_bits = 32, .cluster_count = 3000 });
	loader = fat_image_make_directory(&image, &image.root_directory, "loader", "LOADER     ");
	entries = fat_image_make_directory(&image, &loader, "entries", "ENTRIES    ");
	fat_image_file(&image, &entries, "debian+2.conf", "DEBIAN~1CON", "title x", 7);
	CHECK_EQUAL(fat_image_mount(&image, &disk, 512, &arena, &volume), OK);
}

static void end(void)
{
	fat_image_free(&image);
	arena_release(&arena);
}

static const char *count(const char *name)
{
	static char next[FILE_NAME_SIZE];
	struct file file;

	boot_count(volume, SPAN("/loader/entries"), span_of_string(name), next, &file);
	if (next[0])
		CHECK_EQUAL(file_read(&file, 0, 1, &(u8){ 0 }), OK);
	return next;
}

static bool exists(const char *path)
{
	struct file file;

	return volume_open(volume, span_of_string(path), &file) == OK && file.size == 7;
}

TEST(counts_down_to_zero)
{
	start();
	CHECK_TEXT(count("debian+2.conf"), "debian+1-1.conf");
	CHECK(exists("/loader/entries/debian+1-1.conf"));
	CHECK(!exists("/loader/entries/debian+2.conf"));
	CHECK_EQUAL(disk.writes, 1); /* a single write, so that a loss of power loses nothing */
	CHECK(disk.flushes > 0);
	CHECK_TEXT(count("debian+1-1.conf"), "debian+0-2.conf");
	disk.writes = 0;
	CHECK_TEXT(count("debian+0-2.conf"), "");
	CHECK_EQUAL(disk.writes, 0);
	CHECK(exists("/loader/entries/debian+0-2.conf"));
	end();
}

TEST(disks_that_cannot_be_written_to)
{
	start();
	volume->read_only = true;
	CHECK_TEXT(count("debian+2.conf"), "");
	volume->read_only = false;
	disk.device.read_only = true;
	CHECK_TEXT(count("debian+2.conf"), "");
	disk.device.read_only = false;
	CHECK_EQUAL(disk.writes, 0);
	CHECK_TEXT(count("missing+2.conf"), "");
	CHECK(exists("/loader/entries/debian+2.conf"));
	disk.bad_block = image.data / 512 + 2;
	CHECK_TEXT(count("debian+2.conf"), "");
	disk.bad_block = UINT64_MAX;
	CHECK(exists("/loader/entries/debian+2.conf"));
	end();
}
