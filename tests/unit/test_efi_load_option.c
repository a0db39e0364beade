/* SPDX-License-Identifier: Apache-2.0 */
/* efi/load_option.c: valid and invalid Boot#### variables. */
#include "tests/unit/test.h"

#include "efi/load_option.h"
#include "lib/util.h"
#include "tests/host/host.h"

/* Active, a path of 8 bytes, "Ab", a vendor node without data, the end, two bytes of data. */
static const u8 good[] = {
	1, 0, 0, 0, 8, 0, 'A', 0, 'b', 0, 0, 0, 4, 3, 4, 0, 0x7f, 0xff, 4, 0, 0xd0, 0xd1,
};

enum { LIST_SIZE = 4, TITLE = 6, PATH = 12, DATA = 20 };

TEST(every_field)
{
	struct load_option option;

	CHECK_EQUAL(load_option_read(span_of(good, sizeof(good)), &option), OK);
	CHECK_EQUAL(option.attributes, 1);
	CHECK_TEXT(option.title, "Ab");
	CHECK((const u8 *)option.path == good + PATH);
	CHECK(option.optional_data.data == good + DATA);
	CHECK_EQUAL(option.optional_data.size, 2);
}

TEST(cut_anywhere_before_the_data_is_damaged)
{
	struct load_option option;

	for (size_t size = 0; size < DATA; size++) {
		u8 *copy = malloc(size + 1);

		memcpy(copy, good, size);
		CHECK_EQUAL(load_option_read(span_of(copy, size), &option), ERR_CORRUPT);
		free(copy);
	}
	CHECK_EQUAL(load_option_read(span_of(good, DATA), &option), OK);
	CHECK(span_is_empty(option.optional_data));
}

TEST(malformed_paths)
{
	static const struct {
		size_t at;
		u8 value;
	} damages[] = {
		{ LIST_SIZE, 0 },   { LIST_SIZE, 4 },   { LIST_SIZE, 7 },
		{ LIST_SIZE, 200 }, { PATH + 2, 3 },    { PATH + 2, 9 },
		{ PATH + 3, 1 },    { PATH + 4, 0x7e }, { PATH + 6, 3 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		struct load_option option;
		u8 bytes[sizeof(good)];

		memcpy(bytes, good, sizeof(good));
		bytes[damages[i].at] = damages[i].value;
		CHECK_EQUAL(load_option_read(span_of(bytes, sizeof(bytes)), &option), ERR_CORRUPT);
	}
}

TEST(a_long_title_is_truncated)
{
	u8 bytes[TITLE + 2 * 1000 + 2 + 4] = { 1, 0, 0, 0, 4 };
	struct load_option option;

	for (u32 i = 0; i < 1000; i++) {
		bytes[TITLE + 2 * i] = 0xac; /* three bytes as UTF-8 */
		bytes[TITLE + 2 * i + 1] = 0x20;
	}
	memcpy(bytes + sizeof(bytes) - 4, good + 16, 4);
	CHECK_EQUAL(load_option_read(span_of(bytes, sizeof(bytes)), &option), OK);
	CHECK_EQUAL(strlen(option.title), (LOAD_OPTION_TITLE_SIZE / 3 - 1) * 3);
}

static enum status to_text(const void *bytes, size_t size, char text[64])
{
	struct arena arena = { 0 };
	struct span out;
	enum status status;

	host_memory_init();
	status = load_options_to_text(span_of(bytes, size), &arena, &out);
	if (!status) {
		CHECK(out.size < 64);
		memcpy(text, out.data, out.size);
		text[out.size] = 0;
	}
	arena_release(&arena);
	return status;
}

TEST(optional_data_that_is_text)
{
	char text[64];

	CHECK_EQUAL(to_text(u"root=/dev/vda \u00fc\U0001f600", 34, text), OK);
	CHECK_TEXT(text, "root=/dev/vda \xc3\xbc\xf0\x9f\x98\x80");
	CHECK_EQUAL(to_text(u"ab", 6, text), OK); /* with its NUL */
	CHECK_TEXT(text, "ab");
	CHECK_EQUAL(to_text("", 0, text), OK);
	CHECK_TEXT(text, "");
	CHECK_EQUAL(to_text(u"", 2, text), OK);
	CHECK_TEXT(text, "");
	CHECK_EQUAL(to_text((const u8 *)u"ab" + 1, 2, text), OK); /* at an odd address */
}

TEST(optional_data_that_is_not_text)
{
	static const u16 rows[][3] = {
		{ 'a', 0, 'b' }, { 'a', 'b', 7 },      { 0x7f, 'a', 'a' },   { 'a', 0x9b, 'a' },
		{ 0, 0, 0 },     { 'a', 'b', 0xd83d }, { 0xdc00, 'a', 'a' }, { 0xd83d, 'a', 0 },
	};
	char text[64];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_OF(to_text(rows[i], sizeof(rows[i]), text) == ERR_UNSUPPORTED, "row %zu", i);
	CHECK_EQUAL(to_text(u"ab", 3, text), ERR_UNSUPPORTED);
	CHECK_EQUAL(to_text("WINDOWS\1", 9, text), ERR_UNSUPPORTED);
}

TEST(text_as_optional_data)
{
	struct arena arena = { 0 };
	struct span out;

	host_memory_init();
	CHECK_EQUAL(load_options_from_text(SPAN("a\xc3\xbc\xf0\x9f\x98\x80"), &arena, &out), OK);
	CHECK(span_equals(out, span_of(u"a\u00fc\U0001f600", 10)));
	CHECK_EQUAL(load_options_from_text(SPAN(""), &arena, &out), OK);
	CHECK(!out.data && !out.size);
	arena_release(&arena);
}
