/* SPDX-License-Identifier: Apache-2.0 */
/* lib/span.h and lib/util.h: nothing wraps, nothing reads past the end. */
#include "tests/unit/test.h"

#include "lib/span.h"
#include "lib/util.h"

static const u8 bytes[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

TEST(part_is_all_or_nothing)
{
	struct span s = span_of(bytes, 8);

	CHECK_EQUAL(span_part(s, 0, 8).size, 8);
	CHECK(span_part(s, 3, 2).data == bytes + 3);
	CHECK_EQUAL(span_part(s, 3, 5).size, 5);
	CHECK_EQUAL(span_part(s, 3, 6).size, 0);
	CHECK_EQUAL(span_part(s, 8, 0).size, 0);
	CHECK_EQUAL(span_part(s, 8, 1).size, 0);
	CHECK_EQUAL(span_part(s, 9, 0).size, 0);
	CHECK(!span_part(s, 9, 0).data);
}

TEST(part_does_not_wrap)
{
	struct span s = span_of(bytes, 8);

	CHECK_EQUAL(span_part(s, 1, UINT64_MAX).size, 0);
	CHECK_EQUAL(span_part(s, UINT64_MAX, 1).size, 0);
	CHECK_EQUAL(span_part(s, UINT64_MAX, 2).size, 0);
	CHECK_EQUAL(span_part(s, UINT64_MAX - 3, 8).size, 0);
	CHECK_EQUAL(span_part(s, 4, UINT64_MAX - 3).size, 0);
	CHECK_EQUAL(span_from(s, UINT64_MAX).size, 0);
	CHECK_EQUAL(span_from(s, 8).size, 0);
	CHECK_EQUAL(span_from(s, 6).size, 2);
}

TEST(equality_and_prefixes_of_empty_spans)
{
	struct span nothing = { 0 };

	CHECK(span_equals(nothing, SPAN("")));
	CHECK(span_starts_with(nothing, nothing));
	CHECK(span_starts_with(SPAN("abc"), nothing));
	CHECK(span_starts_with(SPAN("abc"), SPAN("abc")));
	CHECK(!span_starts_with(SPAN("abc"), SPAN("abcd")));
	CHECK(!span_equals(SPAN("abc"), SPAN("abd")));
	CHECK(!span_equals(SPAN("abc"), SPAN("ab")));
}

TEST(skipping_stops_after_the_first)
{
	struct span s = SPAN("aabcab"), whole = s;

	CHECK(span_skip_past(&s, SPAN("ab")));
	CHECK(span_equals(s, SPAN("cab")));
	CHECK(span_skip_past(&s, SPAN("ab")));
	CHECK_EQUAL(s.size, 0);
	CHECK(!span_skip_past(&s, SPAN("ab")));
	CHECK(!span_skip_past(&whole, SPAN("aabcabx")));
	CHECK(span_equals(whole, SPAN("aabcab")));
	CHECK(span_skip_past(&whole, SPAN("aabcab")));
	s = (struct span){ 0 };
	CHECK(!span_skip_past(&s, SPAN("a")));
}

TEST(reader_reads_little_endian_in_order)
{
	struct reader r = { .rest = span_of(bytes, 8) };

	CHECK_EQUAL(read_u8(&r), 1);
	CHECK_EQUAL(read_le16(&r), 0x0302);
	CHECK_EQUAL(read_le32(&r), 0x07060504);
	CHECK_EQUAL(r.rest.size, 1);
	CHECK(!r.overrun);
	r.rest = span_of(bytes, 8);
	CHECK_EQUAL(read_le64(&r), 0x0807060504030201);
	CHECK(!r.overrun);
}

TEST(reader_past_the_end_yields_zeroes)
{
	struct reader r = { .rest = span_of(bytes, 3) };

	CHECK_EQUAL(read_le32(&r), 0);
	CHECK(r.overrun);
	/* The three bytes are not returned by later reads. */
	CHECK_EQUAL(read_u8(&r), 0);
	CHECK_EQUAL(read_le64(&r), 0);
	CHECK(r.overrun);
}

TEST(reading_no_bytes_at_the_end_is_not_an_overrun)
{
	struct reader r = { .rest = span_of(bytes, 2) };

	CHECK_EQUAL(read_bytes(&r, 2).size, 2);
	CHECK_EQUAL(read_bytes(&r, 0).size, 0);
	CHECK(!r.overrun);
	CHECK_EQUAL(read_bytes(&r, UINT64_MAX).size, 0);
	CHECK(r.overrun);
}

TEST(loads_and_stores_agree_at_odd_addresses)
{
	u8 area[24];

	for (size_t at = 0; at < 8; at++) {
		store_le64(area + at, 0x8877665544332211);
		CHECK_EQUAL(area[at], 0x11);
		CHECK_EQUAL(area[at + 7], 0x88);
		CHECK_EQUAL(load_le64(area + at), 0x8877665544332211);
		CHECK_EQUAL(load_le32(area + at + 4), 0x88776655);
		CHECK_EQUAL(load_le16(area + at + 6), 0x8877);
	}
}

TEST(alignment_at_the_top_of_the_numbers)
{
	CHECK_EQUAL(align_up(0, 4096), 0);
	CHECK_EQUAL(align_up(1, 4096), 4096);
	CHECK_EQUAL(align_up(4096, 4096), 4096);
	CHECK_EQUAL(align_up(UINT64_MAX, 4096), 0);
	CHECK_EQUAL(align_down(UINT64_MAX, 4096), UINT64_MAX - 4095);
	CHECK(!is_power_of_two(0));
	CHECK(is_power_of_two(1));
	CHECK(is_power_of_two(1ull << 63));
	CHECK(!is_power_of_two(6));
}

TEST(arithmetic_says_when_it_overflows)
{
	u64 out;

	CHECK(!add_overflows(UINT64_MAX, 0, &out));
	CHECK_EQUAL(out, UINT64_MAX);
	CHECK(add_overflows(UINT64_MAX, 1, &out));
	CHECK_EQUAL(out, 0);
	CHECK(!multiply_overflows(1ull << 32, (1ull << 32) - 1, &out));
	CHECK(multiply_overflows(1ull << 32, 1ull << 32, &out));
	CHECK(!multiply_overflows(0, UINT64_MAX, &out));
	CHECK_EQUAL(out, 0);
}

TEST(big_endian_loads)
{
	CHECK_EQUAL(load_be16(bytes), 0x0102);
	CHECK_EQUAL(load_be32(bytes + 1), 0x02030405);
	CHECK_EQUAL(load_be64(bytes), 0x0102030405060708);
}

TEST(a_sum_is_modulo_256)
{
	static const u8 right[] = { 0x80, 0x7f, 0xff, 2 };

	CHECK_EQUAL(span_sum(span_of(right, sizeof(right))), 0);
	CHECK_EQUAL(span_sum(span_of(right, 3)), 0xfe);
	CHECK_EQUAL(span_sum((struct span){ 0 }), 0);
}
