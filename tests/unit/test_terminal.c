/* SPDX-License-Identifier: Apache-2.0 */
/* drivers/display/terminal.c: the page that results from a sequence of bytes. */
#include "tests/unit/test.h"

#include "drivers/display/terminal.h"

static struct terminal terminal;

static void feed(const char *text)
{
	terminal_write(&terminal, text, strlen(text));
}

static void start(const char *text)
{
	terminal_init(&terminal);
	feed(text);
}

/* A row as text without trailing blanks, with '*' for non-ASCII characters. Valid until the next
 * call.
 */
static const char *row_text(u32 row)
{
	static char text[TERMINAL_COLUMNS + 1];
	u32 size = 0;

	for (u32 i = 0; i < TERMINAL_COLUMNS; i++) {
		u16 character = terminal.cells[row][i].character;

		text[i] = character < 0x80 ? (char)character : '*';
		if (character != ' ')
			size = i + 1;
	}
	text[size] = 0;
	return text;
}

static void check_position(u32 row, u32 column)
{
	CHECK_EQUAL(terminal.row, row);
	CHECK_EQUAL(terminal.column, column);
}

TEST(text_and_control_characters)
{
	start("one\r\ntwo\bO\r\n\tthree");
	CHECK_TEXT(row_text(0), "one");
	CHECK_TEXT(row_text(1), "twO");
	CHECK_TEXT(row_text(2), "        three");
	check_position(2, 13);
	start("\b\b\x07\x01x");
	CHECK_TEXT(row_text(0), "x");
}

TEST(wraps_when_the_next_character_comes)
{
	start("");
	for (u32 i = 0; i < TERMINAL_COLUMNS; i++)
		feed("w");
	check_position(0, TERMINAL_COLUMNS - 1);
	/* As the firmware's own text output does: no blank line appears. */
	feed("\r\nnext");
	CHECK_TEXT(row_text(1), "next");
	start("\x1b[1;80Hab");
	CHECK_TEXT(row_text(1), "b");
	start("\x1b[?7l\x1b[1;80Hab");
	CHECK_EQUAL(terminal.cells[0][79].character, 'b');
	check_position(0, 79);
	feed("\x1b[?7h"
	     "cd");
	CHECK_TEXT(row_text(1), "d");
}

TEST(scrolls_at_the_bottom)
{
	char text[16];

	start("");
	for (u32 i = 0; i < 30; i++) {
		snprintf(text, sizeof(text), "%s%u", i ? "\r\n" : "", i);
		feed(text);
	}
	CHECK_TEXT(row_text(0), "5");
	CHECK_TEXT(row_text(24), "29");
	CHECK_EQUAL(terminal.changed_rows, (1u << TERMINAL_ROWS) - 1);
}

TEST(the_cursor_moves_and_stays_on_the_page)
{
	start("\x1b[5;7H");
	check_position(4, 6);
	feed("\x1b[2A\x1b[3C");
	check_position(2, 9);
	feed("\x1b[B\x1b[D");
	check_position(3, 8);
	feed("\x1b[99A\x1b[99D");
	check_position(0, 0);
	feed("\x1b[99B\x1b[999C");
	check_position(24, 79);
	feed("\x1b[99999999999999999999;99999999999999999999H");
	check_position(24, 79);
	feed("\x1b[H");
	check_position(0, 0);
	feed("\x1b[0;0f");
	check_position(0, 0);
}

TEST(clears)
{
	start("aaaa\r\nbbbb\r\ncccc\x1b[2;3H\x1b[K");
	CHECK_TEXT(row_text(1), "bb");
	feed("\x1b[1K");
	CHECK_TEXT(row_text(1), "");
	feed("\x1b[J");
	CHECK_TEXT(row_text(0), "aaaa");
	CHECK_TEXT(row_text(2), "");
	terminal.was_cleared = false;
	feed("\x1b[1J");
	CHECK_TEXT(row_text(0), "");
	CHECK(!terminal.was_cleared);
	start("aaaa");
	terminal.was_cleared = false;
	feed("\x1b[44m\x1b[2J");
	CHECK(terminal.was_cleared);
	CHECK_TEXT(row_text(0), "");
	CHECK_EQUAL(terminal.cells[24][79].attribute, 0x17);
	check_position(0, 4);
}

TEST(colours_are_those_of_uefi)
{
	start("\x1b[0;1;33;44mx");
	CHECK_EQUAL(terminal.cells[0][0].attribute, 0x1e); /* yellow on blue */
	feed("\x1b[mx");
	CHECK_EQUAL(terminal.cells[0][1].attribute, 0x07);
	feed("\x1b[31;1mx\x1b[22mx\x1b[7mx");
	CHECK_EQUAL(terminal.cells[0][2].attribute, 0x0c);
	CHECK_EQUAL(terminal.cells[0][3].attribute, 0x04);
	CHECK_EQUAL(terminal.cells[0][4].attribute, 0x40);
	feed("\x1b[1;2;3;4;5;6;7;31mx");
	CHECK_EQUAL(terminal.cells[0][5].attribute & 7, 0);
}

TEST(utf8)
{
	start("\xe2\x94\x80\xc3\xa4\xf0\x9f\x98\x80");
	CHECK_EQUAL(terminal.cells[0][0].character, 0x2500);
	CHECK_EQUAL(terminal.cells[0][1].character, 0xe4);
	CHECK_EQUAL(terminal.cells[0][2].character, 0xfffd);
	/* Split over two writes, incomplete, and without a start byte. */
	start("\xe2\x94");
	feed("\x80\xe2\x94z\x80");
	CHECK_EQUAL(terminal.cells[0][0].character, 0x2500);
	CHECK_EQUAL(terminal.cells[0][1].character, 0xfffd);
	CHECK_EQUAL(terminal.cells[0][2].character, 'z');
	CHECK_EQUAL(terminal.cells[0][3].character, 0xfffd);
	check_position(0, 4);
}

TEST(unknown_sequences_show_nothing)
{
	start("\x1b[>1;2;3;4;5;6;7;8qa\x1b(b\x1b[?1049hc\x1b[ qd\x1b\x1b[1;1He");
	CHECK_TEXT(row_text(0), "ebcd");
	feed("\x1b[?25l");
	CHECK(terminal.cursor_is_hidden);
	feed("\x1b[?25h\x1b[25l");
	CHECK(!terminal.cursor_is_hidden);
}
