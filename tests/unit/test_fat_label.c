/* SPDX-License-Identifier: Apache-2.0 */
/* fs/fat/label.c: the entry, the copies in the boot sectors, and what is refused. */
#include "fs/fat/fat.h"
#include "tests/host/fat_check.h"
#include "tests/host/fat_image.h"
#include "tests/unit/test.h"

enum { BACKUP = 6 * 512, LABEL = 43, LABEL_32 = 71, BLANKS = 11 };

static struct memory_disk disk;
static struct arena arena;
static struct fat_image image;
static struct volume *volume;

/* A volume with one file, and space for two more entries in the root directory before FAT32. */
static void start(u32 bits)
{
	u8 *boot;

	fat_image_init(&image, &(struct fat_image_shape){ .entry_bits = bits,
							  .cluster_count = bits == 16 ? 5000 : 100,
							  .root_entries = bits == 32 ? 0 : 16 });
	(void)fat_image_file(&image, &image.root_directory, NULL, "FILE       ", "file", 4);
	boot = image.bytes;
	if (bits == 32) {
		boot[66] = 0x29;
		memcpy(boot + LABEL_32, "NO NAME    ", BLANKS);
		store_le16(boot + 50, 6);
		memcpy(image.bytes + BACKUP, boot, 512);
	} else {
		boot[38] = 0x29;
		memcpy(boot + LABEL, "NO NAME    ", BLANKS);
	}
	CHECK_EQUAL(fat_image_mount(&image, &disk, 512, &arena, &volume), OK);
}

static void end(void)
{
	struct file file;

	CHECK_EQUAL(volume_open(volume, SPAN("file"), &file), OK);
	CHECK_EQUAL(file.size, 4);
	fat_check(volume);
	fat_image_free(&image);
	arena_release(&arena);
	volume_clock = NULL;
}

static enum status set(const char *label)
{
	return volume_set_label(volume, span_of_string(label));
}

static const char *get(void)
{
	static char label[VOLUME_LABEL_SIZE];

	CHECK_EQUAL(volume_label(volume, label), OK);
	return label;
}

static const char *bytes_at(size_t offset)
{
	static char bytes[BLANKS + 1];

	memcpy(bytes, image.bytes + offset, BLANKS);
	return bytes;
}

TEST(it_is_added_changed_and_removed)
{
	static const u32 widths[] = { 12, 16, 32 };

	for (u32 i = 0; i < ARRAY_SIZE(widths); i++) {
		const u32 at = widths[i] == 32 ? LABEL_32 : LABEL;

		start(widths[i]);
		CHECK_TEXT(get(), "");
		CHECK_EQUAL(set("Esp 1"), OK);
		CHECK_TEXT(get(), "ESP 1");
		CHECK_TEXT(bytes_at(at), "ESP 1      ");
		if (widths[i] == 32)
			CHECK_TEXT(bytes_at(BACKUP + at), "ESP 1      ");
		CHECK_EQUAL(set("ELEVENCHARS"), OK);
		CHECK_TEXT(get(), "ELEVENCHARS");
		CHECK_TEXT(bytes_at(at), "ELEVENCHARS");
		CHECK_EQUAL(set(""), OK);
		CHECK_TEXT(get(), "");
		CHECK_TEXT(bytes_at(at), "NO NAME    ");
		end();
	}
}

TEST(a_label_that_is_there_already_is_not_written)
{
	start(16);
	memcpy(fat_image_entry(&image, &image.root_directory), "Mixed \xe4 b  \x08", 12);
	block_cache_invalidate(&disk.device);
	CHECK_EQUAL(set("Mixed \u00e4 b"), OK);
	CHECK_EQUAL(disk.writes, 0);
	CHECK_EQUAL(set("other"), OK);
	CHECK_EQUAL(disk.writes, 2);
	CHECK_EQUAL(set("OTHER"), OK);
	CHECK_EQUAL(disk.writes, 2);
	end();
}

TEST(what_is_not_allowed)
{
	static const char *const labels[] = { "twelve chars", " x",     "a.b",  "a/b",
					      "a\\b",         "a*",     "a+b",  "a\x7f",
					      "a\nb",         "\u00e4", "\x80", "a\"" };

	start(12);
	for (u32 i = 0; i < ARRAY_SIZE(labels); i++)
		CHECK_OF(set(labels[i]) == ERR_INVALID, "<%s>", labels[i]);
	volume->read_only = true;
	CHECK_EQUAL(set("x"), ERR_DENIED);
	volume->read_only = false;
	disk.device.read_only = true;
	CHECK_EQUAL(set("x"), ERR_DENIED);
	CHECK_EQUAL(disk.writes, 0);
	disk.device.read_only = false;
	end();
}

/* Nothing changes, not even the boot sector. */
TEST(a_full_root_directory)
{
	char name[] = "A";

	start(12);
	for (u32 i = 0; i < 15; i++) {
		struct file file, root;

		name[0] = (char)('A' + i);
		CHECK_EQUAL(volume_open(volume, (struct span){ 0 }, &root), OK);
		CHECK_EQUAL(file_create(&root, span_of_string(name), false, &file), OK);
	}
	CHECK_EQUAL(set("label"), ERR_FULL);
	CHECK_TEXT(bytes_at(LABEL), "NO NAME    ");
	CHECK_TEXT(get(), "");
	end();
}

/* FAT32's root directory grows instead. */
TEST(a_full_cluster)
{
	char name[] = "A";

	start(32);
	for (u32 i = 0; i < 15; i++) {
		struct file file, root;

		name[0] = (char)('A' + i);
		CHECK_EQUAL(volume_open(volume, (struct span){ 0 }, &root), OK);
		CHECK_EQUAL(file_create(&root, span_of_string(name), false, &file), OK);
	}
	CHECK_EQUAL(set("label"), OK);
	CHECK_TEXT(get(), "LABEL");
	end();
}

/* A boot sector without a label keeps its bytes; so does a sector that is no backup. */
TEST(only_copies_are_changed)
{
	start(32);
	image.bytes[66] = 0;
	block_cache_invalidate(&disk.device);
	CHECK_EQUAL(set("one"), OK);
	CHECK_TEXT(bytes_at(LABEL_32), "NO NAME    ");
	image.bytes[66] = 0x29;
	block_cache_invalidate(&disk.device);
	image.bytes[BACKUP] ^= 1;
	CHECK_EQUAL(set("two"), OK);
	CHECK_TEXT(bytes_at(LABEL_32), "TWO        ");
	CHECK_TEXT(bytes_at(BACKUP + LABEL_32), "NO NAME    ");
	/* The sector of the backup is inside the FAT. */
	store_le16(image.bytes + 50, 32);
	block_cache_invalidate(&disk.device);
	CHECK_EQUAL(set("three"), OK);
	CHECK_TEXT(bytes_at(LABEL_32), "THREE      ");
	end();
}

TEST(a_disk_that_fails)
{
	for (u64 bad = 0; bad < 60; bad++) {
		enum status status;

		start(16);
		disk.bad_block = bad;
		status = set("label");
		CHECK(status == OK || status == ERR_IO);
		disk.bad_block = UINT64_MAX;
		block_cache_invalidate(&disk.device);
		CHECK(strcmp(get(), "LABEL") == 0 || strcmp(get(), "") == 0);
		end();
	}
}

static struct file_time the_time(void)
{
	return (struct file_time){ 2026, 11, 27, 13, 59, 31 };
}

TEST(the_entry_has_the_time_of_the_change)
{
	const u8 *entry;

	start(12);
	volume_clock = the_time;
	CHECK_EQUAL(set("label"), OK);
	entry = image.bytes + image.root + FAT_ENTRY_SIZE;
	CHECK(memcmp(entry, "LABEL      \x08", 12) == 0);
	CHECK_EQUAL(load_le16(entry + FAT_MODIFIED_DATE_OFFSET), 46 << 9 | 11 << 5 | 27);
	end();
}
