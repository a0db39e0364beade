/* SPDX-License-Identifier: Apache-2.0 */
/* arch/x86_64/page_tables.c: walks the tables as a processor would. */
#include "core/memory.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/unit/page_walk.h"

#define TIB (1ull << 40)

static u64 *root;

static void set_up(bool no_execute, bool gib_pages)
{
	u64 page;

	host_memory_init();
	host_allocations_left = UINT64_MAX;
	page_tables_no_execute = no_execute;
	page_tables_gib_pages = gib_pages;
	CHECK_EQUAL(memory_allocate(PAGE_SIZE, PAGE_SIZE, MEMORY_ANYWHERE, MEMORY_BOOT_DATA, &page),
		    OK);
	root = memset((void *)(uintptr_t)page, 0, PAGE_SIZE);
}

static u64 flags_at(u64 address)
{
	u64 size;

	return page_walk(root, address, &size);
}

static u64 size_at(u64 address)
{
	u64 size;

	(void)page_walk(root, address, &size);
	return size;
}

static u64 pages_used(void)
{
	return (HOST_MEMORY_SIZE - HOST_IMAGE_SIZE - memory_free_size()) / PAGE_SIZE;
}

TEST(pages_are_as_large_as_they_can_be)
{
	set_up(true, true);
	CHECK_EQUAL(page_tables_map(root, 2 * MIB, 5 * GIB + 4 * MIB + PAGE_SIZE, RW | NX), OK);
	CHECK_EQUAL(flags_at(0), NOT_MAPPED);
	CHECK_EQUAL(flags_at(2 * MIB), RW | NX);
	CHECK_EQUAL(size_at(2 * MIB), 2 * MIB);
	CHECK_EQUAL(size_at(1 * GIB), 1 * GIB);
	CHECK_EQUAL(flags_at(5 * GIB - 1), RW | NX);
	CHECK_EQUAL(size_at(5 * GIB), 2 * MIB);
	/* An empty 2 MiB range is mapped as a whole. */
	CHECK_EQUAL(flags_at(5 * GIB + 6 * MIB - 1), RW | NX);
	CHECK_EQUAL(flags_at(5 * GIB + 6 * MIB), NOT_MAPPED);
	CHECK_EQUAL(pages_used(), 4); /* one of each level, and another below 5 GiB */
}

TEST(without_large_pages_or_no_execute)
{
	set_up(false, false);
	CHECK_EQUAL(page_tables_map(root, 0, 4 * GIB, RW | NX), OK);
	CHECK_EQUAL(flags_at(3 * GIB), RW);
	CHECK_EQUAL(size_at(3 * GIB), 2 * MIB);
	CHECK_EQUAL(pages_used(), 2 + 4);
}

TEST(more_than_a_tebibyte)
{
	set_up(true, true);
	CHECK_EQUAL(page_tables_map(root, 4 * GIB, 3 * TIB + 4 * GIB, RW | NX), OK);
	CHECK_EQUAL(flags_at(3 * TIB + 4 * GIB - 1), RW | NX);
	CHECK_EQUAL(size_at(2 * TIB), 1 * GIB);
	CHECK_EQUAL(flags_at(3 * TIB + 4 * GIB), NOT_MAPPED);
	CHECK_EQUAL(pages_used(), 1 + 7);
	CHECK_EQUAL(page_tables_map(root, 127 * TIB, 128 * TIB, RW | NX), OK);
	CHECK_EQUAL(flags_at(128 * TIB - 1), RW | NX);

	set_up(true, false);
	CHECK_EQUAL(page_tables_map(root, 4 * GIB, 1100 * GIB, RW | NX), OK);
	CHECK_EQUAL(size_at(1100 * GIB - 1), 2 * MIB);
	CHECK_EQUAL(pages_used(), 1 + 3 + 1096);
}

TEST(protection_splits_what_it_must)
{
	set_up(true, true);
	CHECK_EQUAL(page_tables_map(root, 0, 4 * GIB, RW | NX), OK);
	CHECK_EQUAL(pages_used(), 2);
	CHECK_EQUAL(page_tables_map(root, 0x201000, 0x203000, PAGE_PRESENT), OK);
	CHECK_EQUAL(pages_used(), 4);
	CHECK_EQUAL(flags_at(0x200fff), RW | NX);
	CHECK_EQUAL(flags_at(0x201000), PAGE_PRESENT);
	CHECK_EQUAL(flags_at(0x202fff), PAGE_PRESENT);
	CHECK_EQUAL(flags_at(0x203000), RW | NX);
	CHECK_EQUAL(size_at(0x201000), PAGE_SIZE);
	CHECK_EQUAL(size_at(4 * MIB), 2 * MIB);
	CHECK_EQUAL(size_at(1 * GIB), 1 * GIB);
	/* A range that already has these flags needs no table. */
	CHECK_EQUAL(page_tables_map(root, 1 * GIB, 1 * GIB + PAGE_SIZE, RW | NX), OK);
	CHECK_EQUAL(pages_used(), 4);
}

TEST(no_access_differs_from_not_mapped)
{
	set_up(true, true);
	CHECK_EQUAL(page_tables_map(root, 0, 1 * GIB, RW), OK);
	CHECK_EQUAL(page_tables_map(root, 4 * MIB, 8 * MIB, PAGE_NO_ACCESS), OK);
	CHECK_EQUAL(flags_at(4 * MIB), NOT_MAPPED);
	CHECK_EQUAL(flags_at(8 * MIB), RW);
	/* Restores one page, but not the pages around it. */
	CHECK_EQUAL(page_tables_map(root, 5 * MIB, 5 * MIB + PAGE_SIZE, RW), OK);
	CHECK_EQUAL(flags_at(5 * MIB), RW);
	CHECK_EQUAL(flags_at(5 * MIB + PAGE_SIZE), NOT_MAPPED);
	CHECK_EQUAL(flags_at(5 * MIB - 1), NOT_MAPPED);
	CHECK_EQUAL(flags_at(4 * MIB), NOT_MAPPED);
	CHECK_EQUAL(flags_at(7 * MIB), NOT_MAPPED);
}

TEST(other_flags_leave_large_pages_large)
{
	set_up(true, true);
	CHECK_EQUAL(page_tables_map(root, 0, 4 * GIB, RW | NX), OK);
	CHECK_EQUAL(page_tables_map(root, 0x200000, 0x201000, PAGE_PRESENT | NX), OK);
	CHECK_EQUAL(page_tables_map(root, 0, 4 * GIB, RW), OK);
	CHECK_EQUAL(flags_at(0x200000), RW);
	CHECK_EQUAL(flags_at(4 * GIB - 1), RW);
	CHECK_EQUAL(size_at(2 * GIB), 1 * GIB);
	CHECK_EQUAL(size_at(4 * MIB), 2 * MIB);
	CHECK_EQUAL(pages_used(), 4);
}

TEST(lack_of_memory_for_tables_is_reported)
{
	set_up(true, true);
	host_allocations_left = 0;
	CHECK_EQUAL(page_tables_map(root, 0, GIB, RW), ERR_NO_MEMORY);
	host_allocations_left = 2;
	CHECK_EQUAL(page_tables_map(root, 0, GIB + 2 * MIB, RW), OK);
	CHECK_EQUAL(page_tables_map(root, 0, PAGE_SIZE, PAGE_PRESENT), ERR_NO_MEMORY);
	host_allocations_left = 1;
	CHECK_EQUAL(page_tables_map(root, 0, PAGE_SIZE, PAGE_PRESENT), ERR_NO_MEMORY);
	/* Everything is still accessible. */
	CHECK_EQUAL(flags_at(0), RW);
	CHECK_EQUAL(flags_at(GIB - 1), RW);
	host_allocations_left = 1;
	CHECK_EQUAL(page_tables_map(root, 0, PAGE_SIZE, PAGE_PRESENT), OK);
	CHECK_EQUAL(flags_at(0), PAGE_PRESENT);
}

static u64 state = 1;

static u64 random_below(u64 limit)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (state >> 33) % limit;
}

/* Compared with an array of the flags of each page in the first 16 MiB. */
TEST(random_sequences_agree_with_a_model)
{
	enum { PAGES = 4096 };
	static u64 model[PAGES];
	static const u64 choices[] = { RW | NX, RW, PAGE_PRESENT, PAGE_PRESENT | NX,
				       PAGE_NO_ACCESS };

	for (u32 round = 0; round < 20; round++) {
		set_up(true, round % 2);
		CHECK_EQUAL(page_tables_map(root, 0, 2 * GIB, RW | NX), OK);
		for (u32 i = 0; i < PAGES; i++)
			model[i] = RW | NX;
		for (u32 step = 0; step < 60; step++) {
			u64 first = random_below(PAGES), end = first + random_below(PAGES - first);
			u64 flags = choices[random_below(ARRAY_SIZE(choices))];

			if (random_below(2)) { /* as suits large pages */
				first = align_down(first, 512);
				end = align_down(end, 512);
			}
			CHECK_EQUAL(page_tables_map(root, first * PAGE_SIZE, end * PAGE_SIZE, flags),
				    OK);
			for (u64 i = first; i < end; i++)
				model[i] = flags & PAGE_PRESENT ? flags : NOT_MAPPED;
		}
		for (u32 i = 0; i < PAGES; i++)
			CHECK_OF(flags_at(i * (u64)PAGE_SIZE) == model[i], "page %u", i);
	}
}

TEST(flags_are_read_back)
{
	u64 end;

	set_up(true, true);
	CHECK_EQUAL(page_tables_map(root, 2 * MIB, 4 * GIB, RW | NX), OK);
	CHECK_EQUAL(page_tables_map(root, 4 * MIB, 4 * MIB + PAGE_SIZE, PAGE_PRESENT), OK);
	CHECK_EQUAL(page_tables_map(root, 6 * MIB, 8 * MIB, PAGE_NO_ACCESS | NX), OK);
	CHECK_EQUAL(page_tables_flags(root, 0, &end), 0);
	CHECK_EQUAL(end, 2 * MIB);
	CHECK_EQUAL(page_tables_flags(root, 3 * MIB, &end), RW | NX);
	CHECK_EQUAL(end, 4 * MIB);
	CHECK_EQUAL(page_tables_flags(root, 4 * MIB, &end), PAGE_PRESENT);
	CHECK_EQUAL(end, 4 * MIB + PAGE_SIZE);
	CHECK_EQUAL(page_tables_flags(root, 4 * MIB + PAGE_SIZE, &end), RW | NX);
	CHECK_EQUAL(end, 4 * MIB + 2 * PAGE_SIZE);
	/* The remembered flags of inaccessible memory. */
	CHECK_EQUAL(page_tables_flags(root, 7 * MIB, &end), NX);
	CHECK_EQUAL(end, 8 * MIB);
	CHECK_EQUAL(page_tables_flags(root, 3 * GIB + 5, &end), RW | NX);
	CHECK_EQUAL(end, 4 * GIB);
	CHECK_EQUAL(page_tables_flags(root, 5 * GIB, &end), 0);
	CHECK_EQUAL(end, 6 * GIB);
	CHECK_EQUAL(page_tables_flags(root, 127 * TIB, &end), 0);
}

/* Must be the last test: later ones would get no other tables. */
TEST(reserved_pages_are_the_last_ones)
{
	u64 key;

	set_up(true, true);
	CHECK_EQUAL(page_tables_map(root, 0, 2 * GIB, RW | NX), OK);
	host_allocations_left = 0;
	CHECK_EQUAL(page_tables_reserve(3), ERR_NO_MEMORY);
	host_allocations_left = UINT64_MAX;
	CHECK_EQUAL(page_tables_reserve(3), OK);
	key = memory_map_key();
	CHECK_EQUAL(page_tables_map(root, 0, PAGE_SIZE, PAGE_PRESENT), OK);
	CHECK_EQUAL(page_tables_map(root, GIB, GIB + PAGE_SIZE, PAGE_PRESENT), ERR_NO_MEMORY);
	CHECK_EQUAL(page_tables_map(root, 2 * MIB, 2 * MIB + PAGE_SIZE, RW), ERR_NO_MEMORY);
	CHECK_EQUAL(flags_at(0), PAGE_PRESENT);
	CHECK_EQUAL(flags_at(PAGE_SIZE), RW | NX);
	CHECK_EQUAL(flags_at(2 * MIB), RW | NX);
	CHECK_EQUAL(flags_at(GIB), RW | NX);
	/* Whole pages need no table. */
	CHECK_EQUAL(page_tables_map(root, 0, 2 * GIB, RW), OK);
	CHECK_EQUAL(flags_at(0), RW);
	CHECK_EQUAL(flags_at(GIB), RW);
	CHECK_EQUAL(memory_map_key(), key);
}
