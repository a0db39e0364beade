/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fs/fat: the effect of single changes on the file, on other open files, and on the disk. Sequences
 * of changes are tested by tests/fuzz/fuzz_fat_write.c, power failures by test_fat_write.py.
 */
#include "fs/fat/fat.h"
#include "tests/host/fat_check.h"
#include "tests/host/fat_image.h"
#include "tests/unit/test.h"

static struct memory_disk disk;
static struct arena arena;
static struct fat_image image;
static struct volume *volume;
static struct file root;

static void start(u32 bits, u32 clusters)
{
	fat_image_init(&image, &(struct fat_image_shape){ .entry_bits = bits,
							  .cluster_count = clusters,
							  .root_entries = bits == 32 ? 0 : 16 });
	CHECK_EQUAL(fat_image_mount(&image, &disk, 512, &arena, &volume), OK);
	CHECK_EQUAL(volume->ops->root(volume, &root), OK);
}

static void end(void)
{
	fat_check(volume);
	fat_image_free(&image);
	arena_release(&arena);
	volume_clock = NULL;
}

static struct file create(const char *name)
{
	struct file file = { 0 };

	CHECK_EQUAL(file_create(&root, span_of_string(name), false, &file), OK);
	return file;
}

static enum status creating(const char *name)
{
	struct file file;

	return file_create(&root, span_of_string(name), false, &file);
}

/* The short name of entry @index of a fixed root directory. */
static const char *short_name(u32 index)
{
	static char name[12];

	memcpy(name, image.bytes + image.root + index * FAT_ENTRY_SIZE, 11);
	return name;
}

TEST(short_names_and_aliases)
{
	start(12, 100);
	create("PLAIN.TXT");
	CHECK_TEXT(short_name(0), "PLAIN   TXT");
	create("lower.txt");
	CHECK_TEXT(short_name(2), "LOWER   TXT");
	create("debian-1.conf");
	CHECK_TEXT(short_name(4), "DEBIAN~1CON");
	create("debian-2.conf");
	CHECK_TEXT(short_name(6), "DEBIAN~2CON");
	create("\u00e4+b.c.d");
	CHECK_TEXT(short_name(8), "__BC~1  D  ");
	create(".x");
	CHECK_TEXT(short_name(10), "X~1        ");
	CHECK_EQUAL(creating("plain.txt"), ERR_EXISTS);
	CHECK_EQUAL(creating("DEBIAN~1.CON"), ERR_EXISTS);
	end();
}

/* After four numbered aliases, a part of the alias is a hash of the name. */
TEST(many_aliases)
{
	char name[32];

	start(32, 3000);
	for (u32 i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "debian-entry-%u.conf", i);
		create(name);
	}
	for (u32 i = 0; i < 40; i++) {
		struct file file;

		snprintf(name, sizeof(name), "debian-entry-%u.conf", i);
		CHECK_EQUAL(volume_open(volume, span_of_string(name), &file), OK);
	}
	end();
}

TEST(invalid_names)
{
	static const char *const names[] = { "",    ".",    "..",   "a/b",  "a\\b", "a\nb",
					     "a:b", "a*",   "a?",   "a\"",  "<",    ">",
					     "|",   "end.", "end ", "\x7f", "\xff" };
	char longest[257];

	start(12, 100);
	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		CHECK_OF(creating(names[i]) == ERR_INVALID, "<%s>", names[i]);
	memset(longest, 'n', 256);
	longest[256] = '\0';
	CHECK_EQUAL(creating(longest), ERR_INVALID);
	CHECK_EQUAL(disk.writes, 0);
	end();
	start(32, 100);
	longest[255] = '\0';
	CHECK_EQUAL(creating(longest), OK);
	end();
}

TEST(calls_that_change_nothing_write_nothing)
{
	struct file_info info;
	struct file file;

	start(16, 5000);
	file = create("file");
	CHECK_EQUAL(file_write(&file, 0, 5, "hello"), OK);
	CHECK_EQUAL(file_info(&file, &info), OK);
	disk.writes = 0;
	CHECK_EQUAL(file_write(&file, 0, 5, "hello"), OK);
	CHECK_EQUAL(file_write(&file, 2, 0, NULL), OK);
	CHECK_EQUAL(file_resize(&file, 5), OK);
	CHECK_EQUAL(file_move(&file, &root, SPAN("file")), OK);
	CHECK_EQUAL(file_set_info(&file, &info), OK);
	CHECK_EQUAL(creating("FILE"), ERR_EXISTS);
	CHECK_EQUAL(disk.writes, 0);
	CHECK_EQUAL(file_move(&file, &root, SPAN("FILE")), OK); /* but this does */
	CHECK_EQUAL(disk.writes, 1);
	end();
}

/* Through copies that were made earlier. */
TEST(copies_see_changes)
{
	struct file file, copy, other;
	char bytes[8];

	start(32, 100);
	file = copy = create("file");
	CHECK_EQUAL(file_write(&file, 0, 5, "hello"), OK);
	CHECK_EQUAL(file_read(&copy, 0, 5, bytes), OK);
	CHECK(memcmp(bytes, "hello", 5) == 0);
	CHECK_EQUAL(file_resize(&copy, 2), OK);
	CHECK_EQUAL(file_read(&file, 0, 3, bytes), ERR_INVALID);
	CHECK_EQUAL(file_refresh(&file), OK);
	CHECK_EQUAL(file.size, 2);
	CHECK_EQUAL(file_move(&file, &root, SPAN("moved")), OK);
	CHECK_EQUAL(file_read(&copy, 0, 1, bytes), ERR_NOT_FOUND);
	copy = file;
	CHECK_EQUAL(file_remove(&file), OK);
	/* Another file in the same place, in the same clusters, of the same name. */
	other = create("moved");
	CHECK_EQUAL(file_write(&other, 0, 2, "xy"), OK);
	CHECK_EQUAL(file_read(&copy, 0, 1, bytes), ERR_NOT_FOUND);
	CHECK_EQUAL(file_write(&copy, 0, 1, "z"), ERR_NOT_FOUND);
	CHECK_EQUAL(file_remove(&copy), ERR_NOT_FOUND);
	CHECK_EQUAL(file_read(&other, 0, 2, bytes), OK);
	CHECK(memcmp(bytes, "xy", 2) == 0);
	end();
}

TEST(full_volumes_and_directories)
{
	static u8 bytes[60 * 512];
	struct volume_space space;
	struct file file, directory;

	start(12, 50);
	file = create("FILE");
	CHECK_EQUAL(file_write(&file, 0, sizeof(bytes), bytes), ERR_FULL);
	CHECK_EQUAL(file_resize(&file, 51 * 512), ERR_FULL);
	CHECK_EQUAL(file.size, 0);
	CHECK_EQUAL(file_resize(&file, 48 * 512), OK);
	CHECK_EQUAL(volume_space(volume, &space), OK);
	CHECK_EQUAL(space.size, 50 * 512);
	CHECK_EQUAL(space.free, 2 * 512);
	CHECK_EQUAL(file_create(&root, SPAN("D"), true, &directory), OK);
	CHECK_EQUAL(file_write(&file, 48 * 512, 512, bytes), OK);
	CHECK_EQUAL(file_create(&root, SPAN("E"), true, &directory), ERR_FULL);
	CHECK_EQUAL(creating("x"), OK);
	for (u32 i = 0; i < 20; i++) {
		const char name[] = { (char)('a' + i), 'y', 0 };
		enum status status = creating(name);

		CHECK(status == OK || status == ERR_FULL);
	}
	CHECK_EQUAL(creating("z"), ERR_FULL); /* 16 entries in the root */
	CHECK_EQUAL(file_write(&file, UINT32_MAX, 1, bytes), ERR_TOO_LARGE);
	end();
}

TEST(read_only)
{
	struct file_info info;
	struct file file;

	start(12, 50);
	file = create("FILE");
	CHECK_EQUAL(file_info(&file, &info), OK);
	CHECK_EQUAL(info.attributes, FILE_ARCHIVE);
	info.attributes = FILE_READ_ONLY;
	CHECK_EQUAL(file_set_info(&file, &info), OK);
	CHECK_EQUAL(file_write(&file, 0, 1, "x"), ERR_DENIED);
	CHECK_EQUAL(file_resize(&file, 1), ERR_DENIED);
	info.attributes = FILE_DIRECTORY;
	CHECK_EQUAL(file_set_info(&file, &info), ERR_INVALID);
	disk.device.read_only = true;
	CHECK_EQUAL(creating("x"), ERR_DENIED);
	CHECK_EQUAL(file_move(&file, &root, SPAN("x")), ERR_DENIED);
	CHECK_EQUAL(file_remove(&file), ERR_DENIED);
	disk.device.read_only = false;
	CHECK_EQUAL(file_remove(&file), OK);
	CHECK_EQUAL(file_remove(&root), ERR_INVALID);
	end();
}

static struct file_time the_time(void)
{
	return (struct file_time){ 2026, 11, 27, 13, 59, 31 };
}

TEST(times)
{
	static const struct file_time impossible[] = {
		{ 1979, 1, 1, 0, 0, 0 },  { 2108, 1, 1, 0, 0, 0 },  { 2026, 0, 1, 0, 0, 0 },
		{ 2026, 13, 1, 0, 0, 0 }, { 2026, 1, 0, 0, 0, 0 },  { 2026, 1, 32, 0, 0, 0 },
		{ 2026, 1, 1, 24, 0, 0 }, { 2026, 1, 1, 0, 60, 0 }, { 2026, 1, 1, 0, 0, 60 },
	};
	struct file_info info;
	struct file file;

	start(32, 50);
	file = create("no clock");
	CHECK_EQUAL(file_info(&file, &info), OK);
	CHECK_EQUAL(info.created.year, 1980);
	CHECK_EQUAL(info.created.month, 1);
	volume_clock = the_time;
	CHECK_EQUAL(file_write(&file, 0, 1, "x"), OK);
	CHECK_EQUAL(file_info(&file, &info), OK);
	CHECK_EQUAL(info.created.year, 1980);
	CHECK_EQUAL(info.modified.year, 2026);
	CHECK_EQUAL(info.modified.second, 30); /* FAT counts in steps of two */
	CHECK_EQUAL(info.accessed.day, 27);
	CHECK_EQUAL(info.allocated_size, 512);
	file = create("clock");
	CHECK_EQUAL(file_info(&file, &info), OK);
	CHECK_EQUAL(info.created.second, 31);
	/* Times that FAT cannot express change nothing. */
	for (u32 i = 0; i < ARRAY_SIZE(impossible); i++) {
		info.created = impossible[i];
		CHECK_EQUAL(file_set_info(&file, &info), OK);
		CHECK_EQUAL(file_info(&file, &info), OK);
		CHECK_EQUAL(info.created.year, 2026);
		CHECK_EQUAL(info.created.hour, 13);
		CHECK_EQUAL(info.created.second, 31);
	}
	end();
}

/* A failed write leaves the file with the old or the new size, and other files unharmed. */
TEST(device_errors)
{
	struct file file;
	u8 bytes[2000];

	memset(bytes, 'b', sizeof(bytes));
	for (u64 bad = 0; bad < 40; bad++) {
		char byte;

		start(12, 50);
		file = create("FILE");
		CHECK_EQUAL(file_write(&file, 0, 1, "a"), OK);
		disk.bad_block = bad;
		(void)file_write(&file, 0, sizeof(bytes), bytes);
		disk.bad_block = UINT64_MAX;
		CHECK_EQUAL(volume_open(volume, SPAN("FILE"), &file), OK);
		CHECK(file.size == 1 || file.size == sizeof(bytes));
		CHECK_EQUAL(file_read(&file, 0, 1, &byte), OK);
		CHECK(byte == 'a' || byte == 'b');
		fat_image_free(&image);
		arena_release(&arena);
	}
}
