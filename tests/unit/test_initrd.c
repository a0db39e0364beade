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

TEST(no_initrds)
{
	set_up();
	CHECK_EQUAL(load(), OK);
	CHECK_EQUAL(base, 0);
	CHECK_EQUAL(size, 0);
}

TEST(empty_files_are_not_initrds)
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

/* A module as passed by VMMs: whole pages that are already reserved. */
static u64 load_module(u64 skip, u64 module_size, u64 limit_preferred, u64 limit)
{
	u64 at = HOST_MEMORY_BASE + 8 * MIB;
	u8 *bytes = (u8 *)(uintptr_t)at;

	set_up();
	CHECK_EQUAL(memory_allocate_at(at, 4 * PAGE_SIZE, MEMORY_LOADER_DATA), OK);
	for (u64 i = 0; i < 4 * PAGE_SIZE; i++)
		bytes[i] = (u8)(i * 7);
	entry.initrds[entry.initrd_count++] = file_from_memory(span_of(bytes + skip, module_size));
	CHECK_EQUAL(initrd_load(&entry, &arena, limit_preferred, limit, &base, &size), OK);
	CHECK(module_size == 0 || memcmp((void *)base, bytes + skip, module_size) == 0);
	return at;
}

TEST(an_initrd_in_place_stays_there)
{
	u64 at = load_module(0, 4999, MEMORY_BELOW_4_GIB, 0);

	CHECK_EQUAL(base, at);
	CHECK_EQUAL(size, 4999);
	CHECK(arena.blocks == NULL);
	at = load_module(0, 1, HOST_MEMORY_BASE + 2 * MIB, MEMORY_ANYWHERE);
	CHECK_EQUAL(base, at);
	at = load_module(0, 4999, at + 4999, 0);
	CHECK_EQUAL(base, at);

	/* Beyond the kernel's limit, or not page aligned. */
	at = load_module(0, 4999, at + 4998, 0);
	CHECK(base + size <= at);
	at = load_module(0, 4999, at, 0);
	CHECK(base + size <= at);
	at = load_module(0, 4999, at - PAGE_SIZE, 0);
	CHECK(base + size <= at - PAGE_SIZE);
	at = load_module(16, 4999, MEMORY_BELOW_4_GIB, 0);
	CHECK(base != at + 16 && base % PAGE_SIZE == 0);
	CHECK_EQUAL(size, 5000);
}

TEST(initrds_outside_ram_are_copied)
{
	[[gnu::aligned(PAGE_SIZE)]] static u8 elsewhere[2 * PAGE_SIZE];
	struct memory_file file = { .path = "a", .bytes = SPAN("disk") };
	struct memory_volume volume;

	set_up();
	entry.initrds[entry.initrd_count++] = file_from_memory(span_of(elsewhere, 5000));
	CHECK_EQUAL(initrd_load(&entry, &arena, MEMORY_ANYWHERE, 0, &base, &size), OK);
	CHECK(base != (uintptr_t)elsewhere);

	/* It is also not enough if only the first or the last page is RAM. */
	for (u32 i = 0; i < 2; i++) {
		set_up();
		boot_info_add_range((uintptr_t)elsewhere + i * PAGE_SIZE, PAGE_SIZE,
				    MEMORY_CONVENTIONAL);
		host_memory_describe();
		memory_reserve((uintptr_t)elsewhere, sizeof(elsewhere), MEMORY_LOADER_DATA);
		entry.initrds[entry.initrd_count++] = file_from_memory(span_of(elsewhere, 5000));
		CHECK_EQUAL(initrd_load(&entry, &arena, MEMORY_ANYWHERE, 0, &base, &size), OK);
		CHECK(base != (uintptr_t)elsewhere);
	}

	/* A file on a disk has the address 0, even if there is RAM at 0. */
	set_up();
	boot_info_add_range(0, 640 * KIB, MEMORY_CONVENTIONAL);
	host_memory_describe();
	memory_volume_init(&volume, "disk", &file, 1);
	CHECK_EQUAL(volume_open(&volume.volume, SPAN("a"), &entry.initrds[entry.initrd_count++]),
		    OK);
	CHECK_EQUAL(load(), OK);
	CHECK(base && memcmp((void *)base, "disk", 4) == 0);
}

TEST(an_empty_initrd_in_place_is_ignored)
{
	load_module(0, 0, MEMORY_BELOW_4_GIB, 0);
	CHECK_EQUAL(base, 0);
	CHECK_EQUAL(size, 0);
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

TEST(more_than_all_memory_is_refused)
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

TEST(modules_other_than_kernels_are_initrds)
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
