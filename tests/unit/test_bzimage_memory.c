/* SPDX-License-Identifier: Apache-2.0 */
/* loaders/bzimage.c and e820.c: the memory map, initrds, and that nothing overlaps. */
#include "tests/unit/bzimage.h"

TEST(the_memory_map_is_complete_and_merged)
{
	const struct e820_entry *table;
	u64 ram = 0, others = 0;

	set_up();
	boot_info_add_range(0xe0000000, 0x10000000, MEMORY_RESERVED);
	boot_info_add_range(0x80000000, 0x10000, MEMORY_ACPI_RECLAIM);
	boot_info_add_range(0x80010000, 0x10000, MEMORY_ACPI_NVS);
	boot_info_add_range(0x80020000, 0x10000, MEMORY_UNUSABLE);
	boot_info_add_range(0x80030000, 0x10000, MEMORY_PERSISTENT);
	boot_info_add_range(0x80050000, 0x10000, MEMORY_MAPPED_IO);
	boot_info_add_range(0x80040000, 0x10000, MEMORY_CONVENTIONAL);
	host_memory_describe();
	memory_reserve(0x80040000, 0x10000, MEMORY_RUNTIME_DATA);
	CHECK_EQUAL(load(), OK);
	table = params()->e820_table;
	for (u32 i = 0; i < params()->e820_entries; i++) {
		if (i > 0)
			CHECK(table[i - 1].base + table[i - 1].size <= table[i].base);
		if (table[i].type == E820_RAM) {
			/*
			 * Our image, the kernel and its parameters are in it, but do not split it.
			 */
			CHECK_EQUAL(table[i].base, HOST_MEMORY_BASE);
			CHECK_EQUAL(table[i].size, HOST_MEMORY_SIZE);
			ram++;
		} else if (table[i].base == 0x80000000) {
			CHECK_EQUAL(table[i].type, E820_ACPI);
			others++;
		} else if (table[i].base == 0x80010000) {
			CHECK_EQUAL(table[i].type, E820_NVS);
			others++;
		} else if (table[i].base == 0x80020000) {
			CHECK_EQUAL(table[i].type, E820_UNUSABLE);
			others++;
		} else if (table[i].base == 0x80030000) {
			CHECK_EQUAL(table[i].type, E820_PERSISTENT);
			others++;
		} else if (table[i].base == 0x80040000) {
			CHECK_EQUAL(table[i].type, E820_RESERVED);
			CHECK_EQUAL(table[i].size, 0x20000);
			others++;
		} else if (table[i].base == 0xe0000000) {
			CHECK_EQUAL(table[i].type, E820_RESERVED);
			CHECK_EQUAL(table[i].size, 0x10000000);
			others++;
		} else {
			/* Option ROMs and the BIOS, whatever the VMM says. */
			CHECK_EQUAL(table[i].base, 0xa0000);
			CHECK_EQUAL(table[i].size, 0x60000);
			CHECK_EQUAL(table[i].type, E820_RESERVED);
			others++;
		}
	}
	CHECK_EQUAL(ram, 1);
	CHECK_EQUAL(others, 7);
	CHECK(find_setup_data(SETUP_E820_EXT) == NULL);
}

/* @count single pages, none next to another, above the host's memory. */
static void describe_pages(u32 count)
{
	set_up();
	for (u32 i = 0; i < count; i++)
		boot_info_add_range(0x40000000ull + i * 0x2000ull, 0x1000, MEMORY_RESERVED);
	host_memory_describe();
}

TEST(entries_past_128_continue_in_setup_data)
{
	for (u32 count = 120; count < 200; count++) {
		const struct setup_data *more;
		u32 all, map_count, kinds = 1;
		const struct memory_range *map;

		describe_pages(count);
		CHECK_EQUAL(load(), OK);
		all = params()->e820_entries;
		more = find_setup_data(SETUP_E820_EXT);
		CHECK_EQUAL(more != NULL, all == 128 && count + 2 > 128);
		if (more) {
			const struct e820_entry *last = (const struct e820_entry *)(more + 1);

			CHECK_EQUAL(more->size % 20, 0);
			CHECK(find_setup_data(SETUP_RNG_SEED) != NULL);
			last += more->size / 20 - 1;
			CHECK_EQUAL(last->base, 0x40000000ull + (count - 1) * 0x2000ull);
			CHECK_EQUAL(last->size, 0x1000);
			all += more->size / 20;
		}
		/* The same number as in the ledger, with our own memory counted once. */
		map = memory_map(&map_count);
		for (u32 i = 0; i < map_count; i++)
			kinds += map[i].type == MEMORY_RESERVED;
		CHECK_EQUAL(all, kinds);
		/* The command line after them is complete. */
		CHECK_TEXT((const char *)(uintptr_t)params()->cmd_line_ptr, "");
	}
}

TEST(initrds_stay_below_the_headers_limit)
{
	u8 bytes[100];

	set_up();
	memset(bytes, 7, sizeof(bytes));
	entry.initrds[0] = file_from_memory(span_of(bytes, sizeof(bytes)));
	entry.initrd_count = 1;
	store_le32(image + 0x22c, HOST_MEMORY_BASE + 0x8000000 - 1);
	CHECK_EQUAL(load(), OK);
	CHECK_EQUAL(params()->ramdisk_image, HOST_MEMORY_BASE + 0x8000000 - 0x1000);
	CHECK_EQUAL(params()->ramdisk_size, 100);
	CHECK(memcmp((void *)(uintptr_t)params()->ramdisk_image, bytes, 100) == 0);
}

/* A file whose content is never read: its memory does not exist. */
static struct memory_file large_file;
static struct memory_volume large_volume;

static void set_up_large_initrd(u64 size, u16 xloadflags)
{
	set_up();
	/* Much memory above 4 GiB, but below it little more than the kernel needs. */
	boot_info_add_range(0x100000000, 0x200000000, MEMORY_CONVENTIONAL);
	host_memory_describe();
	large_file = (struct memory_file){ .path = "initrd", .size = size, .discard = true };
	memory_volume_init(&large_volume, "disk", &large_file, 1);
	CHECK_EQUAL(volume_open(&large_volume.volume, SPAN("initrd"), &entry.initrds[0]), OK);
	/* The arena's own blocks are real and must not be there. */
	CHECK_EQUAL(memory_allocate_at(0x100000000, 0x200000000, MEMORY_BOOT_DATA), OK);
	CHECK(arena_allocate(&arena, 1) != NULL);
	CHECK_EQUAL(memory_free(0x100000000, 0x200000000), OK);
	entry.initrd_count = 1;
	store_le16(image + 0x236, xloadflags);
}

TEST(initrds_go_above_4_gib_if_the_kernel_supports_it)
{
	set_up_large_initrd(0x140000000, 3);
	CHECK_EQUAL(load(), OK);
	CHECK_EQUAL(params()->ramdisk_image, 0xc0000000);
	CHECK_EQUAL(params()->ext_ramdisk_image, 1);
	CHECK_EQUAL(params()->ramdisk_size, 0x40000000);
	CHECK_EQUAL(params()->ext_ramdisk_size, 1);
	CHECK_EQUAL((uintptr_t)large_volume.last_buffer, 0x1c0000000);

	set_up_large_initrd(0x20000000, 1);
	CHECK_EQUAL(load(), ERR_NO_MEMORY);
	set_up_large_initrd(0x20000000, 3);
	CHECK_EQUAL(load(), OK);
	/* If it fits below, it is placed below. */
	set_up_large_initrd(0x1000000, 3);
	CHECK_EQUAL(load(), OK);
	CHECK_EQUAL(params()->ext_ramdisk_image, 0);
	CHECK(params()->ramdisk_image > HOST_MEMORY_BASE + HOST_MEMORY_SIZE - 0x1100000);
}

TEST(an_initrd_address_limit_of_all_ones_is_no_limit)
{
	set_up_large_initrd(0x1000000, 1);
	store_le32(image + 0x22c, 0xffffffff);
	CHECK_EQUAL(load(), OK);
	CHECK(params()->ramdisk_image > HOST_MEMORY_BASE + HOST_MEMORY_SIZE - 0x1100000);
}

TEST(nothing_overlaps)
{
	struct {
		u64 base, size;
	} parts[3];
	u8 bytes[5000] = { 0 };

	set_up();
	entry.initrds[0] = file_from_memory(span_of(bytes, sizeof(bytes)));
	entry.initrd_count = 1;
	CHECK_EQUAL(load(), OK);
	parts[0].base = kernel.entry - 0x200;
	parts[0].size = KERNEL_INIT_SIZE;
	parts[1].base = params()->ramdisk_image;
	parts[1].size = sizeof(bytes);
	parts[2].base = kernel.argument;
	parts[2].size = params()->cmd_line_ptr + 1 - kernel.argument;
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++)
			CHECK(i == j || parts[i].base + parts[i].size <= parts[j].base ||
			      parts[j].base + parts[j].size <= parts[i].base);
	arena_release(&arena);
	CHECK_EQUAL(memory_free_size(), HOST_MEMORY_SIZE - HOST_IMAGE_SIZE);
}

TEST(every_allocation_failure_is_handled)
{
	enum status status = ERR_NO_MEMORY;
	u8 bytes[5000] = { 0 };
	u32 failures = 0;

	for (; status != OK && failures < 100; failures++) {
		set_up();
		entry.initrds[0] = file_from_memory(span_of(bytes, sizeof(bytes)));
		entry.initrd_count = 1;
		host_allocations_left = failures;
		status = load();
		CHECK(status == OK || status == ERR_NO_MEMORY);
	}
	/*
	 * The arena's block, kernel, initrd, parameters; there are no other allocations that could
	 * fail.
	 */
	CHECK_EQUAL(failures, 5);
	set_up();
	CHECK_EQUAL(memory_free_size(), HOST_MEMORY_SIZE - HOST_IMAGE_SIZE);
}
