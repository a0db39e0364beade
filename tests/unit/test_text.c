/* SPDX-License-Identifier: Apache-2.0 */
/* lib/text.c, lib/status.c and lib/guid.c. */
#include "tests/unit/test.h"

#include "lib/guid.h"
#include "lib/status.h"
#include "lib/text.h"

/* All lines of @text, each in brackets. */
static const char *lines(const char *text)
{
	static char out[256];
	struct span rest = span_of_string(text), line;
	size_t used = 0;

	out[0] = 0;
	while (text_next_line(&rest, &line))
		used += (size_t)sprintf(out + used, "[%.*s]", (int)line.size, line.data);
	return out;
}

static const char *words(const char *text)
{
	static char out[256];
	struct span rest = span_of_string(text), word;
	size_t used = 0;

	out[0] = 0;
	while (text_next_word(&rest, &word))
		used += (size_t)sprintf(out + used, "[%.*s]", (int)word.size, word.data);
	return out;
}

TEST(lines_end_by_lf_crlf_cr_or_the_end)
{
	CHECK_TEXT(lines(""), "");
	CHECK_TEXT(lines("a"), "[a]");
	CHECK_TEXT(lines("a\n"), "[a]");
	CHECK_TEXT(lines("a\nb"), "[a][b]");
	CHECK_TEXT(lines("a\r\nb\r\n"), "[a][b]");
	CHECK_TEXT(lines("\n\n"), "[][]");
	CHECK_TEXT(lines("\r\n\r\n"), "[][]");
	CHECK_TEXT(lines("a\r\r\nb"), "[a][][b]");
	CHECK_TEXT(lines("a\rb\n"), "[a][b]");
	CHECK_TEXT(lines("a\r"), "[a]");
	CHECK_TEXT(lines("\n\r"), "[][]");
}

TEST(a_line_may_hold_nul)
{
	struct span rest = SPAN("a\0b\nc"), line;

	CHECK(text_next_line(&rest, &line));
	CHECK_EQUAL(line.size, 3);
	CHECK(text_next_line(&rest, &line));
	CHECK_EQUAL(line.size, 1);
	CHECK(!text_next_line(&rest, &line));
	CHECK(!text_next_line(&rest, &line));
}

TEST(words_are_between_white_space)
{
	CHECK_TEXT(words(""), "");
	CHECK_TEXT(words(" \t "), "");
	CHECK_TEXT(words("a"), "[a]");
	CHECK_TEXT(words("  a \t bc "), "[a][bc]");
	CHECK_TEXT(words("a\nb"), "[a][b]");
}

TEST(quotes_hide_white_space_in_words)
{
	CHECK_TEXT(words("a \"b c\" d=\"e f\"g h"), "[a][\"b c\"][d=\"e f\"g][h]");
	CHECK_TEXT(words("a \"b c"), "[a][\"b c]");
	CHECK_TEXT(words("\"\" x"), "[\"\"][x]");
}

static const char *unquoted(const char *text)
{
	static char out[64];
	struct span inner = text_unquote(span_of_string(text));

	snprintf(out, sizeof(out), "%.*s", (int)inner.size, (const char *)inner.data);
	return out;
}

TEST(quotes_around_the_whole_text_are_removed)
{
	CHECK_TEXT(unquoted("\"a b\""), "a b");
	CHECK_TEXT(unquoted("\"\""), "");
	CHECK_TEXT(unquoted("\""), "\"");
	CHECK_TEXT(unquoted(""), "");
	CHECK_TEXT(unquoted("a\"b\""), "a\"b\"");
	CHECK_TEXT(unquoted("\"a\" \"b\""), "\"a\" \"b\"");
	CHECK_TEXT(unquoted("\"a"), "\"a");
	CHECK_TEXT(unquoted("'a'"), "a");
	CHECK_TEXT(unquoted("'a b=\"c\"'"), "a b=\"c\"");
	CHECK_TEXT(unquoted("\"it's\""), "it's");
	CHECK_TEXT(unquoted("'a' 'b'"), "'a' 'b'");
	CHECK_TEXT(unquoted("'a\""), "'a\"");
	CHECK_TEXT(unquoted("'"), "'");
}

static const char *settings(const char *text)
{
	static char out[256];
	struct span rest = text_of_file(span_of_string(text)), key, value;
	size_t used = 0;

	out[0] = '\0';
	while (text_next_setting(&rest, &key, &value))
		used += (size_t)sprintf(out + used, "[%.*s|%.*s]", (int)key.size, key.data,
					(int)value.size, value.data);
	return out;
}

TEST(settings_are_a_key_and_a_value)
{
	CHECK_TEXT(settings("a b\n"), "[a|b]");
	CHECK_TEXT(settings("\t a \t b  c \r\n\r d e"), "[a|b  c][d|e]");
	CHECK_TEXT(settings("#a b\n # c d\na\nb \n\n"), "");
	CHECK_TEXT(settings("\xef\xbb\xbf"
			    "a b"),
		   "[a|b]");
	CHECK_TEXT(settings("a \"b c\" d"), "[a|\"b c\" d]");
	CHECK(text_of_file(SPAN("a\0b")).size == 1 && text_of_file(SPAN("\xef\xbb")).size == 2);
}

TEST(trim_takes_both_ends)
{
	CHECK(text_equals(text_trim(SPAN("")), ""));
	CHECK(text_equals(text_trim(SPAN(" \t ")), ""));
	CHECK(text_equals(text_trim(SPAN(" a b\t")), "a b"));
	CHECK(text_equals(text_trim(SPAN("a")), "a"));
	CHECK(text_equals(text_trim((struct span){ 0 }), ""));
}

TEST(equality_is_exact)
{
	CHECK(text_equals(SPAN(""), ""));
	CHECK(!text_equals(SPAN("a"), ""));
	CHECK(!text_equals(SPAN("linux-x"), "linux"));
	CHECK(!text_equals(SPAN("linu"), "linux"));
	CHECK(!text_equals(SPAN("Linux"), "linux"));
	CHECK(!text_equals(SPAN("a\0"), "a"));
}

TEST(equality_ignoring_case_knows_ascii_only)
{
	CHECK(text_equals_ignoring_case(SPAN("YeS"), "yEs"));
	CHECK(text_equals_ignoring_case(SPAN(""), ""));
	CHECK(!text_equals_ignoring_case(SPAN("yes"), "ye"));
	CHECK(!text_equals_ignoring_case(SPAN("ye"), "yes"));
	CHECK(!text_equals_ignoring_case(SPAN("@"), "`"));
	CHECK(!text_equals_ignoring_case(SPAN("["), "{"));
	CHECK(!text_equals_ignoring_case(SPAN("\xc4"), "\xe4"));
	CHECK(!text_equals_ignoring_case(SPAN("a\0"), "a"));
}

static bool number(const char *text, u64 expected)
{
	u64 value = 0;

	return text_to_u64(span_of_string(text), &value) && value == expected;
}

TEST(numbers_that_are_numbers)
{
	CHECK(number("0", 0));
	CHECK(number("007", 7));
	CHECK(number("18446744073709551615", UINT64_MAX));
	CHECK(number("0xffffffffffffffff", UINT64_MAX));
	CHECK(number("0x00000000000000000000001", 1));
	CHECK(number("0XfF", 255));
	CHECK(number("0xfeb00e00", 0xfeb00e00));
}

TEST(invalid_numbers)
{
	static const char *const bad[] = {
		"",
		" ",
		"1 ",
		" 1",
		"-1",
		"+1",
		"0x",
		"x1",
		"0x 1",
		"1a",
		"0xg",
		"1.5",
		"0x-1",
		"18446744073709551616",
		"99999999999999999999",
		"0x10000000000000000",
		"184467440737095516150",
	};
	u64 untouched = 42;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(!text_to_u64(span_of_string(bad[i]), &untouched));
		CHECK_EQUAL(untouched, 42);
	}
	CHECK(!text_to_u64(SPAN("1\0"), &untouched));
}

TEST(every_status_has_a_name_of_its_own)
{
	for (int a = OK; a <= ERR_FULL; a++)
		for (int b = OK; b < a; b++)
			CHECK(strcmp(status_name((enum status)a), status_name((enum status)b)) != 0);
	CHECK_TEXT(status_name((enum status) - 1), "unknown status");
	CHECK_TEXT(status_name((enum status)(ERR_FULL + 1)), "unknown status");
	CHECK_TEXT(status_name(ERR_CORRUPT), "corrupt");
}

TEST(guid_has_its_mixed_byte_order)
{
	static const struct guid on_disk = { { 0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba,
					       0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b } };
	struct guid constant =
		GUID(0xc12a7328, 0xf81f, 0x11d2, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b);

	CHECK(guid_equals(&on_disk, &constant));
	CHECK(!guid_is_zero(&constant));
	CHECK(guid_is_zero(&(struct guid){ 0 }));
	constant.bytes[15]++;
	CHECK(!guid_equals(&on_disk, &constant));
}
