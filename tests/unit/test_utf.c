/* SPDX-License-Identifier: Apache-2.0 */
/* lib/utf.c: malformed input, limits, and upper case against the host's C library. */
#include "tests/unit/test.h"

#include <locale.h>
#include <wctype.h>

#include "lib/utf.h"

/* The characters of @text in hexadecimal. */
static const char *characters(const char *text)
{
	static char out[256];
	struct span rest = span_of_string(text);
	size_t used = 0;

	out[0] = 0;
	while (rest.size)
		used += (size_t)sprintf(out + used, "%s%x", used ? " " : "", utf8_next(&rest));
	return out;
}

TEST(well_formed_characters)
{
	CHECK_TEXT(characters("aA~"), "61 41 7e");
	CHECK_TEXT(characters("\x7f\xc2\x80\xdf\xbf"), "7f 80 7ff");
	CHECK_TEXT(characters("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"),
		   "800 d7ff e000 ffff");
	CHECK_TEXT(characters("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), "10000 10ffff");
}

TEST(malformed_bytes_are_replaced_one_by_one)
{
	CHECK_TEXT(characters("\x80"), "fffd");
	CHECK_TEXT(characters("\xff"
			      "a"),
		   "fffd 61");
	CHECK_TEXT(characters("\xf8\x88\x80\x80\x80"), "fffd fffd fffd fffd fffd");
	/* Overlong */
	CHECK_TEXT(characters("\xc0\x80"), "fffd fffd");
	CHECK_TEXT(characters("\xc1\xbf"), "fffd fffd");
	CHECK_TEXT(characters("\xe0\x9f\xbf"), "fffd fffd fffd");
	CHECK_TEXT(characters("\xf0\x8f\xbf\xbf"), "fffd fffd fffd fffd");
	/* Surrogates, past the last character */
	CHECK_TEXT(characters("\xed\xa0\x80"), "fffd fffd fffd");
	CHECK_TEXT(characters("\xf4\x90\x80\x80"), "fffd fffd fffd fffd");
	CHECK_TEXT(characters("\xf7\xbf\xbf\xbf"), "fffd fffd fffd fffd");
	/* Truncated by the end or by another character */
	CHECK_TEXT(characters("\xe2\x82"), "fffd fffd");
	CHECK_TEXT(characters("\xe2\x82"
			      "a"),
		   "fffd fffd 61");
	CHECK_TEXT(characters("\xc3"
			      "A"),
		   "fffd 41");
	CHECK_TEXT(characters("\xf0\x9f\x98"), "fffd fffd fffd");
}

TEST(nothing_is_read_past_the_end)
{
	for (int lead = 0; lead < 256; lead++)
		for (size_t size = 1; size <= 4; size++) {
			u8 *bytes = malloc(size);
			struct span rest = span_of(bytes, size);

			memset(bytes, 0x80, size);
			bytes[0] = (u8)lead;
			while (rest.size) {
				size_t before = rest.size;

				utf8_next(&rest);
				CHECK(rest.size < before);
			}
			free(bytes);
		}
}

/* Every character, converted to UTF-16 and back. */
TEST(every_character_makes_the_round_trip)
{
	for (u32 c = 1; c <= 0x10ffff; c++) {
		u16 units[2] = { (u16)c };
		size_t count = 1;
		char text[5];
		struct span rest;

		if (c >= 0xd800 && c < 0xe000)
			continue;
		if (c >= 0x10000) {
			units[0] = (u16)(0xd800 + ((c - 0x10000) >> 10));
			units[1] = (u16)(0xdc00 + ((c - 0x10000) & 0x3ff));
			count = 2;
		}
		rest = span_of(text, utf8_from_utf16(text, sizeof(text), units, count));
		CHECK_OF(rest.size && utf8_next(&rest) == c && !rest.size, "U+%04x", c);
	}
}

TEST(unpaired_surrogates_are_replaced)
{
	static const u16 units[] = { 0xd800, 'a', 0xdc00, 0xd800, 0xd800, 0xdc00, 0xdbff };
	char text[32];

	utf8_from_utf16(text, sizeof(text), units, 7);
	CHECK_TEXT(text, "\xef\xbf\xbd"
			 "a"
			 "\xef\xbf\xbd\xef\xbf\xbd\xf0\x90\x80\x80\xef\xbf\xbd");
}

TEST(text_that_does_not_fit_becomes_empty)
{
	static const u16 units[] = { 'a', 0xe4, 0x20ac }; /* 1 + 2 + 3 bytes */

	for (size_t size = 0; size < 10; size++) {
		char *text = malloc(size + 1);

		memset(text, '#', size + 1);
		CHECK_EQUAL(utf8_from_utf16(text, size, units, 3), size >= 7 ? 6 : 0);
		if (size)
			CHECK_TEXT(text, size >= 7 ? "a\xc3\xa4\xe2\x82\xac" : "");
		CHECK_EQUAL(text[size], '#');
		free(text);
	}
	CHECK_EQUAL(utf8_from_utf16((char[1]){ '#' }, 1, NULL, 0), 0);
}

TEST(upper_case_samples)
{
	CHECK_EQUAL(ucs2_to_upper('a'), 'A');
	CHECK_EQUAL(ucs2_to_upper('z'), 'Z');
	CHECK_EQUAL(ucs2_to_upper('{'), '{');
	CHECK_EQUAL(ucs2_to_upper('`'), '`');
	CHECK_EQUAL(ucs2_to_upper(0xe4), 0xc4);     /* a with diaeresis */
	CHECK_EQUAL(ucs2_to_upper(0xf7), 0xf7);     /* division sign */
	CHECK_EQUAL(ucs2_to_upper(0xff), 0x178);    /* y with diaeresis */
	CHECK_EQUAL(ucs2_to_upper(0xdf), 0xdf);     /* sharp s has no simple one */
	CHECK_EQUAL(ucs2_to_upper(0x3c2), 0x3a3);   /* final sigma */
	CHECK_EQUAL(ucs2_to_upper(0x436), 0x416);   /* Cyrillic zhe */
	CHECK_EQUAL(ucs2_to_upper(0xff41), 0xff21); /* full-width a */
	CHECK_EQUAL(ucs2_to_upper(0xffff), 0xffff);
	CHECK_EQUAL(ucs2_to_upper(0), 0);
}

/* Where the C library's tables differ on purpose, or are older than ours. */
static bool is_known_difference(u32 unit)
{
	return (unit >= 0x10d0 && unit <= 0x10ff) || /* Georgian, which glibc does not change */
	       unit == 0x19b || unit == 0x264 || unit == 0x1c8a || unit == 0xa7cd ||
	       unit == 0xa7db; /* Unicode 16 */
}

TEST(upper_case_of_all_units_as_the_c_library)
{
	u32 with_upper_case = 0;

	CHECK(setlocale(LC_CTYPE, "C.UTF-8"));
	for (u32 unit = 0; unit <= 0xffff; unit++) {
		with_upper_case += ucs2_to_upper((u16)unit) != unit;
		CHECK_OF(is_known_difference(unit) || ucs2_to_upper((u16)unit) == towupper(unit),
			 "U+%04x: %04x, not %04x", unit, ucs2_to_upper((u16)unit), towupper(unit));
	}
	CHECK_EQUAL(with_upper_case, 1195);
}

TEST(upper_case_of_upper_case_is_itself)
{
	for (u32 unit = 0; unit <= 0xffff; unit++) {
		u16 upper = ucs2_to_upper((u16)unit);

		CHECK_OF(ucs2_to_upper(upper) == upper, "U+%04x", unit);
	}
}

TEST(lower_case)
{
	CHECK_EQUAL(ucs2_to_lower('A'), 'a');
	CHECK_EQUAL(ucs2_to_lower('Z'), 'z');
	CHECK_EQUAL(ucs2_to_lower('['), '[');
	CHECK_EQUAL(ucs2_to_lower('i'), 'i');
	CHECK_EQUAL(ucs2_to_lower(0xc4), 0xe4);
	CHECK_EQUAL(ucs2_to_lower(0x178), 0xff);
	CHECK_EQUAL(ucs2_to_lower(0x39c), 0x3bc); /* not the micro sign */
	CHECK_EQUAL(ucs2_to_lower(0x3a3), 0x3c3); /* not the final sigma */
	CHECK_EQUAL(ucs2_to_lower(0x416), 0x436);
	CHECK_EQUAL(ucs2_to_lower(0x1c4), 0x1c6);
	CHECK_EQUAL(ucs2_to_lower(0xffff), 0xffff);
}

TEST(lower_case_has_the_same_upper_case)
{
	for (u32 unit = 0; unit <= 0xffff; unit++) {
		u16 upper = ucs2_to_upper((u16)unit);

		CHECK_OF(ucs2_to_upper(ucs2_to_lower(upper)) == upper, "U+%04x", unit);
	}
}

static const char *printable(const char *text)
{
	static char buffer[64];
	size_t size = strlen(text);

	memcpy(buffer, text, size);
	buffer[utf8_make_printable(buffer, size)] = 0;
	return buffer;
}

TEST(control_characters_become_printable)
{
	CHECK_TEXT(printable(""), "");
	CHECK_TEXT(printable("\x1b[2J\r\n\t ~\x7f"), "?[2J??? ~?");
	CHECK_TEXT(printable("\xc2\x80\xc2\x9f\xc2\xa0"), "??\xc2\xa0");
	CHECK_TEXT(printable("\xff\xe2\x82"), "???");
	CHECK_TEXT(printable("\xef\xbf\xbd\xf0\x9f\x94\xa5"), "\xef\xbf\xbd\xf0\x9f\x94\xa5");
}
