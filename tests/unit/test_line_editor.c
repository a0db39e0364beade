/* SPDX-License-Identifier: Apache-2.0 */
/* loaders/line_editor.c: the effect of keys, as bytes from a terminal, and the output. */
#include "loaders/line_editor.h"

#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/host/memory_console.h"
#include "tests/unit/test.h"

enum { ROOM = 256 };

static u8 bytes[ROOM + 1];
static struct line_editor editor;
static struct memory_console console;
static enum line_editor_result last;

/*
 * Types @keys into a line with @text and the cursor at its end; returns it with "|" at the cursor.
 */
static const char *type(const char *text, const char *keys)
{
	static char result[ROOM + 2];
	struct key_decoder decoder = { 0 };
	struct key key;

	memset(bytes, '#', sizeof(bytes));
	memcpy(bytes, text, strlen(text));
	editor = (struct line_editor){
		.text = bytes, .size = strlen(text), .room_size = ROOM, .cursor = strlen(text)
	};
	last = LINE_IGNORED;
	for (; *keys; keys++)
		if (key_decode(&decoder, (u8)*keys, &key))
			last = line_editor_handle(&editor, &key);
	if (key_decode_pause(&decoder, &key))
		last = line_editor_handle(&editor, &key);
	CHECK(editor.cursor <= editor.size && editor.size <= ROOM && bytes[ROOM] == '#');
	snprintf(result, sizeof(result), "%.*s|%.*s", (int)editor.cursor, bytes,
		 (int)(editor.size - editor.cursor), bytes + editor.cursor);
	return result;
}

#define LEFT "\x1b[D"
#define RIGHT "\x1b[C"
#define HOME "\x1b[H"
#define END "\x1b[F"
#define DELETE "\x1b[3~"

TEST(keys)
{
	static const struct {
		const char *text, *keys, *result;
	} rows[] = {
		{ "ab", "", "ab|" },
		{ "ab", "c d", "abc d|" },
		{ "ab", LEFT "x", "ax|b" },
		{ "ab", LEFT LEFT LEFT "x", "x|ab" },
		{ "ab", LEFT LEFT RIGHT RIGHT RIGHT "x", "abx|" },
		{ "ab", HOME "x" END "y", "xaby|" },
		{ "ab", "\x1b[1~x\x1b[4~y", "xaby|" },
		{ "ab", "\x1bOHx\x1bOFy", "xaby|" },
		{ "ab", "\x1bODx\x1bOCy", "axby|" },
		{ "ab", "\x01x\x05y", "xaby|" },
		{ "abc", "\x7f", "ab|" },
		{ "abc", "\b\b\b\b", "|" },
		{ "abc", HOME "\x7f", "|abc" },
		{ "abc", HOME DELETE, "|bc" },
		{ "abc", DELETE, "abc|" },
		{ "abc", LEFT DELETE DELETE, "ab|" },
		{ "abc", LEFT "\x0b", "ab|" },
		{ "abc", LEFT "\x15", "|c" },
		{ "abc", "\x0b", "abc|" },
		{ "abc", HOME "\x15", "|abc" },
		{ "", "\x7f" DELETE LEFT RIGHT HOME END, "|" },
		/* Characters, not bytes. */
		{ "a\xc3\xbc\xe6\x97\xa5", LEFT LEFT "x", "ax|\xc3\xbc\xe6\x97\xa5" },
		{ "a\xc3\xbc", "\x7f", "a|" },
		{ "\xc3\xbc"
		  "b",
		  HOME DELETE, "|b" },
		{ "", "\xc3\xbc\xe6\x97\xa5\xf0\x9f\x98\x80",
		  "\xc3\xbc\xe6\x97\xa5\xf0\x9f\x98\x80|" },
		/* Malformed bytes are one each, and stay. */
		{ "\xff\xc3", LEFT "x", "\xffx|\xc3" },
		{ "\xc3x\xa9",
		  LEFT "\x7f"
		       "y",
		  "\xc3y|\xa9" },
		/* Noise. */
		{ "ab", "\x03\t\x1bx\x1b[A\x1b[B\x1b[5~\x1b[2~\x1b[1;5D\x1bOP\x80", "ab|" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *result = type(rows[i].text, rows[i].keys);

		CHECK_OF(strcmp(result, rows[i].result) == 0, "row %zu: %s", i, result);
		CHECK_OF(editor.is_changed != span_equals(span_of(bytes, editor.size),
							  span_of_string(rows[i].text)),
			 "row %zu", i);
	}
}

TEST(ends)
{
	type("a", "\r");
	CHECK_EQUAL(last, LINE_ACCEPTED);
	type("a", "x\n");
	CHECK_EQUAL(last, LINE_ACCEPTED);
	type("a", "\x1b");
	CHECK_EQUAL(last, LINE_CANCELLED);
	type("a", "\x03");
	CHECK_EQUAL(last, LINE_IGNORED);
}

/* A sequence that arrives in pieces is one key, and an incomplete one inserts nothing. */
TEST(split_sequences)
{
	struct key_decoder decoder = { 0 };
	struct key key;

	CHECK_TEXT(type("ab", "\x1b[1;"), "ab|");
	CHECK(!key_decode(&decoder, 0x1b, &key) && !key_decode(&decoder, '[', &key));
	CHECK(key_decode(&decoder, 'D', &key));
	CHECK_EQUAL(line_editor_handle(&editor, &key), LINE_EDITED);
	CHECK_EQUAL(editor.cursor, 1);
}

TEST(a_full_line_accepts_no_more)
{
	char text[ROOM + 1];

	memset(text, 'a', ROOM);
	text[ROOM] = 0;
	type(text, "x");
	CHECK_EQUAL(editor.size, ROOM);
	CHECK(!editor.is_changed);
	type(text, HOME "x\xc3\xbc");
	CHECK(bytes[0] == 'a' && bytes[ROOM - 1] == 'a');
	/* There is only one byte of room for a two-byte character. */
	type(text, "\x7f\xc3\xbc");
	CHECK_EQUAL(editor.size, ROOM - 1);
	type(text, "\x7fx");
	CHECK(bytes[ROOM - 1] == 'x');
}

/* The output, without the sequence that clears the line. */
static const char *drawn(const char *text, const char *keys)
{
	type(text, keys);
	memory_console_init(&console, "");
	line_editor_draw(&editor);
	console_unregister(&console.console);
	CHECK(strncmp(console.text, "\r\x1b[K", 4) == 0);
	return console.text + 4;
}

TEST(drawing)
{
	CHECK_TEXT(drawn("", ""), ":\r:");
	CHECK_TEXT(drawn("ab", ""), ":ab\r:ab");
	CHECK_TEXT(drawn("ab", LEFT), ":ab\r:a");
	/* An entry's text cannot control the terminal. */
	CHECK_TEXT(drawn("a\x1b[2J\xc2\x9b\xff\x7f\xc3\xbc", ""),
		   ":a?[2J???\xc3\xbc\r:a?[2J???\xc3\xbc");
}

/* "0123456789" repeated, so that a character identifies its column. */
static const char *digits(size_t count)
{
	static char text[ROOM + 1];

	for (size_t i = 0; i < count; i++)
		text[i] = (char)('0' + i % 10);
	text[count] = 0;
	return text;
}

TEST(a_long_line_scrolls_with_the_cursor)
{
	for (size_t size = 70; size < 200; size++) {
		for (size_t back = 0; back <= size; back++) {
			const char *text, *cursor;
			size_t line, before, shown;

			type(digits(size), "");
			editor.cursor = size - back;
			memory_console_init(&console, "");
			line_editor_draw(&editor);
			console_unregister(&console.console);
			text = console.text + 4;
			cursor = strchr(text, '\r');
			line = (size_t)(cursor - text);
			before = strlen(cursor + 2);
			shown = line - 1 - (text[line - 1] == '>');
			/*
			 * It fits, the cursor is inside, and the text before the cursor is correct.
			 */
			CHECK(line <= 79 && before < 78 && shown <= 77 && before <= shown);
			CHECK(strncmp(text + 1, cursor + 2, before) == 0 && cursor[1] == text[0]);
			CHECK(before == 0 ||
			      cursor[1 + before] == (char)('0' + (editor.cursor - 1) % 10));
			CHECK(back == 0 || text[1 + before] == (char)('0' + editor.cursor % 10));
			/* The marks are correct. */
			CHECK((text[0] == '<') == (before < editor.cursor));
			CHECK((text[line - 1] == '>') == (shown - before < back));
		}
	}
}
