/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/memory.c: maps from VMMs, and each function (random sequences: test_memory_random.c).
 */
#include "lib/util.h"
#include "tests/unit/memory_map.h"

struct described {
	u64 base, end;
	enum memory_type type;
};

static void describe(size_t count, const struct described *ranges)
{
	boot_info = (struct boot_info){ .source = "test" };
	for (size_t i = 0; i < count; i++)
		boot_info_add_range(ranges[i].base, ranges[i].end - ranges[i].base, ranges[i].type);
	host_memory_describe();
}

#define DESCRIBE(...)                                                 \
	do {                                                          \
		const struct described described[] = { __VA_ARGS__ }; \
		describe(ARRAY_SIZE(described), described);           \
	} while (0)

TEST(a_plain_machine)
{
	u32 count;

	DESCRIBE({ 0, 0xa0000, MEMORY_CONVENTIONAL }, { 0x100000, 1 * GIB, MEMORY_CONVENTIONAL });
	check_order();
	CHECK_EQUAL(type_at(0), MEMORY_BOOT_DATA);
	CHECK_EQUAL(type_at(0xfff), MEMORY_BOOT_DATA);
	CHECK_EQUAL(type_at(0x1000), MEMORY_CONVENTIONAL);
	CHECK_EQUAL(type_at(0x9ffff), MEMORY_CONVENTIONAL);
	CHECK_EQUAL(type_at(0xa0000), MEMORY_RESERVED);
	CHECK_EQUAL(type_at(0xfffff), MEMORY_RESERVED);
	CHECK_EQUAL(type_at(0x100000), MEMORY_CONVENTIONAL);
	CHECK_EQUAL(type_at(HOST_MEMORY_BASE), MEMORY_BOOT_CODE);
	CHECK_EQUAL(type_at(HOST_MEMORY_BASE + HOST_IMAGE_SIZE), MEMORY_CONVENTIONAL);
	CHECK_EQUAL(type_at(1 * GIB), HOLE);
	memory_map(&count);
	CHECK_EQUAL(count, 6);
	CHECK_EQUAL(memory_free_size(), 0x9f000 + 1 * GIB - MIB - HOST_IMAGE_SIZE);
}

TEST(an_empty_description)
{
	u64 out = 42;

	describe(0, NULL);
	check_order();
	CHECK_EQUAL(memory_free_size(), 0);
	CHECK_EQUAL(memory_allocate(1, PAGE_SIZE, MEMORY_ANYWHERE, MEMORY_BOOT_DATA, &out),
		    ERR_NO_MEMORY);
	CHECK_EQUAL(memory_find_lowest(1, PAGE_SIZE, 0, MEMORY_ANYWHERE, &out), ERR_NO_MEMORY);
	CHECK_EQUAL(memory_allocate_at(0, 1, MEMORY_BOOT_DATA), ERR_NO_MEMORY);
	CHECK_EQUAL(out, 42);
}

TEST(ram_below_the_first_mib_in_one_piece)
{
	DESCRIBE({ 0, 1 * GIB, MEMORY_CONVENTIONAL }, { 0xe0000, 0xe1000, MEMORY_ACPI_RECLAIM });
	check_order();
	CHECK_EQUAL(type_at(0xa0000), MEMORY_RESERVED);
	CHECK_EQUAL(type_at(0xe0000), MEMORY_ACPI_RECLAIM);
	CHECK_EQUAL(type_at(0xe1000), MEMORY_RESERVED);
	CHECK_EQUAL(type_at(0xff000), MEMORY_RESERVED);
}

TEST(unsorted_with_empty_and_wrapping_entries)
{
	boot_info = (struct boot_info){ .source = "test" };
	boot_info_add_range(4 * GIB, 1 * GIB, MEMORY_CONVENTIONAL);
	boot_info_add_range(0, 0, 0);
	boot_info_add_range(MIB, 255 * MIB, MEMORY_CONVENTIONAL);
	boot_info_add_range(UINT64_MAX - 10, 100, MEMORY_CONVENTIONAL);
	boot_info_add_range(0, UINT64_MAX, MEMORY_ACPI_NVS);
	boot_info_add_range(2 * MIB, PAGE_SIZE, MEMORY_RESERVED);
	boot_info_add_range(0, 640 * KIB, MEMORY_CONVENTIONAL);
	CHECK_EQUAL(boot_info.range_count, 5);
	host_memory_describe();
	check_order();
	/*
	 * The range that covers everything is more restrictive than RAM, but less than reserved
	 * memory.
	 */
	CHECK_EQUAL(type_at(4 * GIB), MEMORY_ACPI_NVS);
	CHECK_EQUAL(type_at(2 * MIB), MEMORY_RESERVED);
	CHECK_EQUAL(type_at(UINT64_MAX - PAGE_SIZE), MEMORY_ACPI_NVS);
	CHECK_EQUAL(memory_free_size(), 0);
}

TEST(ram_is_rounded_inwards_and_the_rest_outwards)
{
	DESCRIBE({ 2 * MIB + 1, 3 * MIB - 1, MEMORY_CONVENTIONAL },
		 { 5 * MIB + 5, 5 * MIB + 6, MEMORY_RESERVED },
		 { 6 * MIB + 1, 6 * MIB + PAGE_SIZE + 1, MEMORY_CONVENTIONAL },
		 { 7 * MIB + 1, 7 * MIB + 4095, MEMORY_CONVENTIONAL });
	check_order();
	CHECK_EQUAL(type_at(2 * MIB), HOLE);
	CHECK_EQUAL(type_at(2 * MIB + PAGE_SIZE), MEMORY_CONVENTIONAL);
	CHECK_EQUAL(type_at(3 * MIB - PAGE_SIZE), HOLE);
	CHECK_EQUAL(type_at(5 * MIB), MEMORY_RESERVED);
	CHECK_EQUAL(type_at(5 * MIB + PAGE_SIZE), HOLE);
	CHECK_EQUAL(type_at(6 * MIB), HOLE);
	CHECK_EQUAL(type_at(7 * MIB), HOLE);
	CHECK_EQUAL(memory_free_size(), MIB - 2 * PAGE_SIZE);
}

TEST(on_overlap_the_more_restrictive_type_wins_whatever_the_order)
{
	static const enum memory_type weakest_first[] = {
		MEMORY_CONVENTIONAL, MEMORY_PERSISTENT, MEMORY_ACPI_RECLAIM, MEMORY_ACPI_NVS,
		MEMORY_MAPPED_IO,    MEMORY_RESERVED,   MEMORY_UNUSABLE,
	};

	for (size_t a = 0; a < ARRAY_SIZE(weakest_first); a++)
		for (size_t b = 0; b < ARRAY_SIZE(weakest_first); b++) {
			enum memory_type winner = weakest_first[a > b ? a : b];

			DESCRIBE({ 2 * MIB, 4 * MIB, weakest_first[a] },
				 { 3 * MIB, 5 * MIB, weakest_first[b] });
			check_order();
			CHECK_EQUAL(type_at(2 * MIB), weakest_first[a]);
			CHECK_EQUAL(type_at(3 * MIB), winner);
			CHECK_EQUAL(type_at(4 * MIB - 1), winner);
			CHECK_EQUAL(type_at(4 * MIB), weakest_first[b]);
			DESCRIBE({ 2 * MIB, 5 * MIB, weakest_first[a] },
				 { 3 * MIB, 4 * MIB, weakest_first[b] });
			CHECK_EQUAL(type_at(2 * MIB), weakest_first[a]);
			CHECK_EQUAL(type_at(3 * MIB), winner);
			CHECK_EQUAL(type_at(4 * MIB), weakest_first[a]);
		}
}

/* Cloud Hypervisor's --firmware: there is a command line, but it is empty. */
TEST(empty_modules_and_command_line_take_nothing)
{
	DESCRIBE({ 0, 1 * GIB, MEMORY_CONVENTIONAL });
	boot_info.modules[0] = span_of((void *)(16 * MIB), 0);
	boot_info.module_count = 1;
	boot_info.command_line = span_of((void *)(17 * MIB + 5), 0);
	memory_init();
	check_order();
	CHECK_EQUAL(type_at(16 * MIB), MEMORY_CONVENTIONAL);
}

TEST(image_modules_and_command_line_are_reserved_in_ram)
{
	boot_info = (struct boot_info){ .source = "test" };
	boot_info_add_range(MIB, GIB, MEMORY_CONVENTIONAL);
	boot_info_add_range(32 * MIB, PAGE_SIZE, MEMORY_ACPI_RECLAIM);
	boot_info_add_range(34 * MIB, PAGE_SIZE, MEMORY_RESERVED);
	boot_info.modules[0] = span_of((void *)(16 * MIB + 5), PAGE_SIZE);
	boot_info.modules[1] = span_of((void *)(31 * MIB), 5 * MIB);
	boot_info.modules[2] = span_of((void *)(2 * GIB), 5 * MIB);
	boot_info.modules[3] = span_of((void *)(UINT64_MAX - 10), 5 * MIB);
	boot_info.module_count = 4;
	boot_info.command_line = span_of((void *)(36 * MIB), 1); /* joins module 1 */
	host_memory_describe();
	check_order();
	CHECK_EQUAL(type_at(16 * MIB), MEMORY_LOADER_DATA);
	CHECK_EQUAL(type_at(16 * MIB + PAGE_SIZE), MEMORY_LOADER_DATA);
	CHECK_EQUAL(type_at(16 * MIB + 2 * PAGE_SIZE), MEMORY_CONVENTIONAL);
	CHECK_EQUAL(type_at(31 * MIB), MEMORY_LOADER_DATA);
	CHECK_EQUAL(type_at(32 * MIB), MEMORY_ACPI_RECLAIM);
	CHECK_EQUAL(type_at(32 * MIB + PAGE_SIZE), MEMORY_LOADER_DATA);
	CHECK_EQUAL(type_at(34 * MIB), MEMORY_RESERVED);
	CHECK_EQUAL(type_at(34 * MIB + PAGE_SIZE), MEMORY_LOADER_DATA);
	CHECK_EQUAL(type_at(36 * MIB), MEMORY_LOADER_DATA);
	CHECK_EQUAL(type_at(36 * MIB + PAGE_SIZE), MEMORY_CONVENTIONAL);
	CHECK_EQUAL(type_at(2 * GIB), HOLE);
}

TEST(the_most_ranges_each_splitting_another)
{
	u32 count;

	boot_info = (struct boot_info){ .source = "test" };
	for (u32 i = 0; i < BOOT_RANGES_MAX / 2; i++) {
		/* In reverse order, each with reserved pages inside. */
		u64 base = 2 * MIB + (BOOT_RANGES_MAX - i) * 4 * MIB;

		boot_info_add_range(base, 2 * MIB, MEMORY_CONVENTIONAL);
		boot_info_add_range(base + MIB, PAGE_SIZE, MEMORY_RESERVED);
	}
	boot_info_add_range(1 * GIB * 4, MIB, MEMORY_CONVENTIONAL);
	CHECK_EQUAL(boot_info.range_count, BOOT_RANGES_MAX);
	for (u32 i = 0; i < BOOT_MODULES_MAX; i++)
		boot_info.modules[boot_info.module_count++] =
			span_of((void *)(uintptr_t)(boot_info.ranges[2 * i].base + PAGE(16)), 1);
	host_memory_describe();
	check_order();
	memory_map(&count);
	CHECK(count > BOOT_RANGES_MAX);
	for (u32 i = 0; i < BOOT_RANGES_MAX / 2; i++)
		CHECK_EQUAL(type_at(boot_info.ranges[2 * i + 1].base), MEMORY_RESERVED);
	CHECK_EQUAL(type_at(4 * GIB), HOLE);
}

TEST(allocation_takes_the_highest_place_below_the_limit)
{
	u64 out;

	DESCRIBE({ 0, 640 * KIB, MEMORY_CONVENTIONAL }, { MIB, 3 * MIB, MEMORY_CONVENTIONAL },
		 { 5 * GIB, 6 * GIB, MEMORY_CONVENTIONAL });
	CHECK_EQUAL(memory_allocate(1, 1, MEMORY_ANYWHERE, MEMORY_BOOT_DATA, &out), OK);
	CHECK_EQUAL(out, 6 * GIB - PAGE_SIZE);
	CHECK_EQUAL(memory_allocate(PAGE_SIZE + 1, PAGE_SIZE, MEMORY_BELOW_4_GIB,
				    MEMORY_LOADER_DATA, &out),
		    OK);
	CHECK_EQUAL(out, 3 * MIB - 2 * PAGE_SIZE);
	CHECK_EQUAL(type_at(out), MEMORY_LOADER_DATA);
	CHECK_EQUAL(memory_allocate(MIB, 2 * MIB, MEMORY_ANYWHERE, MEMORY_LOADER_DATA, &out), OK);
	CHECK_EQUAL(out, 6 * GIB - 2 * MIB);
	CHECK_EQUAL(memory_allocate(PAGE_SIZE, PAGE_SIZE, 2 * MIB + 17, MEMORY_LOADER_DATA, &out),
		    OK);
	CHECK_EQUAL(out, 2 * MIB - PAGE_SIZE);
	/* Never below the first MiB. */
	CHECK_EQUAL(memory_allocate(PAGE_SIZE, PAGE_SIZE, MIB, MEMORY_LOADER_DATA, &out),
		    ERR_NO_MEMORY);
	CHECK_EQUAL(memory_allocate(PAGE_SIZE, PAGE_SIZE, 640 * KIB, MEMORY_LOADER_DATA, &out),
		    ERR_NO_MEMORY);
	CHECK_EQUAL(memory_allocate(2 * GIB, PAGE_SIZE, MEMORY_ANYWHERE, MEMORY_LOADER_DATA, &out),
		    ERR_NO_MEMORY);
	CHECK_EQUAL(memory_allocate(UINT64_MAX, PAGE_SIZE, MEMORY_ANYWHERE, MEMORY_LOADER_DATA,
				    &out),
		    ERR_NO_MEMORY);
	CHECK_EQUAL(memory_allocate(PAGE_SIZE, 1ull << 63, MEMORY_ANYWHERE, MEMORY_LOADER_DATA,
				    &out),
		    ERR_NO_MEMORY);
	CHECK_EQUAL(memory_allocate(0, PAGE_SIZE, MEMORY_ANYWHERE, MEMORY_LOADER_DATA, &out),
		    ERR_INVALID);
	CHECK_EQUAL(memory_allocate(PAGE_SIZE, PAGE_SIZE, 0, MEMORY_LOADER_DATA, &out),
		    ERR_NO_MEMORY);
	check_order();
}

TEST(the_lowest_place_is_found_but_not_allocated)
{
	u64 out = 0, before;

	DESCRIBE({ MIB, 3 * MIB, MEMORY_CONVENTIONAL },
		 { 4 * MIB + PAGE_SIZE, 9 * MIB, MEMORY_CONVENTIONAL });
	before = memory_free_size();
	CHECK_EQUAL(memory_find_lowest(PAGE_SIZE, PAGE_SIZE, 0, MEMORY_ANYWHERE, &out), OK);
	CHECK_EQUAL(out, MIB);
	CHECK_EQUAL(memory_find_lowest(PAGE_SIZE, 2 * MIB, 0, MEMORY_ANYWHERE, &out), OK);
	CHECK_EQUAL(out, 2 * MIB);
	CHECK_EQUAL(memory_find_lowest(2 * MIB + 1, 2 * MIB, 0, MEMORY_ANYWHERE, &out), OK);
	CHECK_EQUAL(out, 6 * MIB);
	CHECK_EQUAL(memory_find_lowest(PAGE_SIZE, PAGE_SIZE, 3 * MIB - 1, MEMORY_ANYWHERE, &out),
		    OK);
	CHECK_EQUAL(out, 4 * MIB + PAGE_SIZE);
	out = 42;
	CHECK_EQUAL(memory_find_lowest(3 * MIB, PAGE_SIZE, 0, 5 * MIB, &out), ERR_NO_MEMORY);
	CHECK_EQUAL(memory_find_lowest(PAGE_SIZE, PAGE_SIZE, UINT64_MAX, MEMORY_ANYWHERE, &out),
		    ERR_NO_MEMORY);
	CHECK_EQUAL(memory_find_lowest(PAGE_SIZE, 1ull << 63, 0, MEMORY_ANYWHERE, &out),
		    ERR_NO_MEMORY);
	CHECK_EQUAL(memory_find_lowest(UINT64_MAX, PAGE_SIZE, 0, MEMORY_ANYWHERE, &out),
		    ERR_NO_MEMORY);
	CHECK_EQUAL(memory_find_lowest(0, PAGE_SIZE, 0, MEMORY_ANYWHERE, &out), ERR_INVALID);
	CHECK_EQUAL(out, 42);
	CHECK_EQUAL(memory_free_size(), before);
}

TEST(allocation_at_an_address_is_all_or_nothing)
{
	DESCRIBE({ MIB, 3 * MIB, MEMORY_CONVENTIONAL }, { 2 * MIB, 2 * MIB + 1, MEMORY_RESERVED });
	CHECK_EQUAL(memory_allocate_at(2 * MIB - PAGE_SIZE, 2 * PAGE_SIZE, MEMORY_LOADER_CODE),
		    ERR_NO_MEMORY);
	CHECK_EQUAL(memory_allocate_at(MIB - PAGE_SIZE, 2 * PAGE_SIZE, MEMORY_LOADER_CODE),
		    ERR_NO_MEMORY);
	CHECK_EQUAL(memory_allocate_at(3 * MIB - PAGE_SIZE, 2 * PAGE_SIZE, MEMORY_LOADER_CODE),
		    ERR_NO_MEMORY);
	CHECK_EQUAL(memory_allocate_at(2 * MIB - PAGE_SIZE, UINT64_MAX, MEMORY_LOADER_CODE),
		    ERR_NO_MEMORY);
	CHECK_EQUAL(memory_allocate_at(UINT64_MAX, UINT64_MAX, MEMORY_LOADER_CODE), ERR_NO_MEMORY);
	CHECK_EQUAL(memory_allocate_at(2 * MIB - 1, 1, MEMORY_LOADER_CODE), OK);
	CHECK_EQUAL(type_at(2 * MIB - 1), MEMORY_LOADER_CODE);
	CHECK_EQUAL(type_at(2 * MIB - PAGE_SIZE), MEMORY_LOADER_CODE);
	CHECK_EQUAL(memory_allocate_at(2 * MIB - 1, 1, MEMORY_LOADER_CODE), ERR_NO_MEMORY);
	check_order();
}

TEST(the_minimum_alignment_is_a_page)
{
	u64 out;

	DESCRIBE({ MIB, 3 * MIB, MEMORY_CONVENTIONAL });
	CHECK_EQUAL(memory_find_lowest(1, 1, 2 * MIB + 1, MEMORY_ANYWHERE, &out), OK);
	CHECK_EQUAL(out, 2 * MIB + PAGE_SIZE);
	CHECK_EQUAL(memory_allocate_at(2 * MIB, 0, MEMORY_LOADER_DATA), ERR_NO_MEMORY);
}

TEST(freeing_parts_of_allocations)
{
	u64 out;

	DESCRIBE({ MIB, 3 * MIB, MEMORY_CONVENTIONAL }, { 3 * MIB, 4 * MIB, MEMORY_ACPI_RECLAIM },
		 { 4 * MIB, 5 * MIB, MEMORY_RESERVED });
	CHECK_EQUAL(memory_allocate(10 * PAGE_SIZE, PAGE_SIZE, MEMORY_ANYWHERE, MEMORY_LOADER_DATA,
				    &out),
		    OK);
	CHECK_EQUAL(memory_free(out + PAGE_SIZE, 3 * PAGE_SIZE - 5), OK);
	CHECK_EQUAL(type_at(out), MEMORY_LOADER_DATA);
	CHECK_EQUAL(type_at(out + PAGE_SIZE), MEMORY_CONVENTIONAL);
	CHECK_EQUAL(type_at(out + 4 * PAGE_SIZE - 1), MEMORY_CONVENTIONAL);
	CHECK_EQUAL(type_at(out + 4 * PAGE_SIZE), MEMORY_LOADER_DATA);
	CHECK(memory_has_ram(MIB, 3 * MIB));
	CHECK(memory_has_ram(0, MIB + 1));
	CHECK(memory_has_ram(4 * MIB - 1, 64 * GIB));
	CHECK(memory_has_ram(2 * MIB, UINT64_MAX));
	CHECK(!memory_has_ram(0, MIB));
	CHECK(!memory_has_ram(4 * MIB, MIB));
	CHECK(!memory_has_ram(4 * MIB, UINT64_MAX));
}

TEST(only_free_memory_is_reserved)
{
	DESCRIBE({ MIB, 4 * MIB, MEMORY_CONVENTIONAL }, { 3 * MIB, 4 * MIB, MEMORY_RESERVED });
	CHECK_EQUAL(memory_allocate_at(2 * MIB, PAGE_SIZE, MEMORY_BOOT_DATA), OK);
	memory_reserve(2 * MIB - 1, PAGE_SIZE + 2, MEMORY_ACPI_NVS);
	CHECK_EQUAL(type_at(2 * MIB - PAGE_SIZE), MEMORY_ACPI_NVS);
	CHECK_EQUAL(type_at(2 * MIB), MEMORY_BOOT_DATA);
	CHECK_EQUAL(type_at(2 * MIB + PAGE_SIZE), MEMORY_ACPI_NVS);
	CHECK_EQUAL(type_at(2 * MIB + 2 * PAGE_SIZE), MEMORY_CONVENTIONAL);
	memory_reserve(MIB + 5, 0, MEMORY_ACPI_NVS);
	CHECK_EQUAL(type_at(MIB), MEMORY_CONVENTIONAL);
	/* Past the end of everything, and around it. */
	memory_reserve(3 * MIB - 1, UINT64_MAX, MEMORY_ACPI_NVS);
	CHECK_EQUAL(type_at(3 * MIB - 1), MEMORY_ACPI_NVS);
	CHECK_EQUAL(type_at(3 * MIB), MEMORY_RESERVED);
	CHECK_EQUAL(type_at(4 * MIB), HOLE);
	check_order();
}

TEST(unmapped_memory_is_not_allocated)
{
	u64 out;

	DESCRIBE({ MIB, 8 * GIB, MEMORY_CONVENTIONAL });
	host_memory_end = 4 * GIB + 5;
	CHECK_EQUAL(memory_allocate(PAGE_SIZE, PAGE_SIZE, MEMORY_ANYWHERE, MEMORY_BOOT_DATA, &out),
		    OK);
	CHECK_EQUAL(out, 4 * GIB - PAGE_SIZE);
	CHECK_EQUAL(memory_find_lowest(PAGE_SIZE, PAGE_SIZE, 4 * GIB, MEMORY_ANYWHERE, &out),
		    ERR_NO_MEMORY);
	CHECK_EQUAL(memory_allocate_at(4 * GIB, PAGE_SIZE, MEMORY_BOOT_DATA), ERR_NO_MEMORY);
	host_memory_end = 2 * GIB;
	CHECK_EQUAL(memory_allocate_at(2 * GIB - PAGE_SIZE, PAGE_SIZE, MEMORY_BOOT_DATA), OK);
	host_memory_end = UINT64_MAX;
	CHECK_EQUAL(memory_allocate_at(4 * GIB, PAGE_SIZE, MEMORY_BOOT_DATA), OK);
}

TEST(unallocated_memory_is_not_freed)
{
	u64 before, key;

	DESCRIBE({ MIB, 4 * MIB, MEMORY_CONVENTIONAL }, { 4 * MIB, 5 * MIB, MEMORY_RESERVED },
		 { 5 * MIB, 6 * MIB, MEMORY_BOOT_DATA }, { 8 * MIB, 9 * MIB, MEMORY_CONVENTIONAL });
	CHECK_EQUAL(memory_allocate_at(3 * MIB, 2 * PAGE_SIZE, MEMORY_BOOT_DATA), OK);
	CHECK_EQUAL(memory_allocate_at(4 * MIB - PAGE_SIZE, PAGE_SIZE, MEMORY_BOOT_DATA), OK);
	CHECK_EQUAL(memory_allocate_at(8 * MIB, PAGE_SIZE, MEMORY_BOOT_DATA), OK);
	memory_reserve(2 * MIB, PAGE_SIZE, MEMORY_BOOT_DATA);
	before = memory_free_size();
	key = memory_map_key();
	CHECK_EQUAL(memory_free(2 * MIB + PAGE_SIZE, PAGE_SIZE), ERR_NOT_FOUND); /* free */
	CHECK_EQUAL(memory_free(2 * MIB, PAGE_SIZE), ERR_NOT_FOUND);
	CHECK_EQUAL(memory_free(4 * MIB, PAGE_SIZE), ERR_NOT_FOUND);
	CHECK_EQUAL(memory_free(5 * MIB, PAGE_SIZE), ERR_NOT_FOUND);
	CHECK_EQUAL(memory_free(9 * MIB, PAGE_SIZE), ERR_NOT_FOUND);     /* a hole */
	CHECK_EQUAL(memory_free(3 * MIB, 3 * PAGE_SIZE), ERR_NOT_FOUND); /* more than it */
	CHECK_EQUAL(memory_free(4 * MIB - PAGE_SIZE, 4 * MIB + PAGE_SIZE), ERR_NOT_FOUND);
	CHECK_EQUAL(memory_free(HOST_MEMORY_BASE, PAGE_SIZE), ERR_NOT_FOUND);
	CHECK_EQUAL(memory_free(UINT64_MAX - PAGE_SIZE + 1, PAGE_SIZE - 1), ERR_NOT_FOUND);
	CHECK_EQUAL(memory_free(3 * MIB + 1, PAGE_SIZE), ERR_INVALID);
	CHECK_EQUAL(memory_free(3 * MIB, 0), ERR_INVALID);
	CHECK_EQUAL(memory_free(3 * MIB, UINT64_MAX), ERR_INVALID);
	CHECK_EQUAL(memory_free_size(), before);
	CHECK_EQUAL(memory_map_key(), key);
	CHECK_EQUAL(memory_free(3 * MIB, 2 * PAGE_SIZE), OK);
	CHECK_EQUAL(memory_free(3 * MIB, PAGE_SIZE), ERR_NOT_FOUND); /* twice */
	check_order();
}

TEST(adjacent_ranges_of_different_owners_are_not_merged)
{
	u32 count;

	DESCRIBE({ MIB, 3 * MIB, MEMORY_CONVENTIONAL });
	memory_reserve(MIB, MIB, MEMORY_LOADER_DATA);
	CHECK_EQUAL(memory_allocate_at(2 * MIB, PAGE_SIZE, MEMORY_LOADER_DATA), OK);
	CHECK_EQUAL(memory_allocate_at(2 * MIB + PAGE_SIZE, PAGE_SIZE, MEMORY_LOADER_DATA), OK);
	check_order();
	memory_map(&count);
	CHECK_EQUAL(count, 3 + 1); /* the window as well */
	CHECK_EQUAL(memory_free(2 * MIB - PAGE_SIZE, 2 * PAGE_SIZE), ERR_NOT_FOUND);
	/* Frees two allocations in one call. */
	CHECK_EQUAL(memory_free(2 * MIB, 2 * PAGE_SIZE), OK);
}

TEST(requests_limit_the_place)
{
	u64 out = 42;
	struct memory_request request = { .size = PAGE_SIZE,
					  .alignment = PAGE_SIZE,
					  .limit = MEMORY_ANYWHERE,
					  .type = MEMORY_LOADER_CODE,
					  .lowest = true };

	DESCRIBE({ 0, 640 * KIB, MEMORY_CONVENTIONAL }, { MIB, 3 * MIB, MEMORY_CONVENTIONAL });
	CHECK_EQUAL(memory_allocate_request(&request, &out), OK);
	CHECK_EQUAL(out, PAGE_SIZE); /* never the first page */
	CHECK_EQUAL(type_at(PAGE_SIZE), MEMORY_LOADER_CODE);
	request.floor = MIB;
	CHECK_EQUAL(memory_allocate_request(&request, &out), OK);
	CHECK_EQUAL(out, MIB);
	request.lowest = false;
	request.floor = 0;
	request.limit = MIB;
	CHECK_EQUAL(memory_allocate_request(&request, &out), OK);
	CHECK_EQUAL(out, 640 * KIB - PAGE_SIZE);
	request.floor = 0x9f000;
	CHECK_EQUAL(memory_allocate_request(&request, &out), ERR_NO_MEMORY);
	request.size = 0;
	CHECK_EQUAL(memory_allocate_request(&request, &out), ERR_INVALID);
	CHECK_EQUAL(out, 640 * KIB - PAGE_SIZE);
	check_order();
}

TEST(foreign_types_are_allocated_ram)
{
	DESCRIBE({ MIB, 3 * MIB, MEMORY_CONVENTIONAL });
	CHECK_EQUAL(memory_allocate_at(MIB, PAGE_SIZE, MEMORY_TYPE_OEM), OK);
	CHECK_EQUAL(memory_allocate_at(MIB + PAGE_SIZE, PAGE_SIZE, UINT32_MAX), OK);
	CHECK_EQUAL(memory_allocate_at(2 * MIB, PAGE_SIZE, MEMORY_RESERVED), OK);
	CHECK_EQUAL((u32)type_at(MIB), MEMORY_TYPE_OEM);
	CHECK_EQUAL((u32)type_at(MIB + PAGE_SIZE), UINT32_MAX);
	CHECK(memory_is_ram(MIB, 2 * MIB));
	CHECK_EQUAL(memory_free(MIB, 2 * PAGE_SIZE), OK);
	CHECK_EQUAL(memory_free(2 * MIB, PAGE_SIZE), OK);
	CHECK_EQUAL(memory_free_size(), 2 * MIB);
}

TEST(conversion_requires_one_type)
{
	DESCRIBE({ MIB, 2 * MIB, MEMORY_CONVENTIONAL }, { 2 * MIB, 3 * MIB, MEMORY_RESERVED },
		 { 3 * MIB, 4 * MIB, MEMORY_ACPI_RECLAIM });
	CHECK_EQUAL(memory_convert(2 * MIB + 5, 1, MEMORY_RESERVED, MEMORY_ACPI_NVS), OK);
	CHECK_EQUAL(type_at(2 * MIB), MEMORY_ACPI_NVS);
	CHECK_EQUAL(type_at(2 * MIB + PAGE_SIZE), MEMORY_RESERVED);
	CHECK_EQUAL(memory_convert(2 * MIB, PAGE_SIZE, MEMORY_RESERVED, MEMORY_ACPI_NVS),
		    ERR_NOT_FOUND);
	CHECK_EQUAL(memory_convert(2 * MIB, 2 * PAGE_SIZE, MEMORY_RESERVED, MEMORY_ACPI_NVS),
		    ERR_NOT_FOUND);
	CHECK_EQUAL(memory_convert(9 * MIB, PAGE_SIZE, MEMORY_RESERVED, MEMORY_ACPI_NVS),
		    ERR_NOT_FOUND);
	CHECK_EQUAL(memory_convert(3 * MIB - 1, 2, MEMORY_RESERVED, MEMORY_ACPI_NVS),
		    ERR_NOT_FOUND);
	/* Permanent memory cannot be freed. */
	CHECK_EQUAL(memory_allocate_at(MIB, 2 * PAGE_SIZE, MEMORY_BOOT_DATA), OK);
	CHECK_EQUAL(memory_convert(MIB, PAGE_SIZE, MEMORY_BOOT_DATA, MEMORY_UNUSABLE), OK);
	CHECK_EQUAL(memory_free(MIB, PAGE_SIZE), ERR_NOT_FOUND);
	CHECK_EQUAL(memory_free(MIB, 2 * PAGE_SIZE), ERR_NOT_FOUND);
	CHECK_EQUAL(memory_free(MIB + PAGE_SIZE, PAGE_SIZE), OK);
	CHECK_EQUAL(type_at(MIB), MEMORY_UNUSABLE);
	check_order();
}

TEST(each_change_changes_the_key)
{
	u64 key, out;

	DESCRIBE({ MIB, 3 * MIB, MEMORY_CONVENTIONAL });
	key = memory_map_key();
	CHECK_EQUAL(memory_find_lowest(PAGE_SIZE, PAGE_SIZE, 0, MEMORY_ANYWHERE, &out), OK);
	CHECK_EQUAL(memory_allocate(4 * MIB, PAGE_SIZE, MEMORY_ANYWHERE, MEMORY_BOOT_DATA, &out),
		    ERR_NO_MEMORY);
	CHECK_EQUAL(memory_map_key(), key);
	CHECK_EQUAL(memory_allocate(PAGE_SIZE, PAGE_SIZE, MEMORY_ANYWHERE, MEMORY_BOOT_DATA, &out),
		    OK);
	CHECK(memory_map_key() != key);
	key = memory_map_key();
	CHECK_EQUAL(memory_free(out, PAGE_SIZE), OK);
	CHECK(memory_map_key() != key);
	key = memory_map_key();
	memory_reserve(MIB, PAGE_SIZE, MEMORY_ACPI_NVS);
	CHECK(memory_map_key() != key);
	key = memory_map_key();
	CHECK_EQUAL(memory_convert(MIB, PAGE_SIZE, MEMORY_ACPI_NVS, MEMORY_ACPI_RECLAIM), OK);
	CHECK(memory_map_key() != key);
	key = memory_map_key();
	memory_init();
	CHECK(memory_map_key() != key);
}

TEST(all_of_it_is_ram)
{
	DESCRIBE({ MIB, 2 * MIB, MEMORY_CONVENTIONAL }, { 2 * MIB, 3 * MIB, MEMORY_ACPI_RECLAIM },
		 { 3 * MIB, 4 * MIB, MEMORY_RESERVED }, { 5 * MIB, 6 * MIB, MEMORY_CONVENTIONAL },
		 { UINT64_MAX - MIB, UINT64_MAX, MEMORY_ACPI_NVS });
	CHECK(memory_is_ram(MIB, 2 * MIB));
	CHECK(memory_is_ram(2 * MIB - 1, 2));
	CHECK(!memory_is_ram(MIB - 1, 2));
	CHECK(!memory_is_ram(3 * MIB - 1, 2));
	CHECK(!memory_is_ram(2 * MIB, 4 * MIB));
	CHECK(!memory_is_ram(4 * MIB, MIB));
	CHECK(!memory_is_ram(6 * MIB - 1, 2));
	CHECK(!memory_is_ram(7 * MIB, 1));
	CHECK(!memory_is_ram(MIB, 0));
	CHECK(!memory_is_ram(MIB, UINT64_MAX));
	CHECK(!memory_is_ram(UINT64_MAX - 2 * PAGE_SIZE, UINT64_MAX));
}

TEST(types_have_names)
{
	for (u32 type = MEMORY_RESERVED; type <= MEMORY_UNACCEPTED; type++)
		CHECK(memory_type_name(type) != NULL);
	CHECK(strcmp(memory_type_name(MEMORY_CONVENTIONAL), "conventional") == 0);
	CHECK(strcmp(memory_type_name(MEMORY_UNACCEPTED), "unaccepted") == 0);
	CHECK(strcmp(memory_type_name(16), "unknown") == 0);
	CHECK(strcmp(memory_type_name(MEMORY_TYPE_OEM), "OEM") == 0);
	CHECK(strcmp(memory_type_name(MEMORY_TYPE_OS), "OS") == 0);
}

TEST(tables_that_outlive_the_firmware_are_ram)
{
	DESCRIBE({ MIB, 2 * MIB, MEMORY_ACPI_NVS }, { 2 * MIB, 3 * MIB, MEMORY_MAPPED_IO });
	CHECK(memory_has_ram(MIB, PAGE_SIZE));
	CHECK(!memory_has_ram(2 * MIB, PAGE_SIZE));
}

TEST(a_full_table_refuses_changes_and_stays_correct)
{
	u32 count = 0, granted = 0;
	u64 before;

	DESCRIBE({ MIB, 64 * MIB, MEMORY_CONVENTIONAL });
	/* Every second page: each takes two more entries. */
	while (memory_allocate_at(2 * MIB + PAGE(2 * granted), 1, MEMORY_BOOT_DATA) == OK)
		granted++;
	check_order();
	memory_map(&count);
	CHECK(granted > 200);
	CHECK(count >= 2 * granted);
	before = memory_free_size();
	CHECK_EQUAL(memory_allocate_at(2 * MIB + PAGE(2 * granted), 1, MEMORY_BOOT_DATA),
		    ERR_NO_MEMORY);
	CHECK_EQUAL(memory_free_size(), before);
	CHECK_EQUAL(memory_convert(63 * MIB, 1, MEMORY_CONVENTIONAL, MEMORY_RESERVED),
		    ERR_NO_MEMORY);
	/* Ranges that merge with a neighbour, or that are freed, still fit. */
	CHECK_EQUAL(memory_allocate_at(2 * MIB + PAGE(1), 1, MEMORY_BOOT_DATA), OK);
	CHECK_EQUAL(memory_free(2 * MIB, PAGE(3)), OK);
	CHECK_EQUAL(memory_allocate_at(2 * MIB + PAGE(2 * granted), 1, MEMORY_BOOT_DATA), OK);
	check_order();
}
