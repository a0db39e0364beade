/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-8 and UTF-16 (Unicode 16, chapter 3.9), and the simple upper case of the Basic Multilingual
 * Plane.
 */
#include "lib/utf.h"

#include "lib/config.h"
#include "lib/util.h"

/*
 * Units first, first + step, ... whose upper case is upper, upper + step, ...; sorted, without
 * overlap.
 */
static const struct case_range {
	u16 first;
	u16 upper;
	u8 count;
	u8 step;
} case_ranges[] = {
	{ 0x00b5, 0x039c, 1, 1 },  { 0x00e0, 0x00c0, 23, 1 }, { 0x00f8, 0x00d8, 7, 1 },
	{ 0x00ff, 0x0178, 1, 1 },  { 0x0101, 0x0100, 24, 2 }, { 0x0131, 0x0049, 1, 1 },
	{ 0x0133, 0x0132, 3, 2 },  { 0x013a, 0x0139, 8, 2 },  { 0x014b, 0x014a, 23, 2 },
	{ 0x017a, 0x0179, 3, 2 },  { 0x017f, 0x0053, 1, 1 },  { 0x0180, 0x0243, 1, 1 },
	{ 0x0183, 0x0182, 2, 2 },  { 0x0188, 0x0187, 1, 1 },  { 0x018c, 0x018b, 1, 1 },
	{ 0x0192, 0x0191, 1, 1 },  { 0x0195, 0x01f6, 1, 1 },  { 0x0199, 0x0198, 1, 1 },
	{ 0x019a, 0x023d, 1, 1 },  { 0x019b, 0xa7dc, 1, 1 },  { 0x019e, 0x0220, 1, 1 },
	{ 0x01a1, 0x01a0, 3, 2 },  { 0x01a8, 0x01a7, 1, 1 },  { 0x01ad, 0x01ac, 1, 1 },
	{ 0x01b0, 0x01af, 1, 1 },  { 0x01b4, 0x01b3, 2, 2 },  { 0x01b9, 0x01b8, 1, 1 },
	{ 0x01bd, 0x01bc, 1, 1 },  { 0x01bf, 0x01f7, 1, 1 },  { 0x01c5, 0x01c4, 1, 1 },
	{ 0x01c6, 0x01c4, 1, 1 },  { 0x01c8, 0x01c7, 1, 1 },  { 0x01c9, 0x01c7, 1, 1 },
	{ 0x01cb, 0x01ca, 1, 1 },  { 0x01cc, 0x01ca, 1, 1 },  { 0x01ce, 0x01cd, 8, 2 },
	{ 0x01dd, 0x018e, 1, 1 },  { 0x01df, 0x01de, 9, 2 },  { 0x01f2, 0x01f1, 1, 1 },
	{ 0x01f3, 0x01f1, 1, 1 },  { 0x01f5, 0x01f4, 1, 1 },  { 0x01f9, 0x01f8, 20, 2 },
	{ 0x0223, 0x0222, 9, 2 },  { 0x023c, 0x023b, 1, 1 },  { 0x023f, 0x2c7e, 2, 1 },
	{ 0x0242, 0x0241, 1, 1 },  { 0x0247, 0x0246, 5, 2 },  { 0x0250, 0x2c6f, 1, 1 },
	{ 0x0251, 0x2c6d, 1, 1 },  { 0x0252, 0x2c70, 1, 1 },  { 0x0253, 0x0181, 1, 1 },
	{ 0x0254, 0x0186, 1, 1 },  { 0x0256, 0x0189, 2, 1 },  { 0x0259, 0x018f, 1, 1 },
	{ 0x025b, 0x0190, 1, 1 },  { 0x025c, 0xa7ab, 1, 1 },  { 0x0260, 0x0193, 1, 1 },
	{ 0x0261, 0xa7ac, 1, 1 },  { 0x0263, 0x0194, 1, 1 },  { 0x0264, 0xa7cb, 1, 1 },
	{ 0x0265, 0xa78d, 1, 1 },  { 0x0266, 0xa7aa, 1, 1 },  { 0x0268, 0x0197, 1, 1 },
	{ 0x0269, 0x0196, 1, 1 },  { 0x026a, 0xa7ae, 1, 1 },  { 0x026b, 0x2c62, 1, 1 },
	{ 0x026c, 0xa7ad, 1, 1 },  { 0x026f, 0x019c, 1, 1 },  { 0x0271, 0x2c6e, 1, 1 },
	{ 0x0272, 0x019d, 1, 1 },  { 0x0275, 0x019f, 1, 1 },  { 0x027d, 0x2c64, 1, 1 },
	{ 0x0280, 0x01a6, 1, 1 },  { 0x0282, 0xa7c5, 1, 1 },  { 0x0283, 0x01a9, 1, 1 },
	{ 0x0287, 0xa7b1, 1, 1 },  { 0x0288, 0x01ae, 1, 1 },  { 0x0289, 0x0244, 1, 1 },
	{ 0x028a, 0x01b1, 2, 1 },  { 0x028c, 0x0245, 1, 1 },  { 0x0292, 0x01b7, 1, 1 },
	{ 0x029d, 0xa7b2, 1, 1 },  { 0x029e, 0xa7b0, 1, 1 },  { 0x0345, 0x0399, 1, 1 },
	{ 0x0371, 0x0370, 2, 2 },  { 0x0377, 0x0376, 1, 1 },  { 0x037b, 0x03fd, 3, 1 },
	{ 0x03ac, 0x0386, 1, 1 },  { 0x03ad, 0x0388, 3, 1 },  { 0x03b1, 0x0391, 17, 1 },
	{ 0x03c2, 0x03a3, 1, 1 },  { 0x03c3, 0x03a3, 9, 1 },  { 0x03cc, 0x038c, 1, 1 },
	{ 0x03cd, 0x038e, 2, 1 },  { 0x03d0, 0x0392, 1, 1 },  { 0x03d1, 0x0398, 1, 1 },
	{ 0x03d5, 0x03a6, 1, 1 },  { 0x03d6, 0x03a0, 1, 1 },  { 0x03d7, 0x03cf, 1, 1 },
	{ 0x03d9, 0x03d8, 12, 2 }, { 0x03f0, 0x039a, 1, 1 },  { 0x03f1, 0x03a1, 1, 1 },
	{ 0x03f2, 0x03f9, 1, 1 },  { 0x03f3, 0x037f, 1, 1 },  { 0x03f5, 0x0395, 1, 1 },
	{ 0x03f8, 0x03f7, 1, 1 },  { 0x03fb, 0x03fa, 1, 1 },  { 0x0430, 0x0410, 32, 1 },
	{ 0x0450, 0x0400, 16, 1 }, { 0x0461, 0x0460, 17, 2 }, { 0x048b, 0x048a, 27, 2 },
	{ 0x04c2, 0x04c1, 7, 2 },  { 0x04cf, 0x04c0, 1, 1 },  { 0x04d1, 0x04d0, 48, 2 },
	{ 0x0561, 0x0531, 38, 1 }, { 0x10d0, 0x1c90, 43, 1 }, { 0x10fd, 0x1cbd, 3, 1 },
	{ 0x13f8, 0x13f0, 6, 1 },  { 0x1c80, 0x0412, 1, 1 },  { 0x1c81, 0x0414, 1, 1 },
	{ 0x1c82, 0x041e, 1, 1 },  { 0x1c83, 0x0421, 2, 1 },  { 0x1c85, 0x0422, 1, 1 },
	{ 0x1c86, 0x042a, 1, 1 },  { 0x1c87, 0x0462, 1, 1 },  { 0x1c88, 0xa64a, 1, 1 },
	{ 0x1c8a, 0x1c89, 1, 1 },  { 0x1d79, 0xa77d, 1, 1 },  { 0x1d7d, 0x2c63, 1, 1 },
	{ 0x1d8e, 0xa7c6, 1, 1 },  { 0x1e01, 0x1e00, 75, 2 }, { 0x1e9b, 0x1e60, 1, 1 },
	{ 0x1ea1, 0x1ea0, 48, 2 }, { 0x1f00, 0x1f08, 8, 1 },  { 0x1f10, 0x1f18, 6, 1 },
	{ 0x1f20, 0x1f28, 8, 1 },  { 0x1f30, 0x1f38, 8, 1 },  { 0x1f40, 0x1f48, 6, 1 },
	{ 0x1f51, 0x1f59, 4, 2 },  { 0x1f60, 0x1f68, 8, 1 },  { 0x1f70, 0x1fba, 2, 1 },
	{ 0x1f72, 0x1fc8, 4, 1 },  { 0x1f76, 0x1fda, 2, 1 },  { 0x1f78, 0x1ff8, 2, 1 },
	{ 0x1f7a, 0x1fea, 2, 1 },  { 0x1f7c, 0x1ffa, 2, 1 },  { 0x1f80, 0x1f88, 8, 1 },
	{ 0x1f90, 0x1f98, 8, 1 },  { 0x1fa0, 0x1fa8, 8, 1 },  { 0x1fb0, 0x1fb8, 2, 1 },
	{ 0x1fb3, 0x1fbc, 1, 1 },  { 0x1fbe, 0x0399, 1, 1 },  { 0x1fc3, 0x1fcc, 1, 1 },
	{ 0x1fd0, 0x1fd8, 2, 1 },  { 0x1fe0, 0x1fe8, 2, 1 },  { 0x1fe5, 0x1fec, 1, 1 },
	{ 0x1ff3, 0x1ffc, 1, 1 },  { 0x214e, 0x2132, 1, 1 },  { 0x2170, 0x2160, 16, 1 },
	{ 0x2184, 0x2183, 1, 1 },  { 0x24d0, 0x24b6, 26, 1 }, { 0x2c30, 0x2c00, 48, 1 },
	{ 0x2c61, 0x2c60, 1, 1 },  { 0x2c65, 0x023a, 1, 1 },  { 0x2c66, 0x023e, 1, 1 },
	{ 0x2c68, 0x2c67, 3, 2 },  { 0x2c73, 0x2c72, 1, 1 },  { 0x2c76, 0x2c75, 1, 1 },
	{ 0x2c81, 0x2c80, 50, 2 }, { 0x2cec, 0x2ceb, 2, 2 },  { 0x2cf3, 0x2cf2, 1, 1 },
	{ 0x2d00, 0x10a0, 38, 1 }, { 0x2d27, 0x10c7, 1, 1 },  { 0x2d2d, 0x10cd, 1, 1 },
	{ 0xa641, 0xa640, 23, 2 }, { 0xa681, 0xa680, 14, 2 }, { 0xa723, 0xa722, 7, 2 },
	{ 0xa733, 0xa732, 31, 2 }, { 0xa77a, 0xa779, 2, 2 },  { 0xa77f, 0xa77e, 5, 2 },
	{ 0xa78c, 0xa78b, 1, 1 },  { 0xa791, 0xa790, 2, 2 },  { 0xa794, 0xa7c4, 1, 1 },
	{ 0xa797, 0xa796, 10, 2 }, { 0xa7b5, 0xa7b4, 8, 2 },  { 0xa7c8, 0xa7c7, 2, 2 },
	{ 0xa7cd, 0xa7cc, 1, 1 },  { 0xa7d1, 0xa7d0, 1, 1 },  { 0xa7d7, 0xa7d6, 3, 2 },
	{ 0xa7f6, 0xa7f5, 1, 1 },  { 0xab53, 0xa7b3, 1, 1 },  { 0xab70, 0x13a0, 80, 1 },
	{ 0xff41, 0xff21, 26, 1 },
};

u32 utf8_next(struct span *rest)
{
	static const u32 smallest[] = { 0, 0x80, 0x800, 0x10000 };
	u8 lead = rest->data[0];
	size_t more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
	struct span character = span_part(*rest, 0, 1 + more);
	u32 value = more ? lead & (0x3fu >> more) : lead;

	*rest = span_from(*rest, 1);
	/* 0x80 to 0xbf continue a character; 0xf8 and above do not start one. */
	if (span_is_empty(character) || (lead & 0xc0) == 0x80 || lead >= 0xf8)
		return UNICODE_REPLACEMENT;
	for (size_t i = 1; i <= more; i++) {
		if ((character.data[i] & 0xc0) != 0x80)
			return UNICODE_REPLACEMENT;
		value = value << 6 | (character.data[i] & 0x3f);
	}
	if (value < smallest[more] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return UNICODE_REPLACEMENT;
	*rest = span_from(*rest, more);
	return value;
}

/* The bytes of one character, at most four. */
static size_t utf8_encode(u32 character, u8 out[4])
{
	size_t size = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;

	if (size == 1) {
		out[0] = (u8)character;
		return size;
	}
	for (size_t i = size; --i; character >>= 6)
		out[i] = (u8)(0x80 | (character & 0x3f));
	out[0] = (u8)(0xf0u << (4 - size) | character);
	return size;
}

/*
 * Removes one character from the front of @units: two units for a surrogate pair; an unpaired
 * surrogate is malformed.
 */
static u32 utf16_next(const u16 *units, size_t count, size_t *at)
{
	u32 unit = units[(*at)++];
	bool is_high = unit >= 0xd800 && unit < 0xdc00;

	if (unit < 0xd800 || unit >= 0xe000)
		return unit;
	if (!is_high || *at == count || (units[*at] & 0xfc00) != 0xdc00)
		return UNICODE_REPLACEMENT;
	return 0x10000 + ((unit & 0x3ff) << 10 | (units[(*at)++] & 0x3ff));
}

size_t utf8_make_printable(char *text, size_t size)
{
	struct span rest = span_of(text, size);
	size_t used = 0;

	while (rest.size) {
		const u8 *start = rest.data;
		u32 character = utf8_next(&rest);
		size_t taken = (size_t)(rest.data - start);

		/* The replacement character itself takes three bytes. */
		if (unicode_is_control(character) ||
		    (character == UNICODE_REPLACEMENT && taken == 1)) {
			text[used++] = '?';
			continue;
		}
		for (size_t i = 0; i < taken; i++)
			text[used++] = (char)start[i];
	}
	return used;
}

size_t utf8_from_utf16(char *buffer, size_t size, const u16 *units, size_t count)
{
	size_t used = 0;

	for (size_t at = 0; at < count;) {
		u8 bytes[4];
		size_t more = utf8_encode(utf16_next(units, count, &at), bytes);

		if (used + more >= size) {
			used = 0;
			break;
		}
		memcpy(buffer + used, bytes, more);
		used += more;
	}
	if (size)
		buffer[used] = '\0';
	return used;
}

size_t utf16_from_utf8(u16 *units, size_t count_max, struct span utf8)
{
	size_t count = 0;
	size_t used = 0;

	while (utf8.size) {
		u32 character = utf8_next(&utf8);
		u16 pair[2] = { (u16)character, 0 };
		size_t more = character < 0x10000 ? 1 : 2;

		if (more == 2) {
			pair[0] = (u16)(0xd800 | (character - 0x10000) >> 10);
			pair[1] = (u16)(0xdc00 | (character & 0x3ff));
		}
		if (count + more < count_max) {
			memcpy(units + count, pair, more * sizeof(*pair));
			used = count + more;
		}
		count += more;
	}
	if (count_max)
		units[used] = 0;
	return count;
}

u16 ucs2_to_upper(u16 unit)
{
	size_t low = 0, high = ARRAY_SIZE(case_ranges);

	if (unit < 0x80 || !IS_ENABLED(CONFIG_UNICODE_CASE))
		return unit >= 'a' && unit <= 'z' ? (u16)(unit - ('a' - 'A')) : unit;
	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (case_ranges[middle].first <= unit)
			low = middle;
		else
			high = middle;
	}

	const struct case_range *range = &case_ranges[low];
	u32 offset = (u32)unit - range->first;

	if (unit < range->first || offset >= (u32)range->count * range->step ||
	    offset % range->step)
		return unit;
	return (u16)(range->upper + offset);
}

u16 ucs2_to_lower(u16 unit)
{
	u16 lower = unit;
	u8 best = 0;

	if (unit < 0x80 || !IS_ENABLED(CONFIG_UNICODE_CASE))
		return unit >= 'A' && unit <= 'Z' ? (u16)(unit + ('a' - 'A')) : unit;
	/* Variants, such as the final sigma, are runs of one; alphabets are long runs. */
	for (u32 i = 0; i < ARRAY_SIZE(case_ranges); i++) {
		const struct case_range *range = &case_ranges[i];
		u32 offset = (u32)unit - range->upper;

		if (unit < range->upper || offset >= (u32)range->count * range->step ||
		    offset % range->step || range->count < best)
			continue;
		best = range->count;
		lower = (u16)(range->first + offset);
	}
	return lower;
}
