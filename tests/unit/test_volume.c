/* SPDX-License-Identifier: Apache-2.0 */
/* core/volume.c: paths, bounds of files, the order of file systems. */
#include "tests/unit/test.h"

#include "core/volume.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/host/memory_volume.h"

static const struct memory_file files[] = {
	{ .path = "EFI/BOOT/BOOTX64.EFI", .bytes = SPAN("loader") },
	{ .path = "loader/entries/a.conf", .bytes = SPAN("title a") },
	{ .path = "kernel", .bytes = SPAN("0123456789") },
	{ .path = "empty", .bytes = { 0 } },
	{ .path = "huge", .size = UINT64_MAX },
	{ .path = "broken", .bytes = SPAN("x"), .status = ERR_IO },
};

static struct memory_volume volume;

/* The size of the file at @path, or a negative status; directories are -100. */
static int opened(const char *path)
{
	struct file file;
	enum status status;

	memory_volume_init(&volume, "disk0p1", files, ARRAY_SIZE(files));
	status = volume_open(&volume.volume, span_of_string(path), &file);
	if (status)
		return -(int)status;
	return file.is_directory ? -100 : (int)file.size;
}

TEST(separators_of_both_kinds_anywhere)
{
	CHECK_EQUAL(opened("loader/entries/a.conf"), 7);
	CHECK_EQUAL(opened("/loader/entries/a.conf"), 7);
	CHECK_EQUAL(opened("\\loader\\entries/a.conf"), 7);
	CHECK_EQUAL(opened("//loader\\/entries///a.conf//"), 7);
	CHECK_EQUAL(opened("kernel"), 10);
	CHECK_EQUAL(opened("empty"), 0);
}

TEST(the_root_has_many_names)
{
	CHECK_EQUAL(opened(""), -100);
	CHECK_EQUAL(opened("/"), -100);
	CHECK_EQUAL(opened("\\\\"), -100);
	CHECK_EQUAL(opened("."), -100);
	CHECK_EQUAL(opened(".."), -100);
	CHECK_EQUAL(opened("/../../.."), -100);
	CHECK_EQUAL(opened("loader/.."), -100);
}

TEST(dots_are_resolved)
{
	CHECK_EQUAL(opened("./loader/./entries/./a.conf"), 7);
	CHECK_EQUAL(opened("EFI/../loader/entries/a.conf"), 7);
	CHECK_EQUAL(opened("EFI/BOOT/../../kernel"), 10);
	CHECK_EQUAL(opened("../../kernel"), 10);
	CHECK_EQUAL(opened("loader/entries/.."), -100);
	CHECK_EQUAL(opened("loader/entries/../entries/a.conf"), 7);
	/* Only names of one or two dots are special. */
	CHECK_EQUAL(opened("..."), -(int)ERR_NOT_FOUND);
}

TEST(what_is_not_there)
{
	CHECK_EQUAL(opened("missing"), -(int)ERR_NOT_FOUND);
	CHECK_EQUAL(opened("missing/a"), -(int)ERR_NOT_FOUND);
	CHECK_EQUAL(opened("missing/../kernel"), -(int)ERR_NOT_FOUND);
	CHECK_EQUAL(opened("kernel/a"), -(int)ERR_NOT_FOUND);
	CHECK_EQUAL(opened("kernel/.."), -(int)ERR_NOT_FOUND);
	CHECK_EQUAL(opened("loader/entries/a.conf.bak"), -(int)ERR_NOT_FOUND);
}

/* A file system with infinitely nested directories, or errors. */
static enum status find_status;

static enum status deep_root(struct volume *deep, struct file *out)
{
	*out = (struct file){ .volume = deep, .is_directory = true };
	return OK;
}

static enum status deep_find(const struct file *directory, struct span name, struct file *out)
{
	CHECK_EQUAL(name.size, 1);
	*out = *directory;
	++*out->state;
	return find_status;
}

static const struct fs_ops deep_ops = { .name = "deep", .root = deep_root, .find = deep_find };

TEST(depth_is_bounded_and_errors_are_passed_on)
{
	struct volume deep = { .ops = &deep_ops };
	char path[2 * 1000 + 1];
	struct file file = { .size = 42 };

	for (size_t i = 0; i < 1000; i++)
		memcpy(path + 2 * i, "a/", 2);
	CHECK_EQUAL(volume_open(&deep, span_of(path, 2 * 31), &file), OK);
	CHECK_EQUAL(*file.state, 31);
	file.size = 42;
	CHECK_EQUAL(volume_open(&deep, span_of(path, 2 * 32), &file), ERR_UNSUPPORTED);
	CHECK_EQUAL(volume_open(&deep, span_of(path, 2 * 1000), &file), ERR_UNSUPPORTED);
	/* Going down and up repeatedly does not count as depth. */
	for (size_t i = 0; i < 400; i++)
		memcpy(path + 5 * i, "/a/..", 5);
	CHECK_EQUAL(volume_open(&deep, span_of(path, 2000), &file), OK);
	CHECK_EQUAL(*file.state, 0);
	file.size = 42;
	find_status = ERR_CORRUPT;
	CHECK_EQUAL(volume_open(&deep, SPAN("a/a"), &file), ERR_CORRUPT);
	CHECK_EQUAL(file.size, 42);
	find_status = OK;
}

static struct file open_file(const char *path)
{
	struct file file = { 0 };

	memory_volume_init(&volume, "disk0p1", files, ARRAY_SIZE(files));
	CHECK_EQUAL(volume_open(&volume.volume, span_of_string(path), &file), OK);
	return file;
}

TEST(reads_stay_inside_the_file)
{
	struct file file = open_file("kernel"), directory = open_file("loader");
	char buffer[10];

	CHECK_EQUAL(file_read(&file, 3, 4, buffer), OK);
	CHECK(memcmp(buffer, "3456", 4) == 0);
	CHECK_EQUAL(file_read(&file, 0, 10, buffer), OK);
	CHECK_EQUAL(file_read(&file, 10, 0, buffer), OK);
	CHECK_EQUAL(volume.reads, 2);
	CHECK_EQUAL(file_read(&file, 0, 11, buffer), ERR_INVALID);
	CHECK_EQUAL(file_read(&file, 10, 1, buffer), ERR_INVALID);
	CHECK_EQUAL(file_read(&file, 11, 0, buffer), ERR_INVALID);
	CHECK_EQUAL(file_read(&file, UINT64_MAX, 2, buffer), ERR_INVALID);
	CHECK_EQUAL(file_read(&file, 2, SIZE_MAX, buffer), ERR_INVALID);
	CHECK_EQUAL(file_read(&directory, 0, 0, buffer), ERR_INVALID);
	CHECK_EQUAL(volume.reads, 2);
}

TEST(whole_files_are_loaded_and_terminated_by_nul)
{
	struct arena arena = { 0 };
	struct file file = open_file("kernel"), empty = open_file("empty"),
		    directory = open_file("loader");
	struct file huge = open_file("huge"), broken = open_file("broken");
	struct span out = { 0 };

	CHECK_EQUAL(file_load(&file, &arena, 10, &out), OK);
	CHECK_EQUAL(out.size, 10);
	CHECK_TEXT((const char *)out.data, "0123456789");
	CHECK_EQUAL(file_load(&empty, &arena, 0, &out), OK);
	CHECK_EQUAL(out.size, 0);
	CHECK_TEXT((const char *)out.data, "");
	out.size = 42;
	CHECK_EQUAL(file_load(&file, &arena, 9, &out), ERR_TOO_LARGE);
	CHECK_EQUAL(file_load(&directory, &arena, 100, &out), ERR_INVALID);
	CHECK_EQUAL(file_load(&huge, &arena, SIZE_MAX, &out), ERR_TOO_LARGE);
	CHECK_EQUAL(file_load(&broken, &arena, 100, &out), ERR_IO);
	huge.size = 1ull << 40;
	CHECK_EQUAL(file_load(&huge, &arena, SIZE_MAX, &out), ERR_NO_MEMORY);
	CHECK_EQUAL(out.size, 42);
	arena_release(&arena);
}

TEST(listing_a_file_is_refused)
{
	struct file file = open_file("kernel");
	static struct directory_entry entry;
	u64 cursor = 0;

	CHECK_EQUAL(directory_next(&file, &cursor, &entry), ERR_INVALID);
	file = open_file("loader");
	CHECK_EQUAL(directory_next(&file, &cursor, &entry), OK);
	CHECK_TEXT(entry.name, "entries");
	CHECK(entry.file.is_directory);
	CHECK_EQUAL(directory_next(&file, &cursor, &entry), ERR_NOT_FOUND);
}

TEST(bytes_in_memory_are_a_file)
{
	struct arena arena = { 0 };
	struct file file = file_from_memory(SPAN("initrd"));
	struct file copy = file, nothing = file_from_memory((struct span){ 0 });
	char buffer[6];
	struct span out;

	CHECK_EQUAL(file.size, 6);
	CHECK_EQUAL(file_read(&copy, 2, 3, buffer), OK);
	CHECK(memcmp(buffer, "itr", 3) == 0);
	CHECK_EQUAL(file_read(&file, 2, 5, buffer), ERR_INVALID);
	CHECK_EQUAL(file_read(&nothing, 0, 0, buffer), OK);
	CHECK_EQUAL(file_load(&file, &arena, 6, &out), OK);
	CHECK_TEXT((const char *)out.data, "initrd");
	arena_release(&arena);
}

static enum status first_status, second_status;

static enum status first_mount(struct block_device *device, struct arena *arena,
			       struct volume **out)
{
	static struct volume mounted;

	(void)arena;
	mounted.device = device;
	if (first_status == OK)
		*out = &mounted;
	return first_status;
}

static enum status second_mount(struct block_device *device, struct arena *arena,
				struct volume **out)
{
	static struct volume mounted;

	(void)device;
	(void)arena;
	if (second_status == OK)
		*out = &mounted;
	return second_status;
}

static const struct fs_ops first_fs = { .name = "first", .mount = first_mount };
static const struct fs_ops second_fs = { .name = "second", .mount = second_mount };
const struct fs_ops *const file_systems[] = { &first_fs, &second_fs, NULL };

TEST(the_first_file_system_that_recognizes_the_device_wins)
{
	struct block_device device = { .name = "disk0p1" };
	struct arena arena = { 0 };
	struct volume *mounted = NULL;

	CHECK_EQUAL(volume_mount(&device, &arena, &mounted), OK);
	CHECK(mounted->device == &device);
	first_status = ERR_UNRECOGNIZED;
	CHECK_EQUAL(volume_mount(&device, &arena, &mounted), OK);
	CHECK(!mounted->device);
	mounted = NULL;
	second_status = ERR_UNRECOGNIZED;
	CHECK_EQUAL(volume_mount(&device, &arena, &mounted), ERR_UNRECOGNIZED);
	second_status = ERR_CORRUPT;
	CHECK_EQUAL(volume_mount(&device, &arena, &mounted), ERR_CORRUPT);
	first_status = ERR_IO;
	second_status = ERR_UNRECOGNIZED;
	CHECK_EQUAL(volume_mount(&device, &arena, &mounted), ERR_IO);
	CHECK(!mounted);
}
