/* SPDX-License-Identifier: Apache-2.0 */
/* loaders/bzimage.c and loaders/e820.c */
#include "core/random.h"
#include "loaders/boot_params.h"
#include "loaders/loaders.h"
#include "tests/host/host.h"
#include "tests/host/memory_volume.h"
#include "tests/unit/kernel_image.h"
#include "tests/unit/test.h"

static u8 image[KERNEL_SIZE];
static struct arena arena;
static struct boot_entry entry;
static struct kernel kernel;

static void set_up(void)
{
	arena_release(&arena);
	host_memory_init();
	kernel_image_make(image);
	entry = (struct boot_entry){ .title = "test" };
	host_random_missing = false;
}

static enum status load_sized(size_t size)
{
	u8 *copy = malloc(size); /* exactly: the sanitizer sees one byte too far */
	enum status status;

	if (size)
		memcpy(copy, image, size);
	entry.kernel = file_from_memory(span_of(copy, size));
	status = bzimage_loader.load(&entry, span_of(copy, (size_t)min_u64(size, IMAGE_HEAD_SIZE)),
				     &arena, &kernel);
	free(copy);
	return status;
}

static enum status load(void)
{
	return load_sized(KERNEL_SIZE);
}

static struct boot_params *params(void)
{
	return (struct boot_params *)(uintptr_t)kernel.argument;
}

static const struct setup_data *find_setup_data(u32 type)
{
	u64 at = params()->setup_data;

	for (u32 bound = 0; at && bound < 8; bound++) {
		const struct setup_data *data = (const struct setup_data *)(uintptr_t)at;

		if (data->type == type)
			return data;
		at = data->next;
	}
	return NULL;
}

TEST(recognizes_by_two_signatures)
{
	set_up();
	CHECK(bzimage_loader.recognizes(span_of(image, IMAGE_HEAD_SIZE)));
	CHECK(bzimage_loader.recognizes(span_of(image, 0x206)));
	CHECK(!bzimage_loader.recognizes(span_of(image, 0x205)));
	CHECK(!bzimage_loader.recognizes(span_of(image, 0)));
	image[0x1fe] = 0;
	CHECK(!bzimage_loader.recognizes(span_of(image, IMAGE_HEAD_SIZE)));
	set_up();
	image[0x202] = 'h';
	CHECK(!bzimage_loader.recognizes(span_of(image, IMAGE_HEAD_SIZE)));
}

TEST(loads_the_kernel_proper_and_its_header)
{
	u64 base;

	set_up();
	boot_info.rsdp = 0x123456789a;
	entry.options = SPAN("root=/dev/vda1 quiet");
	boot_info.command_line = SPAN("console=ttyS0 fatwood.log=info");
	CHECK_EQUAL(load(), OK);
	base = kernel.entry - 0x200;
	CHECK_EQUAL(base % 0x200000, 0);
	CHECK(memcmp((void *)base, image + KERNEL_CODE_OFFSET, KERNEL_CODE_SIZE) == 0);

	const u8 *page = (const u8 *)params();

	for (u32 i = 0; i < 0x1e8; i++)
		if (page[i] && (i < 0x70 || i >= 0x78)) {
			test_failures++;
			printf("boot_params byte 0x%x is 0x%x\n", i, page[i]);
		}
	CHECK(memcmp(page + 0x1f1, image + 0x1f1, 0x210 - 0x1f1) == 0);
	CHECK_EQUAL(page[0x1ef], 0); /* sentinel */
	CHECK_EQUAL(page[0x210], 0xff);
	CHECK_EQUAL(page[0x211], 1);
	CHECK_EQUAL(load_le32(page + 0x214), base);
	CHECK(memcmp(page + 0x22c, image + 0x22c, 0x250 - 0x22c) == 0);
	CHECK(memcmp(page + 0x258, image + 0x258, 0x26c - 0x258) == 0);
	for (u32 i = 0x26c; i < 0x2d0; i++)
		CHECK_EQUAL(page[i], 0);
	CHECK_EQUAL(params()->acpi_rsdp_addr, 0x123456789a);
	CHECK_TEXT((const char *)(uintptr_t)params()->cmd_line_ptr,
		   "root=/dev/vda1 quiet console=ttyS0");
	CHECK_EQUAL(params()->ext_cmd_line_ptr, 0);
	CHECK_EQUAL(params()->ramdisk_image, 0);
	CHECK_EQUAL(params()->ramdisk_size, 0);
}

TEST(reads_the_kernel_in_one_call)
{
	struct memory_file file = { .path = "linux", .bytes = span_of(image, KERNEL_SIZE) };
	struct memory_volume volume;

	set_up();
	memory_volume_init(&volume, "disk", &file, 1);
	CHECK_EQUAL(volume_open(&volume.volume, SPAN("/linux"), &entry.kernel), OK);
	CHECK_EQUAL(bzimage_loader.load(&entry, span_of(image, IMAGE_HEAD_SIZE), &arena, &kernel),
		    OK);
	CHECK_EQUAL(volume.reads, 1);
	CHECK_EQUAL(volume.last_offset, KERNEL_CODE_OFFSET);
	CHECK_EQUAL(volume.last_size, KERNEL_CODE_SIZE);
	CHECK_EQUAL((uintptr_t)volume.last_buffer, kernel.entry - 0x200);
}

TEST(a_read_error_is_passed_on)
{
	struct memory_file file = { .path = "linux", .size = KERNEL_SIZE, .status = ERR_IO };
	struct memory_volume volume;

	set_up();
	memory_volume_init(&volume, "disk", &file, 1);
	CHECK_EQUAL(volume_open(&volume.volume, SPAN("/linux"), &entry.kernel), OK);
	CHECK_EQUAL(bzimage_loader.load(&entry, span_of(image, IMAGE_HEAD_SIZE), &arena, &kernel),
		    ERR_IO);
}

TEST(no_setup_sects_means_four)
{
	set_up();
	image[0x1f1] = 0;
	store_le32(image + 0x1f4, (KERNEL_SIZE - 5 * 512) / 16);
	CHECK_EQUAL(load(), OK);
	CHECK(memcmp((void *)(kernel.entry - 0x200), image + 5 * 512, KERNEL_SIZE - 5 * 512) == 0);
}

TEST(files_cut_off_are_corrupt)
{
	for (size_t size = 0; size < KERNEL_SIZE; size += size < 1024 ? 1 : 255) {
		set_up();
		CHECK_EQUAL(load_sized(size), ERR_CORRUPT);
	}
	set_up();
	CHECK_EQUAL(load_sized(KERNEL_SIZE - 1), ERR_CORRUPT);
	set_up();
	CHECK_EQUAL(load_sized(KERNEL_SIZE), OK);
}

TEST(sizes_that_do_not_fit_the_file_are_corrupt)
{
	static const u32 sizes[] = { 0, 0x20, KERNEL_CODE_SIZE / 16 + 1, 0x10000000, 0xffffffff };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		set_up();
		store_le32(image + 0x1f4, sizes[i]);
		CHECK_EQUAL(load(), ERR_CORRUPT);
	}
	set_up();
	image[0x1f1] = 255;
	CHECK_EQUAL(load(), ERR_CORRUPT);
}

TEST(bytes_behind_the_kernel_are_not_loaded)
{
	set_up();
	store_le32(image + 0x1f4, KERNEL_CODE_SIZE / 16 - 16);
	CHECK_EQUAL(load(), OK);
	CHECK(memcmp((void *)(kernel.entry - 0x200), image + KERNEL_CODE_OFFSET,
		     KERNEL_CODE_SIZE - 256) == 0);
}

TEST(header_lengths_are_bounded)
{
	set_up();
	image[0x201] = 0x264 - 0x202;
	CHECK_EQUAL(load(), OK);
	set_up();
	image[0x201] = 0x263 - 0x202;
	CHECK_EQUAL(load(), ERR_CORRUPT);
	set_up();
	image[0x201] = 0;
	CHECK_EQUAL(load(), ERR_CORRUPT);
	set_up();
	image[0x201] = 0xff;
	CHECK_EQUAL(load(), ERR_CORRUPT);
	/* Longer than any known one, up to the disk signatures. */
	set_up();
	image[0x201] = 0x290 - 0x202;
	CHECK_EQUAL(load(), OK);
	CHECK_EQUAL(((u8 *)params())[0x28f], 0xee);
	CHECK_EQUAL(((u8 *)params())[0x290], 0);
	set_up();
	image[0x201] = 0x291 - 0x202;
	CHECK_EQUAL(load(), ERR_CORRUPT);
}

TEST(kernels_without_the_64_bit_entry_are_unsupported)
{
	set_up();
	store_le16(image + 0x206, 0x20b);
	CHECK_EQUAL(load(), ERR_UNSUPPORTED);
	set_up();
	store_le16(image + 0x206, 0x200);
	CHECK_EQUAL(load(), ERR_UNSUPPORTED);
	set_up();
	store_le16(image + 0x236, 0x3e);
	CHECK_EQUAL(load(), ERR_UNSUPPORTED);
	set_up();
	image[0x211] = 0;
	CHECK_EQUAL(load(), ERR_UNSUPPORTED);
	set_up();
	store_le16(image + 0x206, 0x20c);
	CHECK_EQUAL(load(), OK);
}

TEST(odd_alignments_are_corrupt)
{
	static const u32 alignments[] = { 0, 1, 0x800, 0x300000, 0xffffffff };

	for (size_t i = 0; i < ARRAY_SIZE(alignments); i++) {
		set_up();
		store_le32(image + 0x230, alignments[i]);
		CHECK_EQUAL(load(), ERR_CORRUPT);
	}
}

TEST(the_preferred_address_is_taken_if_it_is_free)
{
	set_up();
	store_le64(image + 0x258, HOST_MEMORY_BASE + 0x4000000);
	CHECK_EQUAL(load(), OK);
	CHECK_EQUAL(kernel.entry, HOST_MEMORY_BASE + 0x4000200);
}

TEST(else_the_next_place_above_and_never_below)
{
	u64 wanted = HOST_MEMORY_BASE + 0x4000000;

	set_up();
	store_le64(image + 0x258, wanted);
	CHECK_EQUAL(memory_allocate_at(wanted + KERNEL_INIT_SIZE - PAGE_SIZE, PAGE_SIZE,
				       MEMORY_BOOT_DATA),
		    OK);
	CHECK_EQUAL(load(), OK);
	CHECK_EQUAL(kernel.entry, wanted + 0x200200);

	set_up();
	store_le64(image + 0x258, wanted + PAGE_SIZE); /* not aligned itself */
	CHECK_EQUAL(load(), OK);
	CHECK_EQUAL(kernel.entry, wanted + 0x200200);
}

TEST(all_of_init_size_is_reserved)
{
	u64 base;

	set_up();
	CHECK_EQUAL(load(), OK);
	base = kernel.entry - 0x200;
	CHECK_EQUAL(memory_allocate_at(base + KERNEL_INIT_SIZE - PAGE_SIZE, PAGE_SIZE,
				       MEMORY_BOOT_DATA),
		    ERR_NO_MEMORY);
	CHECK_EQUAL(memory_allocate_at(base + KERNEL_INIT_SIZE, PAGE_SIZE, MEMORY_BOOT_DATA), OK);
	memory_free(base + KERNEL_INIT_SIZE, PAGE_SIZE);

	/* A kernel that says less than it brings is believed the larger. */
	set_up();
	store_le32(image + 0x260, 0);
	CHECK_EQUAL(load(), OK);
	base = kernel.entry - 0x200;
	CHECK_EQUAL(memory_allocate_at(base + KERNEL_CODE_SIZE - PAGE_SIZE, PAGE_SIZE,
				       MEMORY_BOOT_DATA),
		    ERR_NO_MEMORY);
}

TEST(a_kernel_that_is_not_relocatable_has_one_place)
{
	u64 wanted = HOST_MEMORY_BASE + 0x4001000;

	set_up();
	image[0x234] = 0;
	store_le64(image + 0x258, wanted);
	CHECK_EQUAL(load(), OK);
	CHECK_EQUAL(kernel.entry, wanted + 0x200);

	set_up();
	image[0x234] = 0;
	store_le64(image + 0x258, wanted);
	CHECK_EQUAL(memory_allocate_at(wanted, PAGE_SIZE, MEMORY_BOOT_DATA), OK);
	CHECK_EQUAL(load(), ERR_NO_MEMORY);
}

TEST(too_large_or_too_high_is_no_memory)
{
	static const u64 addresses[] = { HOST_MEMORY_BASE + HOST_MEMORY_SIZE,
					 1ull << 32,
					 1ull << 63,
					 UINT64_MAX,
					 UINT64_MAX - 0xfff,
					 0 - (u64)KERNEL_INIT_SIZE };

	set_up();
	store_le32(image + 0x260, HOST_MEMORY_SIZE);
	CHECK_EQUAL(load(), ERR_NO_MEMORY);
	set_up();
	store_le32(image + 0x260, 0xffffffff);
	CHECK_EQUAL(load(), ERR_NO_MEMORY);
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		for (u8 relocatable = 0; relocatable < 2; relocatable++) {
			set_up();
			image[0x234] = relocatable;
			store_le64(image + 0x258, addresses[i]);
			CHECK_EQUAL(load(), ERR_NO_MEMORY);
		}
	}
}

TEST(a_lower_alignment_is_used_when_nothing_else_fits)
{
	u64 at = HOST_MEMORY_BASE + 0x100000 + PAGE_SIZE;
	u64 free_end = HOST_MEMORY_BASE + 0x200000;

	/* Only a gap below the first multiple of 2 MiB is left. */
	set_up();
	image[0x235] = 12;
	CHECK_EQUAL(memory_allocate_at(free_end, HOST_MEMORY_SIZE - 0x200000 - 0x10000,
				       MEMORY_BOOT_DATA),
		    OK);
	CHECK_EQUAL(memory_allocate_at(HOST_MEMORY_BASE + 0x100000, PAGE_SIZE, MEMORY_BOOT_DATA),
		    OK);
	CHECK_EQUAL(load(), OK);
	CHECK_EQUAL(kernel.entry, at + 0x200);
	CHECK_EQUAL(params()->kernel_alignment, PAGE_SIZE);

	/* Not where the kernel does not offer it, or offers nonsense. */
	static const u8 offers[] = { 21, 0, 11, 22, 63, 64, 255 };

	for (size_t i = 0; i < ARRAY_SIZE(offers); i++) {
		set_up();
		image[0x235] = offers[i];
		CHECK_EQUAL(memory_allocate_at(free_end, HOST_MEMORY_SIZE - 0x200000 - 0x10000,
					       MEMORY_BOOT_DATA),
			    OK);
		CHECK_EQUAL(load(), ERR_NO_MEMORY);
	}
}

TEST(a_command_line_longer_than_the_kernel_takes_is_unsupported)
{
	static char options[2048];

	memset(options, 'x', sizeof(options));
	set_up();
	entry.options = span_of(options, 2047);
	CHECK_EQUAL(load(), OK);
	set_up();
	entry.options = span_of(options, 2048);
	CHECK_EQUAL(load(), ERR_UNSUPPORTED);
	set_up();
	entry.options = span_of(options, 2047);
	boot_info.command_line = SPAN("a");
	CHECK_EQUAL(load(), ERR_UNSUPPORTED);
	set_up();
	entry.options = span_of(options, 2047);
	boot_info.command_line = SPAN("fatwood.log=debug");
	CHECK_EQUAL(load(), OK);
}

TEST(the_seed_comes_from_the_random_source)
{
	const struct setup_data *seed;
	u8 zero[32] = { 0 };

	set_up();
	host_random = 0x1122334455667788;
	CHECK_EQUAL(load(), OK);
	seed = find_setup_data(SETUP_RNG_SEED);
	CHECK(seed != NULL);
	if (seed) {
		CHECK_EQUAL(seed->size, 32);
		CHECK(memcmp(seed + 1, zero, 32) != 0);
	}

	set_up();
	host_random_missing = true;
	CHECK_EQUAL(load(), OK);
	CHECK(find_setup_data(SETUP_RNG_SEED) == NULL);
	CHECK_EQUAL(params()->setup_data, 0);
}

TEST(the_memory_map_is_whole_and_merged)
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
			 * Our image, the kernel and its parameters are in it, but do not divide it.
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

TEST(entries_past_128_go_on_in_setup_data)
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
			last += more->size / 20 - 1;
			CHECK_EQUAL(last->base, 0x40000000ull + (count - 1) * 0x2000ull);
			CHECK_EQUAL(last->size, 0x1000);
			all += more->size / 20;
		}
		/* As many as the ledger has, where our own memory counts once. */
		map = memory_map(&map_count);
		for (u32 i = 0; i < map_count; i++)
			kinds += map[i].type == MEMORY_RESERVED;
		CHECK_EQUAL(all, kinds);
		/* And the command line behind them is whole. */
		CHECK_TEXT((const char *)(uintptr_t)params()->cmd_line_ptr, "");
	}
}

TEST(initrds_stay_below_what_the_header_says)
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

/* A file that is only named: its memory is not real. */
static struct memory_file large_file;
static struct memory_volume large_volume;

static void set_up_large_initrd(u64 size, u16 xloadflags)
{
	set_up();
	/* Above 4 GiB there is much, below little more than the kernel needs. */
	boot_info_add_range(0x100000000, 0x200000000, MEMORY_CONVENTIONAL);
	host_memory_describe();
	large_file = (struct memory_file){ .path = "initrd", .size = size, .discard = true };
	memory_volume_init(&large_volume, "disk", &large_file, 1);
	CHECK_EQUAL(volume_open(&large_volume.volume, SPAN("initrd"), &entry.initrds[0]), OK);
	/* The arena's own notes are real and must not go there. */
	CHECK_EQUAL(memory_allocate_at(0x100000000, 0x200000000, MEMORY_BOOT_DATA), OK);
	CHECK(arena_allocate(&arena, 1) != NULL);
	memory_free(0x100000000, 0x200000000);
	entry.initrd_count = 1;
	store_le16(image + 0x236, xloadflags);
}

TEST(initrds_go_above_4_gib_where_the_kernel_takes_that)
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
	/* What fits below is put below. */
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

TEST(every_failing_allocation_is_survived)
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
	/* The arena's own, kernel, initrd, parameters; then none is left to fail. */
	CHECK_EQUAL(failures, 5);
	set_up();
	CHECK_EQUAL(memory_free_size(), HOST_MEMORY_SIZE - HOST_IMAGE_SIZE);
}
