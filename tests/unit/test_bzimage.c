/* SPDX-License-Identifier: Apache-2.0 */
/* loaders/bzimage.c: the setup header, the placement of the kernel, and its parameters. */
#include "core/log.h"
#include "core/random.h"
#include "tests/host/memory_console.h"
#include "tests/unit/bzimage.h"

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
		CHECK_OF(!page[i] || (i >= 0x70 && i < 0x78), "byte 0x%x is 0x%x", i, page[i]);
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

/* Header fields for the loader, not for the kernel. */
TEST(loader_fields_of_the_file_are_not_passed_on)
{
	set_up();
	host_random_missing = true;
	image[0x210] = image[0x226] = image[0x227] = 0x5a;
	store_le32(image + 0x218, 0x5a5a5a5a);
	store_le32(image + 0x21c, 0x5a5a5a5a);
	store_le64(image + 0x250, 0x5a5a5a5a);
	CHECK_EQUAL(load(), OK);
	CHECK_EQUAL(params()->type_of_loader, 0xff);
	CHECK_EQUAL(params()->ext_loader_ver, 0);
	CHECK_EQUAL(params()->ext_loader_type, 0);
	CHECK_EQUAL(params()->ramdisk_image, 0);
	CHECK_EQUAL(params()->ramdisk_size, 0);
	CHECK_EQUAL(params()->setup_data, 0);
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

TEST(truncated_files_are_corrupt)
{
	for (size_t size = 0; size < KERNEL_SIZE; size += size < 1024 ? 1 : 255) {
		set_up();
		CHECK_EQUAL(load_sized(size), ERR_CORRUPT);
	}
	set_up();
	CHECK_EQUAL(load_sized(KERNEL_SIZE - 16), ERR_CORRUPT);
	set_up();
	CHECK_EQUAL(load_sized(KERNEL_SIZE), OK);
}

/* syssize counts units of 16 bytes; memtest86+ does not fill the last one. */
TEST(the_last_unit_need_not_be_complete)
{
	for (u32 missing = 1; missing < 16; missing++) {
		set_up();
		CHECK_EQUAL(load_sized(KERNEL_SIZE - missing), OK);
		CHECK(memcmp((void *)(kernel.entry - 0x200), image + KERNEL_CODE_OFFSET,
			     KERNEL_CODE_SIZE - missing) == 0);
	}
}

TEST(the_message_about_lack_of_room_names_the_range)
{
	static struct memory_console console;

	memory_console_init(&console, "");
	log_set_threshold(LOG_WARNING);
	set_up();
	store_le32(image + 0x260, HOST_MEMORY_SIZE);
	CHECK_EQUAL(load(), ERR_NO_MEMORY);
	CHECK(memory_console_has(&console, "KiB between 0x"));
	console.size = 0;
	set_up();
	image[0x234] = 0;
	store_le64(image + 0x258, 0x40000000);
	store_le32(image + 0x260, 0x100000);
	CHECK_EQUAL(load(), ERR_NO_MEMORY);
	CHECK(memory_console_has(&console, "no room for a kernel of 1024 KiB between 0x40000000 "
					   "and 0x40100000, "));
	console_unregister(&console.console);
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

TEST(bytes_after_the_kernel_are_not_loaded)
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

TEST(otherwise_the_next_place_above_is_taken)
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
	image[0x235] = 12;                             /* slower: used only if nothing else fits */
	CHECK_EQUAL(load(), OK);
	CHECK_EQUAL(kernel.entry, wanted + 0x200200);
	CHECK_EQUAL(params()->kernel_alignment, 0x200000);
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
	CHECK_EQUAL(memory_free(base + KERNEL_INIT_SIZE, PAGE_SIZE), OK);

	/* The larger of the size in the header and the size of the file counts. */
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

/* Leaves free memory from a page after a MiB boundary to the first multiple of 2 MiB. */
static void set_up_gap(u8 alignment_exponent)
{
	const u64 gap = HOST_MEMORY_BASE + 0x100000 + PAGE_SIZE, end = HOST_MEMORY_BASE + 0x200000;

	set_up();
	image[0x235] = alignment_exponent;
	CHECK_EQUAL(memory_allocate_at(end, HOST_MEMORY_SIZE - 0x200000 - 0x10000, MEMORY_BOOT_DATA),
		    OK);
	CHECK_EQUAL(memory_allocate_at(gap - PAGE_SIZE, PAGE_SIZE, MEMORY_BOOT_DATA), OK);
}

TEST(a_lower_alignment_is_used_when_nothing_else_fits)
{
	/* No lower alignment, or an invalid one. */
	static const u8 offers[] = { 21, 0, 11, 22, 32 + 12, 63, 64, 255 };

	for (u8 exponent = 12; exponent <= 16; exponent += 4) {
		const u64 alignment = 1ull << exponent;

		set_up_gap(exponent);
		CHECK_EQUAL(load(), OK);
		CHECK_EQUAL(kernel.entry, HOST_MEMORY_BASE + 0x100000 + alignment + 0x200);
		CHECK_EQUAL(params()->kernel_alignment, alignment);
	}
	for (size_t i = 0; i < ARRAY_SIZE(offers); i++) {
		set_up_gap(offers[i]);
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
