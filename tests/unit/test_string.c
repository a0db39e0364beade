/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/string.c against the host's C library. Our memcpy and the others have different names here.
 */
#include "tests/unit/test.h"

#include "lib/string.h"

enum { AREA = 96, SIZES = 40, OFFSETS = 9 };

static u8 ours[AREA], expected[AREA];

static void fill(void)
{
	for (size_t i = 0; i < AREA; i++)
		ours[i] = expected[i] = (u8)(i * 7 + 1);
}

/* Byte by byte, so that it needs none of the functions under test. */
static bool same(void)
{
	for (size_t i = 0; i < AREA; i++)
		if (ours[i] != expected[i])
			return false;
	return true;
}

TEST(memcpy_copies_every_size_at_every_alignment_and_nothing_else)
{
	static u8 from[AREA];

	for (size_t i = 0; i < AREA; i++)
		from[i] = (u8)(200 - i);
	for (size_t to = 0; to < OFFSETS; to++)
		for (size_t at = 0; at < OFFSETS; at++)
			for (size_t size = 0; size < SIZES; size++) {
				fill();
				for (size_t i = 0; i < size; i++)
					expected[to + i] = from[at + i];
				CHECK(memcpy(ours + to, from + at, size) == ours + to);
				CHECK(same());
			}
}

TEST(memmove_handles_every_overlap)
{
	for (size_t to = 0; to < SIZES; to++)
		for (size_t at = 0; at < SIZES; at++)
			for (size_t size = 0; size < SIZES; size++) {
				u8 copy[SIZES];

				fill();
				for (size_t i = 0; i < size; i++)
					copy[i] = expected[at + i];
				for (size_t i = 0; i < size; i++)
					expected[to + i] = copy[i];
				CHECK(memmove(ours + to, ours + at, size) == ours + to);
				CHECK(same());
			}
}

TEST(memset_takes_the_low_byte_and_stays_inside)
{
	for (size_t to = 0; to < OFFSETS; to++)
		for (size_t size = 0; size < SIZES; size++) {
			fill();
			for (size_t i = 0; i < size; i++)
				expected[to + i] = 0xa5;
			CHECK(memset(ours + to, 0x12a5, size) == ours + to);
			CHECK(same());
		}
}

/* Above a certain size, string instructions are used. */
TEST(bulk_data)
{
	enum { BULK = 600 };
	static u8 bytes[BULK + 32], wanted[BULK + 32];

	for (size_t size = 240; size <= BULK; size += 3) {
		for (size_t distance = 0; distance < 20; distance++) {
			bool is_same = true;

			/* Moves down, up, then sets everything. */
			for (size_t i = 0; i < sizeof(bytes); i++)
				bytes[i] = (u8)(i * 13 + i / 256);
			for (size_t i = 0; i < sizeof(bytes); i++)
				wanted[i] = i < size ? bytes[i + distance] : bytes[i];
			memmove(bytes, bytes + distance, size);
			for (size_t i = 0; i < sizeof(bytes); i++)
				is_same &= bytes[i] == wanted[i];
			for (size_t i = size; i--;)
				wanted[i + distance] = wanted[i];
			memmove(bytes + distance, bytes, size);
			for (size_t i = 0; i < sizeof(bytes); i++)
				is_same &= bytes[i] == wanted[i];
			CHECK_OF(is_same, "size %zu, distance %zu", size, distance);
			for (size_t i = distance; i < distance + size; i++)
				wanted[i] = 0x5a;
			CHECK(memset(bytes + distance, 0x5a, size) == bytes + distance);
			for (size_t i = 0; i < sizeof(bytes); i++)
				is_same &= bytes[i] == wanted[i];
			CHECK(memcpy(wanted, bytes, size) == wanted);
			for (size_t i = 0; i < size; i++)
				is_same &= bytes[i] == wanted[i];
			CHECK_OF(is_same, "size %zu, distance %zu", size, distance);
		}
	}
}

TEST(memcmp_orders_by_the_first_byte_that_differs_unsigned)
{
	for (size_t at = 0; at < OFFSETS; at++)
		for (size_t size = 0; size < SIZES; size++)
			for (size_t place = 0; place < size; place++) {
				fill();
				CHECK_EQUAL(memcmp(ours + at, expected + at, size), 0);
				ours[at + place] = 0xff;
				expected[at + place] = 0x01;
				CHECK(memcmp(ours + at, expected + at, size) > 0);
				CHECK(memcmp(expected + at, ours + at, size) < 0);
				CHECK_EQUAL(memcmp(ours + at, expected + at, place), 0);
				/* Later bytes do not matter. */
				if (place + 1 < size) {
					ours[at + place + 1] = 0;
					CHECK(memcmp(ours + at, expected + at, size) > 0);
				}
			}
}

TEST(strings_end_at_their_nul)
{
	CHECK_EQUAL(strlen(""), 0);
	CHECK_EQUAL(strlen("abc\0def"), 3);
	CHECK_EQUAL(strnlen("abc", 0), 0);
	CHECK_EQUAL(strnlen("abc", 2), 2);
	CHECK_EQUAL(strnlen("abc", 3), 3);
	CHECK_EQUAL(strnlen("abc", 100), 3);
	CHECK_EQUAL(strnlen((char[]){ 'a', 'b' }, 2), 2);
}

TEST(strcmp_orders_by_unsigned_bytes_and_prefixes_first)
{
	CHECK_EQUAL(strcmp("", ""), 0);
	CHECK_EQUAL(strcmp("abc", "abc"), 0);
	CHECK(strcmp("abc", "abd") < 0);
	CHECK(strcmp("abc", "ab") > 0);
	CHECK(strcmp("", "a") < 0);
	CHECK(strcmp("\xc3", "a") > 0);
}
