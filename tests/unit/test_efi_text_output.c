/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL (UEFI 2.11, 12.4): what a terminal is sent, and where the cursor
 * is.
 */
#include "core/console.h"
#include "efi/protocols/console.h"
#include "tests/host/memory_console.h"
#include "tests/unit/efi_services.h"

/* Of UEFI; ON(BLUE, RED) is red on blue. */
enum { BLACK, BLUE, GREEN, CYAN, RED, LIGHT_GREY = 7, YELLOW = 14, WHITE = 15 };
#define ON(background, colour) ((UINTN)(colour) | (UINTN)(background) << 4)

static struct memory_console console;
static EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *const out = &efi_text_output;

static void fresh(void)
{
	memory_console_init(&console, "");
	efi_text_output_init();
}

/* What the terminal was sent since the last call. */
static const char *sent(void)
{
	static char text[sizeof(console.text)];

	memcpy(text, console.text, console.size + 1);
	console.size = 0;
	console.text[0] = 0;
	return text;
}

static void check_cursor(INT32 column, INT32 row)
{
	CHECK_EQUAL(out->Mode->CursorColumn, column);
	CHECK_EQUAL(out->Mode->CursorRow, row);
}

/* Writes the text from there. */
static void write_at(UINTN column, UINTN row, const CHAR16 *text)
{
	CHECK_STATUS(out->SetCursorPosition(out, column, row), EFI_SUCCESS);
	(void)sent();
	CHECK_STATUS(out->OutputString(out, (CHAR16 *)text), EFI_SUCCESS);
}

TEST(there_is_one_mode)
{
	UINTN columns = 1, rows = 2;

	fresh();
	CHECK(out->Mode->MaxMode == 1 && out->Mode->Mode == 0 && out->Mode->Attribute == 7 &&
	      out->Mode->CursorVisible);
	check_cursor(0, 0);
	CHECK_STATUS(out->QueryMode(out, 1, &columns, &rows), EFI_UNSUPPORTED);
	CHECK_STATUS(out->QueryMode(out, ~0ull, &columns, &rows), EFI_UNSUPPORTED);
	CHECK(columns == 1 && rows == 2);
	CHECK_STATUS(out->QueryMode(out, 0, &columns, &rows), EFI_SUCCESS);
	CHECK(columns == 80 && rows == 25);
	CHECK_STATUS(out->OutputString(out, u"abc"), EFI_SUCCESS);
	CHECK_STATUS(out->SetMode(out, 1), EFI_UNSUPPORTED);
	check_cursor(3, 0);
	CHECK_TEXT(sent(), "abc");
	CHECK_STATUS(out->SetMode(out, 0), EFI_SUCCESS);
	check_cursor(0, 0);
	CHECK_TEXT(sent(), "\x1b[2J\x1b[H");
}

TEST(nothing_is_not_an_argument)
{
	UINTN number;

	fresh();
	CHECK_STATUS(out->Reset(NULL, false), EFI_INVALID_PARAMETER);
	CHECK_STATUS(out->OutputString(NULL, u""), EFI_INVALID_PARAMETER);
	CHECK_STATUS(out->OutputString(out, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(out->TestString(NULL, u""), EFI_INVALID_PARAMETER);
	CHECK_STATUS(out->TestString(out, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(out->QueryMode(NULL, 0, &number, &number), EFI_INVALID_PARAMETER);
	CHECK_STATUS(out->QueryMode(out, 0, NULL, &number), EFI_INVALID_PARAMETER);
	CHECK_STATUS(out->QueryMode(out, 0, &number, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(out->SetMode(NULL, 0), EFI_INVALID_PARAMETER);
	CHECK_STATUS(out->SetAttribute(NULL, 7), EFI_INVALID_PARAMETER);
	CHECK_STATUS(out->ClearScreen(NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(out->SetCursorPosition(NULL, 0, 0), EFI_INVALID_PARAMETER);
	CHECK_STATUS(out->EnableCursor(NULL, true), EFI_INVALID_PARAMETER);
	CHECK_TEXT(sent(), "");
}

TEST(control_characters_move_the_cursor)
{
	static const struct {
		UINTN column, row;
		const CHAR16 *text;
		const char *sent;
		INT32 column_then, row_then;
	} rows[] = {
		{ 5, 5, u"", "", 5, 5 },
		{ 5, 5, u"ab", "ab", 7, 5 },
		{ 5, 5, u"\n", "\n", 5, 6 },
		{ 5, 5, u"\r", "\r", 0, 5 },
		{ 5, 5, u"a\r\nb", "a\r\nb", 1, 6 },
		{ 5, 24, u"\n", "\n", 5, 24 }, /* the screen moves up */
		{ 1, 3, u"\b\b\b", "\b", 0, 3 },
		{ 0, 3, u"\b", "", 0, 3 },
		/* At the end of a line the next one begins, whatever the terminal would do. */
		{ 78, 3, u"ab", "ab\r\n", 0, 4 },
		{ 79, 3, u"abc", "a\r\nbc", 2, 4 },
		{ 79, 24, u"ab", "a\r\nb", 1, 24 },
		{ 79, 3, u"a\b", "a\r\n", 0, 4 },
		/* As UTF-8 */
		{ 0, 0, u"\u2500\u2554\u2588\u00e4\u20ac\u25ba", "─╔█ä€►", 6, 0 },
	};

	fresh();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *text;

		write_at(rows[i].column, rows[i].row, rows[i].text);
		text = sent();
		CHECK_OF(strcmp(text, rows[i].sent) == 0, "row %zu: %s", i, text);
		check_cursor(rows[i].column_then, rows[i].row_then);
	}
}

TEST(unprintable_characters_become_question_marks)
{
	static const CHAR16 unknown[] = { 1,    7,      '\t',   0x1b,   0x7f,  0x80,
					  0x9f, 0xd800, 0xdfff, 0xfffe, 0xffff };

	fresh();
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		CHAR16 text[] = { 'a', unknown[i], 'b', 0 };

		CHECK_STATUS(out->TestString(out, text), EFI_UNSUPPORTED);
		CHECK_STATUS(out->SetCursorPosition(out, 0, 0), EFI_SUCCESS);
		(void)sent();
		CHECK_STATUS(out->OutputString(out, text), EFI_WARN_UNKNOWN_GLYPH);
		CHECK_TEXT(sent(), "a?b");
		check_cursor(3, 0);
	}
	CHECK_STATUS(out->TestString(out, u"a\r\n\b\u2500"), EFI_SUCCESS);
	CHECK_STATUS(out->TestString(out, u""), EFI_SUCCESS);
	CHECK_TEXT(sent(), "");
}

TEST(a_long_text_is_sent_in_full)
{
	static CHAR16 text[2001];
	const char *shown;
	u32 letters = 0;

	fresh();
	for (u32 i = 0; i < 2000; i++)
		text[i] = (CHAR16)('a' + i % 26);
	CHECK_STATUS(out->OutputString(out, text), EFI_SUCCESS);
	check_cursor(0, 24);
	shown = sent();
	for (; *shown; shown++)
		if (*shown != '\r' && *shown != '\n')
			CHECK_EQUAL(*shown, 'a' + letters++ % 26);
	CHECK_EQUAL(letters, 2000);
}

TEST(colours_are_sent_when_they_are_shown)
{
	static const struct {
		UINTN attribute;
		const char *sent;
	} rows[] = {
		{ ON(BLACK, RED), "\x1b[0;31;40m" },
		{ ON(BLACK, BLUE), "\x1b[0;34;40m" },
		{ ON(BLUE, GREEN), "\x1b[0;32;44m" },
		{ ON(LIGHT_GREY, WHITE), "\x1b[0;1;37;47m" },
		{ ON(RED, YELLOW), "\x1b[0;1;33;41m" },
		{ ON(CYAN, BLACK), "\x1b[0;30;46m" },
		{ 7, "\x1b[0;37;40m" },
	};

	fresh();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CHECK_STATUS(out->SetAttribute(out, rows[i].attribute), EFI_SUCCESS);
		CHECK_EQUAL(out->Mode->Attribute, (INT32)rows[i].attribute);
		CHECK_TEXT(sent(), "");
		CHECK_STATUS(out->OutputString(out, u"\r"), EFI_SUCCESS);
		CHECK_TEXT(sent(), "\r");
		CHECK_STATUS(out->OutputString(out, u"x"), EFI_SUCCESS);
		CHECK_OF(strncmp(sent(), rows[i].sent, strlen(rows[i].sent)) == 0, "row %zu", i);
		/* Once. */
		CHECK_STATUS(out->OutputString(out, u"x"), EFI_SUCCESS);
		CHECK_TEXT(sent(), "x");
	}
	CHECK_STATUS(out->SetAttribute(out, 0x80), EFI_UNSUPPORTED);
	CHECK_STATUS(out->SetAttribute(out, 1ull << 32 | 7), EFI_UNSUPPORTED);
	CHECK_EQUAL(out->Mode->Attribute, 7);
	/* The screen is cleared in the new colour. */
	CHECK_STATUS(out->SetAttribute(out, ON(BLUE, WHITE)), EFI_SUCCESS);
	CHECK_STATUS(out->ClearScreen(out), EFI_SUCCESS);
	CHECK_TEXT(sent(), "\x1b[0;1;37;44m\x1b[2J\x1b[H");
}

TEST(the_cursor_is_put_within_the_screen)
{
	fresh();
	CHECK_STATUS(out->SetCursorPosition(out, 79, 24), EFI_SUCCESS);
	CHECK_TEXT(sent(), "\x1b[25;80H");
	CHECK_STATUS(out->SetCursorPosition(out, 80, 0), EFI_UNSUPPORTED);
	CHECK_STATUS(out->SetCursorPosition(out, 0, 25), EFI_UNSUPPORTED);
	CHECK_STATUS(out->SetCursorPosition(out, 1ull << 32, 0), EFI_UNSUPPORTED);
	check_cursor(79, 24);
	CHECK_TEXT(sent(), "");
}

TEST(the_cursor_is_hidden_once)
{
	fresh();
	CHECK_STATUS(out->EnableCursor(out, true), EFI_SUCCESS);
	CHECK_TEXT(sent(), "");
	CHECK_STATUS(out->EnableCursor(out, false), EFI_SUCCESS);
	CHECK_TEXT(sent(), "\x1b[?25l");
	CHECK(!out->Mode->CursorVisible);
	CHECK_STATUS(out->EnableCursor(out, false), EFI_SUCCESS);
	CHECK_TEXT(sent(), "");
	CHECK_STATUS(out->EnableCursor(out, 7), EFI_SUCCESS);
	CHECK_TEXT(sent(), "\x1b[?25h");
	CHECK_EQUAL(out->Mode->CursorVisible, 1);
}

TEST(a_reset_undoes_it_all)
{
	fresh();
	CHECK_STATUS(out->SetAttribute(out, ON(BLUE, RED)), EFI_SUCCESS);
	write_at(5, 5, u"x");
	CHECK_STATUS(out->EnableCursor(out, false), EFI_SUCCESS);
	(void)sent();
	CHECK_STATUS(out->Reset(out, true), EFI_SUCCESS);
	CHECK_TEXT(sent(), "\x1b[?25h\x1b[0;37;40m\x1b[2J\x1b[H");
	CHECK(out->Mode->Attribute == 7 && out->Mode->CursorVisible);
	check_cursor(0, 0);
}

TEST(the_log_goes_on_in_a_line_of_its_own)
{
	fresh();
	efi_console_returns();
	CHECK_TEXT(sent(), "");
	CHECK_STATUS(out->SetAttribute(out, ON(BLUE, RED)), EFI_SUCCESS);
	CHECK_STATUS(out->OutputString(out, u"half a line"), EFI_SUCCESS);
	(void)sent();
	efi_console_returns();
	CHECK_TEXT(sent(), "\x1b[0;37;40m\r\n");
	check_cursor(0, 1);
}
