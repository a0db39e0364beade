/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loaders/bzimage.c and loaders/initrd.c on memory with random holes, with kernels and initrds of
 * any size. Everything is loaded where the kernel permits it, in RAM that was free, without
 * overlaps; and nothing for which there is room is refused.
 */
#include "loaders/boot_params.h"
#include "loaders/loaders.h"
#include "tests/host/host.h"
#include "tests/host/memory_volume.h"
#include "tests/unit/kernel_image.h"
#include "tests/unit/test.h"

enum { ROUNDS = 5000, INITRDS = 3, RANGES_MAX = 128, SLACK = 2 * 1024 * 1024, OPTIONS_MAX = 65536 };

struct piece {
	const char *name;
	u64 base, size;
	enum memory_type type;
};

static u8 image[KERNEL_SIZE];
static struct memory_range before[RANGES_MAX]; /* the ledger before the kernel was loaded */
static u32 before_count;
static u64 state = 1;

static u64 below(u64 limit)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (state >> 16) % limit;
}

/* Sizes from single bytes to more than the memory, with all magnitudes equally likely. */
static u64 any_size(void)
{
	return below(2ull << below(28));
}

static u64 any_address(void)
{
	return HOST_MEMORY_BASE + below(HOST_MEMORY_SIZE);
}

static void describe_memory(void)
{
	static const enum memory_type types[] = { MEMORY_RESERVED, MEMORY_ACPI_RECLAIM,
						  MEMORY_UNUSABLE, MEMORY_MAPPED_IO };
	const struct memory_range *map;

	host_memory_init();
	boot_info.ranges[0].end = HOST_MEMORY_BASE + 16 * MIB + below(240 * MIB);
	for (u64 holes = below(12); holes; holes--)
		boot_info_add_range(any_address(), any_size() / 64 + 1, types[below(4)]);
	host_memory_describe();
	map = memory_map(&before_count);
	memcpy(before, map, before_count * sizeof(before[0]));
}

static bool was_free(const struct piece *piece)
{
	for (u32 i = 0; i < before_count; i++)
		if (before[i].type == MEMORY_CONVENTIONAL && before[i].base <= piece->base &&
		    piece->base + piece->size <= before[i].end)
			return true;
	return false;
}

static bool is_held(const struct piece *piece)
{
	u32 count;
	const struct memory_range *map = memory_map(&count);

	for (u32 i = 0; i < count; i++)
		if (map[i].base <= piece->base && piece->base + piece->size <= map[i].end)
			return map[i].type == piece->type;
	return false;
}

/* Is there a single free range for everything, in whatever order it is filled? */
static bool has_room(u64 floor, u64 limit, u64 size)
{
	for (u32 i = 0; i < before_count; i++)
		if (before[i].type == MEMORY_CONVENTIONAL &&
		    min_u64(before[i].end, limit) > max_u64(before[i].base, floor) &&
		    min_u64(before[i].end, limit) - max_u64(before[i].base, floor) >= size)
			return true;
	return false;
}

static u64 ram_of_kernel(const struct boot_params *params)
{
	u64 ram = 0;

	for (u32 i = 0; i < params->e820_entries; i++)
		if (params->e820_table[i].type == E820_RAM)
			ram += params->e820_table[i].size;
	return ram;
}

static u64 ram_before(void)
{
	u64 ram = 0;

	for (u32 i = 0; i < before_count; i++)
		if (before[i].type == MEMORY_CONVENTIONAL || before[i].type == MEMORY_BOOT_CODE)
			ram += before[i].end - before[i].base;
	return ram;
}

struct request {
	u64 preferred, size, alignment, initrd_limit, initrd_size, options_size;
	bool relocatable;
};

static struct request make_kernel(void)
{
	struct request r = {
		.preferred = HOST_MEMORY_BASE + any_size(),
		.size = max_u64(any_size(), KERNEL_CODE_SIZE),
		.alignment = PAGE_SIZE << below(13),
		.initrd_limit = any_address(),
		.options_size = below(OPTIONS_MAX),
		.relocatable = below(4) != 0,
	};

	if (below(2))
		r.preferred &= ~(2 * MIB - 1);
	kernel_image_make(image);
	store_le32(image + 0x22c, (u32)(r.initrd_limit - 1));
	store_le32(image + 0x230, (u32)r.alignment);
	image[0x234] = r.relocatable;
	image[0x235] = 0;
	store_le16(image + 0x236, XLF_KERNEL_64);
	store_le32(image + 0x238, UINT32_MAX); /* a command line of any size */
	store_le64(image + 0x258, r.preferred);
	store_le32(image + 0x260, (u32)r.size);
	return r;
}

static void check_loaded(const struct request *r, const struct kernel *kernel)
{
	const struct boot_params *params = (const struct boot_params *)(uintptr_t)kernel->argument;
	const char *command_line = (const char *)(uintptr_t)params->cmd_line_ptr;
	const u64 parameters_end = params->cmd_line_ptr + strlen(command_line) + 1;
	const struct piece pieces[] = {
		{ "kernel", kernel->entry - 0x200, r->size, MEMORY_LOADER_CODE },
		{ "parameters", kernel->argument, parameters_end - kernel->argument,
		  MEMORY_LOADER_DATA },
		{ "initrd", params->ramdisk_image, params->ramdisk_size, MEMORY_LOADER_DATA },
	};

	CHECK(r->relocatable || pieces[0].base == r->preferred);
	CHECK(pieces[0].base >= r->preferred);
	CHECK(!r->relocatable || pieces[0].base % r->alignment == 0);
	CHECK(params->ramdisk_size >= r->initrd_size);
	CHECK(pieces[2].base + pieces[2].size <= r->initrd_limit);
	CHECK_EQUAL(strlen(command_line), r->options_size);
	CHECK_EQUAL(ram_of_kernel(params), ram_before());
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		if (pieces[i].size == 0)
			continue;
		CHECK_OF(was_free(&pieces[i]) && is_held(&pieces[i]), "%s at 0x%lx, 0x%lx bytes",
			 pieces[i].name, (unsigned long)pieces[i].base,
			 (unsigned long)pieces[i].size);
		for (size_t j = 0; j < i; j++)
			CHECK(pieces[i].base + pieces[i].size <= pieces[j].base ||
			      pieces[j].base + pieces[j].size <= pieces[i].base);
	}
}

TEST(nothing_overlaps_in_random_memory)
{
	static u8 options[OPTIONS_MAX];
	u32 loaded = 0, refused = 0;

	memset(options, 'x', sizeof(options));
	for (u32 round = 0; round < ROUNDS && !test_failures; round++) {
		struct memory_file files[INITRDS];
		struct memory_volume volume;
		struct boot_entry entry = { .title = "test" };
		struct arena arena = { 0 };
		struct kernel kernel;
		struct request r;
		enum status status;
		u64 free_size;

		describe_memory();
		free_size = memory_free_size();
		r = make_kernel();
		memory_volume_init(&volume, "disk", files, INITRDS);
		entry.initrd_count = (u32)below(INITRDS + 1);
		for (u32 i = 0; i < INITRDS; i++) {
			static const char *const names[INITRDS] = { "a", "b", "c" };

			files[i] = (struct memory_file){ .path = names[i],
							 .size = any_size() / 4 + 1,
							 .discard = true };
			CHECK_EQUAL(volume_open(&volume.volume, span_of_string(names[i]),
						&entry.initrds[i]),
				    OK);
			if (i < entry.initrd_count)
				r.initrd_size += files[i].size;
		}
		entry.kernel = file_from_memory(span_of(image, KERNEL_SIZE));
		entry.options = span_of(options, r.options_size);
		status = bzimage_loader.load(&entry, span_of(image, IMAGE_HEAD_SIZE), &arena,
					     &kernel);
		if (status) {
			refused++;
			CHECK_EQUAL(status, ERR_NO_MEMORY);
			CHECK(!r.relocatable ||
			      !has_room(r.preferred, r.initrd_limit,
					r.size + r.alignment + r.initrd_size + SLACK));
		} else {
			loaded++;
			check_loaded(&r, &kernel);
		}
		arena_release(&arena);
		CHECK_EQUAL(memory_free_size(), free_size);
		if (test_failures)
			printf("round %u\n", round);
	}
	/* Both must be common, otherwise little was tested. */
	CHECK(loaded > ROUNDS / 5 && refused > ROUNDS / 5);
}
