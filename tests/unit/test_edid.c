/* SPDX-License-Identifier: Apache-2.0 */
/* drivers/display/edid.c: correct, damaged and truncated EDIDs. */
#include "tests/unit/test.h"

#include "drivers/display/display.h"
#include "tests/unit/edid.h"

static u8 bytes[3 * EDID_BLOCK];

static struct span all(void)
{
	return span_of(bytes, sizeof(bytes));
}

static void setup(void)
{
	memset(bytes, 0xff, sizeof(bytes));
	edid_make(bytes, 1920, 1200);
}

TEST(the_first_timing_is_preferred)
{
	struct display_mode mode = { 0 };

	setup();
	CHECK_EQUAL(edid_check(all()).size, EDID_BLOCK);
	CHECK(edid_preferred_mode(edid_check(all()), &mode));
	CHECK_EQUAL(mode.width, 1920);
	CHECK_EQUAL(mode.height, 1200);
	edid_make(bytes, 4095, 4095);
	CHECK(edid_preferred_mode(edid_check(all()), &mode));
	CHECK_EQUAL(mode.width, 4095);
	CHECK_EQUAL(mode.height, 4095);
}

TEST(text_or_nothing_in_place_of_a_timing)
{
	struct display_mode mode;

	edid_make(bytes, 0, 768);
	CHECK(!edid_preferred_mode(edid_check(all()), &mode));
	edid_make(bytes, 1024, 0);
	CHECK(!edid_preferred_mode(edid_check(all()), &mode));
	edid_make(bytes, 1024, 768);
	store_le16(bytes + 54, 0);
	edid_set_sum(bytes);
	CHECK(!span_is_empty(edid_check(all())));
	CHECK(!edid_preferred_mode(edid_check(all()), &mode));
	CHECK(!edid_preferred_mode((struct span){ 0 }, &mode));
}

TEST(any_wrong_byte_is_detected)
{
	for (u32 i = 0; i < EDID_BLOCK; i++) {
		setup();
		bytes[i] ^= 0x10;
		CHECK_OF(span_is_empty(edid_check(all())), "byte %u", i);
	}
	setup();
	for (u32 size = 0; size < EDID_BLOCK; size++)
		CHECK(span_is_empty(edid_check(span_of(bytes, size))));
	/* All ones, as without a device; zeroes, whose checksum is correct. */
	memset(bytes, 0xff, sizeof(bytes));
	CHECK(span_is_empty(edid_check(all())));
	memset(bytes, 0, sizeof(bytes));
	CHECK(span_is_empty(edid_check(all())));
}

TEST(extensions_up_to_the_first_bad_one)
{
	setup();
	bytes[126] = 255;
	edid_set_sum(bytes);
	edid_set_sum(bytes + EDID_BLOCK);
	CHECK_EQUAL(edid_check(all()).size, 2 * EDID_BLOCK);
	edid_set_sum(bytes + 2 * EDID_BLOCK);
	CHECK_EQUAL(edid_check(all()).size, 3 * EDID_BLOCK);
	CHECK_EQUAL(edid_check(span_of(bytes, 3 * EDID_BLOCK - 1)).size, 2 * EDID_BLOCK);
}
