/* SPDX-License-Identifier: Apache-2.0 */
/* loaders/initrd.c */
#include "loaders/initrd.h"

#include "lib/util.h"
#include "loaders/loaders.h"
#include "tests/host/host.h"
#include "tests/host/memory_volume.h"
#include "tests/unit/kernel_image.h"
#include "tests/unit/test.h"

const struct image_loader *const image_loaders[] = { &bzimage_loader, NULL };

static struct arena arena;
static struct boot_entry entry;
static u64 base, size;

static void set_up(void)
{
	arena_release(&arena);
	host_memory_init();
	entry = (struct boot_entry){ .title = "test" };
	base = size = 99;
}

static void add(const char *text)
{
	entry.initrds[entry.initrd_count++] = file_from_memory(span_of_string(text));
}

static enum status load(void)
{
	return initrd_load(&entry, &arena, MEMORY_BELOW_4_GIB, 0, &base, &size);
}

TEST(none_is_none)
{
	set_up();
	CHECK_EQUAL(load(), OK);
	CHECK_EQUAL(base, 0);
	CHECK_EQUAL(size, 0);
}

TEST(empty_files_are_none)
{
	set_up();
	add("");
	add("");
	CHECK_EQUAL(load(), OK);
	CHECK_EQUAL(base, 0);
	CHECK_EQUAL(size, 0);
}

TEST(each_begins_at_a_multiple_of_four_after_zeroes)
{
	set_up();
	add("abcde");
	add("");
	add("ABCD");
	add("x");
	CHECK_EQUAL(load(), OK);
	CHECK_EQUAL(size, 16);
	CHECK(memcmp((void *)base, "abcde\0\0\0ABCDx\0\0\0", 16) == 0);
}

TEST(sixteen_are_joined)
{
	set_up();
	for (int i = 0; i < BOOT_INITRDS_MAX; i++)
		add("0123");
	CHECK_EQUAL(load(), OK);
	CHECK_EQUAL(size, 64);
	CHECK(memcmp((void *)(base + 60), "0123", 4) == 0);
}

TEST(each_is_read_by_one_call_to_its_place)
{
	struct memory_file file = { .path = "a", .bytes = SPAN("abcdef") };
	struct memory_volume volume;

	set_up();
	memory_volume_init(&volume, "disk", &file, 1);
	add("12345");
	CHECK_EQUAL(volume_open(&volume.volume, SPAN("a"), &entry.initrds[entry.initrd_count++]),
		    OK);
	CHECK_EQUAL(load(), OK);
	CHECK_EQUAL(volume.reads, 1);
	CHECK_EQUAL((uintptr_t)volume.last_buffer, base + 8);
	CHECK_EQUAL(volume.last_size, 6);
}

TEST(sizes_that_overflow_are_corrupt)
{
	static const u64 sizes[] = { UINT64_MAX, UINT64_MAX - 3, UINT64_MAX / 2 + 1 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		set_up();
		add("a");
		add("b");
		add("c");
		entry.initrds[1].size = sizes[i];
		entry.initrds[2].size = sizes[i];
		CHECK_EQUAL(load(), ERR_CORRUPT);
	}
}

TEST(more_than_there_is_is_no_memory)
{
	set_up();
	add("a");
	entry.initrds[0].size = HOST_MEMORY_SIZE;
	CHECK_EQUAL(load(), ERR_NO_MEMORY);
	set_up();
	add("a");
	entry.initrds[0].size = UINT64_MAX / 2;
	CHECK_EQUAL(load(), ERR_NO_MEMORY);
	CHECK_EQUAL(base, 99);
}

TEST(a_read_error_is_passed_on)
{
	struct memory_file file = { .path = "a", .size = 10, .status = ERR_TIMEOUT };
	struct memory_volume volume;

	set_up();
	memory_volume_init(&volume, "disk", &file, 1);
	CHECK_EQUAL(volume_open(&volume.volume, SPAN("a"), &entry.initrds[entry.initrd_count++]),
		    OK);
	CHECK_EQUAL(load(), ERR_TIMEOUT);
	CHECK_EQUAL(size, 99);
}

TEST(modules_that_are_no_kernel_are_initrds)
{
	static u8 image[KERNEL_SIZE];

	set_up();
	kernel_image_make(image);
	boot_info.modules[0] = SPAN("first");
	boot_info.modules[1] = span_of(image, sizeof(image));
	boot_info.modules[2] = (struct span){ 0 };
	boot_info.modules[3] = SPAN("second");
	boot_info.module_count = 4;
	CHECK(initrd_module_is_kernel(boot_info.modules[1]));
	initrd_take_modules(&entry);
	CHECK_EQUAL(entry.initrd_count, 3);
	CHECK_EQUAL(load(), OK);
	CHECK_EQUAL(size, 16);
	CHECK(memcmp((void *)base, "first\0\0\0second\0\0", 16) == 0);
}

TEST(modules_past_the_table_are_dropped)
{
	set_up();
	boot_info.module_count = BOOT_MODULES_MAX;
	for (int i = 0; i < BOOT_MODULES_MAX; i++)
		boot_info.modules[i] = SPAN("m");
	add("one");
	initrd_take_modules(&entry);
	CHECK_EQUAL(entry.initrd_count, BOOT_INITRDS_MAX);
}
