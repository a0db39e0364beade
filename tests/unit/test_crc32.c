/* SPDX-License-Identifier: Apache-2.0 */
/* lib/crc32.c against known values and the definition, bit by bit. */
#include "tests/unit/test.h"

#include "lib/crc32.h"

static u32 bit_by_bit(struct span s)
{
	u32 crc = UINT32_MAX;

	for (size_t i = 0; i < s.size; i++) {
		crc ^= s.data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

TEST(known_values)
{
	CHECK_EQUAL(crc32(0, SPAN("")), 0);
	CHECK_EQUAL(crc32(0, (struct span){ 0 }), 0);
	CHECK_EQUAL(crc32(0, SPAN("123456789")), 0xcbf43926);
	CHECK_EQUAL(crc32(0, SPAN("The quick brown fox jumps over the lazy dog")), 0x414fa339);
}

TEST(every_byte)
{
	for (int i = 0; i < 256; i++) {
		u8 byte = (u8)i;

		CHECK_EQUAL(crc32(0, span_of(&byte, 1)), bit_by_bit(span_of(&byte, 1)));
	}
}

TEST(parts_make_the_whole)
{
	u8 bytes[512];
	struct span all = span_of(bytes, sizeof(bytes));

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)(i * i + 3);
	CHECK_EQUAL(crc32(0, all), bit_by_bit(all));
	for (size_t cut = 0; cut <= sizeof(bytes); cut++)
		CHECK_EQUAL(crc32(crc32(0, span_part(all, 0, cut)), span_from(all, cut)),
			    bit_by_bit(all));
}

TEST(zeroes_equal_explicit_zeroes)
{
	static const u8 zeroes[5000];
	u32 start = crc32(0, SPAN("GPT"));

	for (size_t size = 0; size <= sizeof(zeroes); size += size < 300 ? 1 : 47) {
		CHECK_EQUAL(crc32_zeroes(start, size), crc32(start, span_of(zeroes, size)));
		CHECK_EQUAL(crc32_zeroes(0, size), crc32(0, span_of(zeroes, size)));
	}
	/* Two steps give the same result as one, for sizes beyond any memory. */
	CHECK_EQUAL(crc32_zeroes(crc32_zeroes(start, 1ull << 60), 12345),
		    crc32_zeroes(start, (1ull << 60) + 12345));
}
