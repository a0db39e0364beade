/* SPDX-License-Identifier: Apache-2.0 */
/* core/arena.c: alignment, zeroing, large requests, and that a release frees everything. */
#include "tests/unit/test.h"

#include <sanitizer/asan_interface.h>

#include "core/arena.h"
#include "lib/util.h"
#include "tests/host/host.h"

/* Called directly, without the wrappers in tests/host/host_memory.c. */
void *plain_arena_allocate(struct arena *arena, size_t size);

static bool is_zeroed(const u8 *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

TEST(allocations_are_aligned_zeroed_and_distinct)
{
	struct arena arena = { 0 };
	u8 *pieces[400];
	size_t sizes[400];
	u64 before;

	before = memory_free_size();
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		sizes[i] = i * i % 3001;
		pieces[i] = arena_allocate(&arena, sizes[i]);
		CHECK(pieces[i]);
		CHECK_EQUAL((uintptr_t)pieces[i] % 16, 0);
		CHECK(is_zeroed(pieces[i], sizes[i]));
		memset(pieces[i], (int)i, sizes[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++)
		for (size_t j = 0; j < sizes[i]; j++)
			CHECK_OF(pieces[i][j] == (u8)i, "byte %zu of piece %zu", j, i);
	arena_release(&arena);
	CHECK_EQUAL(memory_free_size(), before);
}

TEST(sizes_around_those_of_a_block_and_beyond)
{
	static const size_t sizes[] = { 0,     1,     15,    16,    17,    4095,  4096,    16383,
					16384, 16385, 65495, 65535, 65536, 65537, 1 << 20, 5000000 };
	struct arena arena = { 0 };
	u64 before;

	before = memory_free_size();
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
			u8 *piece = arena_allocate(&arena, sizes[i]);

			CHECK(piece);
			CHECK(is_zeroed(piece, sizes[i]));
			memset(piece, 0xff, sizes[i]);
		}
		/* A released arena can be used again. */
		arena_release(&arena);
		CHECK_EQUAL(memory_free_size(), before);
	}
}

TEST(small_pieces_stay_within_their_blocks)
{
	struct arena arena = { 0 };
	u64 before = memory_free_size();

	for (int i = 0; i < 10000; i++)
		memset(arena_allocate(&arena, 16), i, 16);
	arena_release(&arena);
	CHECK_EQUAL(memory_free_size(), before);
}

TEST(allocations_of_0_bytes)
{
	struct arena arena = { 0 };
	void *first = plain_arena_allocate(&arena, 0), *second = plain_arena_allocate(&arena, 0);

	CHECK(first && second && first != second);
	arena_release(&arena);
}

TEST(more_than_all_memory)
{
	struct arena arena = { 0 };
	u64 before, out = 42;

	before = memory_free_size();
	CHECK(!arena_allocate(&arena, HOST_MEMORY_SIZE));
	CHECK(!arena_allocate(&arena, SIZE_MAX));
	CHECK(!arena_allocate(&arena, SIZE_MAX - 14));
	CHECK(!arena_copy(&arena, span_of("", SIZE_MAX)));
	CHECK_EQUAL(arena_allocate_pages(&arena, 1ull << 40, PAGE_SIZE, MEMORY_ANYWHERE,
					 MEMORY_LOADER_DATA, &out),
		    ERR_NO_MEMORY);
	CHECK_EQUAL(out, 42);
	CHECK(arena_allocate(&arena, 100));
	arena_release(&arena);
	CHECK_EQUAL(memory_free_size(), before);
}

/*
 * Tests the host's arenas (tests/host/host_memory.c), on which other tests rely to detect overruns.
 */
TEST(the_sanitizer_knows_where_a_piece_ends)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 512, 100000 };
	struct arena arena = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		const char *piece = arena_allocate(&arena, sizes[i]);

		CHECK(!__asan_region_is_poisoned((void *)(uintptr_t)piece, sizes[i]));
		CHECK(__asan_address_is_poisoned(piece + sizes[i]));
	}
	arena_release(&arena);
}

TEST(copies_end_in_a_nul)
{
	struct arena arena = { 0 };

	CHECK_TEXT(arena_copy(&arena, SPAN("text")), "text");
	CHECK_TEXT(arena_copy(&arena, (struct span){ 0 }), "");
	CHECK_EQUAL(arena_copy(&arena, SPAN("a\0b"))[2], 'b');
	for (size_t size = 0; size < 33; size++) {
		const char *copy =
			arena_copy(&arena, span_of("0123456789012345678901234567890123", size));

		memset(plain_arena_allocate(&arena, 1), 'x', 1);
		CHECK_EQUAL(strlen(copy), size);
	}
	arena_release(&arena);
}

TEST(pages_match_the_request_and_are_freed_with_the_arena)
{
	struct arena arena = { 0 };
	u64 before, base, fixed = HOST_MEMORY_BASE + 32 * MIB + 123;

	before = memory_free_size();
	CHECK_EQUAL(arena_allocate_pages(&arena, 3 * MIB + 1, 2 * MIB, MEMORY_ANYWHERE,
					 MEMORY_LOADER_CODE, &base),
		    OK);
	CHECK_EQUAL(base % (2 * MIB), 0);
	memset((void *)base, 1, 3 * MIB + 1);
	CHECK_EQUAL(arena_allocate_pages_at(&arena, fixed, 2 * PAGE_SIZE, MEMORY_LOADER_DATA), OK);
	memset((void *)fixed, 1, 2 * PAGE_SIZE);
	CHECK_EQUAL(arena_allocate_pages_at(&arena, fixed, 1, MEMORY_LOADER_DATA), ERR_NO_MEMORY);
	CHECK_EQUAL(arena_allocate_pages_at(&arena, 16, 1, MEMORY_LOADER_DATA), ERR_NO_MEMORY);
	arena_release(&arena);
	CHECK_EQUAL(memory_free_size(), before);
}

/* Whichever allocation fails, there is an error and everything is freed. */
TEST(memory_runs_out_at_every_step)
{
	u64 before;
	bool complete = false;

	before = memory_free_size();
	for (u64 limit = 0; !complete && limit < 1000; limit++) {
		struct arena arena = { 0 };
		u64 base;

		host_allocations_left = limit;
		complete = true;
		for (int i = 0; i < 40; i++) {
			complete &= arena_allocate(&arena, 10000) != NULL;
			complete &= arena_allocate(&arena, 100000) != NULL;
			complete &= arena_allocate_pages(&arena, 5000, PAGE_SIZE, MEMORY_ANYWHERE,
							 MEMORY_LOADER_DATA, &base) == OK;
		}
		host_allocations_left = UINT64_MAX;
		arena_release(&arena);
		CHECK_EQUAL(memory_free_size(), before);
	}
	CHECK(complete);
}

/* Pages are left, but no block to record them. */
TEST(pages_that_cannot_be_recorded_are_not_allocated)
{
	struct arena arena = { 0 };
	u64 before = memory_free_size(), bases[64], sizes[64], out = 42;
	u32 count = 0;

	for (u64 size = HOST_MEMORY_SIZE; size >= PAGE_SIZE; size /= 2)
		while (count < ARRAY_SIZE(bases) &&
		       memory_allocate(size, PAGE_SIZE, MEMORY_ANYWHERE, MEMORY_BOOT_DATA,
				       &bases[count]) == OK)
			sizes[count++] = size;
	CHECK_EQUAL(memory_free_size(), 0);
	CHECK_EQUAL(memory_free(bases[0], PAGE_SIZE), OK);
	CHECK_EQUAL(arena_allocate_pages(&arena, 1, PAGE_SIZE, MEMORY_ANYWHERE, MEMORY_LOADER_DATA,
					 &out),
		    ERR_NO_MEMORY);
	CHECK_EQUAL(out, 42);
	CHECK_EQUAL(arena_allocate_pages_at(&arena, bases[0], 1, MEMORY_LOADER_DATA),
		    ERR_NO_MEMORY);
	CHECK_EQUAL(memory_free_size(), PAGE_SIZE);
	CHECK_EQUAL(memory_allocate_at(bases[0], 1, MEMORY_BOOT_DATA), OK);
	while (count--)
		CHECK_EQUAL(memory_free(bases[count], sizes[count]), OK);
	CHECK_EQUAL(memory_free_size(), before);
}
