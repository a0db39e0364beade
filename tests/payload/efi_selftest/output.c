/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 12.4: text output. Checks the cursor position, not the output on a terminal. */
#include "selftest.h"

static EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *out;

struct position {
	INT32 column, row;
};

static struct position at(void)
{
	return (struct position){ out->Mode->CursorColumn, out->Mode->CursorRow };
}

/* Sets the cursor, writes the text, and returns the new cursor position. */
static struct position write_at(UINTN column, UINTN row, CHAR16 *text)
{
	out->SetCursorPosition(out, column, row);
	out->OutputString(out, text);
	return at();
}

static bool is_at(struct position p, UINTN column, UINTN row)
{
	return p.column == (INT32)column && p.row == (INT32)row;
}

static void test_modes(void)
{
	UINTN columns = 0, rows = 0, modes = (UINTN)out->Mode->MaxMode;

	is("mode 0", out->QueryMode(out, 0, &columns, &rows), EFI_SUCCESS);
	ok("it is 80 by 25", columns == 80 && rows == 25);
	is("beyond the last", out->QueryMode(out, modes, &columns, &rows), EFI_UNSUPPORTED);
	is("far beyond", out->QueryMode(out, 0xffffffffffull, &columns, &rows), EFI_UNSUPPORTED);
	is("set beyond the last", out->SetMode(out, modes), EFI_UNSUPPORTED);
	is("set mode 0", out->SetMode(out, 0), EFI_SUCCESS);
	equals("it is the mode", (u64)out->Mode->Mode, 0);
}

struct results {
	struct position cleared, text, line_end, carriage, line_feed, backspace, backspace_at_start,
		last_column, wrapped, last_row, outside;
	EFI_STATUS clear, attribute, attribute_bad, beyond_column, beyond_row, test_text, hide,
		show, reset;
	INT32 attribute_value;
	BOOLEAN hidden, shown;
};

/* Collects all results first, because printing them moves the cursor. */
static void gather(struct results *r, UINTN columns, UINTN rows)
{
	r->clear = out->ClearScreen(out);
	r->cleared = at();
	r->text = write_at(5, 3, u"abc");
	r->line_end = write_at(5, 3, u"abc\r\n");
	r->carriage = write_at(5, 3, u"abc\r");
	r->line_feed = write_at(5, 3, u"abc\n");
	r->backspace = write_at(5, 3, u"abc\b");
	r->backspace_at_start = write_at(0, 3, u"\b");
	r->last_column = write_at(columns - 2, 3, u"x");
	r->wrapped = write_at(columns - 1, 3, u"xy");
	r->last_row = write_at(0, rows - 1, u"x\r\n");
	r->beyond_column = out->SetCursorPosition(out, columns, 0);
	r->beyond_row = out->SetCursorPosition(out, 0, rows);
	out->SetCursorPosition(out, 0, 0);
	r->attribute = out->SetAttribute(out, 0x1e);
	r->attribute_value = out->Mode->Attribute;
	r->attribute_bad = out->SetAttribute(out, 0x80);
	out->SetAttribute(out, 7);
	r->test_text = out->TestString(out, u"Hello, world 123");
	r->hide = out->EnableCursor(out, false);
	r->hidden = out->Mode->CursorVisible;
	r->show = out->EnableCursor(out, true);
	r->shown = out->Mode->CursorVisible;
	r->reset = out->Reset(out, false);
	out->ClearScreen(out);
}

void test_text_output(void)
{
	struct results r;
	UINTN columns, rows;

	out = system_table->ConOut;
	if (!ok("there is ConOut", out && out->Mode))
		return;
	ok("its handle has it", protocol_on(system_table->ConsoleOutHandle,
					    (EFI_GUID)EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL_GUID) == out);
	ok("there is StdErr", system_table->StdErr != NULL);
	test_modes();
	out->QueryMode(out, (UINTN)out->Mode->Mode, &columns, &rows);
	gather(&r, columns, rows);
	is("clear the screen", r.clear, EFI_SUCCESS);
	ok("the cursor is at its start", is_at(r.cleared, 0, 0));
	ok("text moves it", is_at(r.text, 8, 3));
	ok("the end of a line wraps to the next", is_at(r.line_end, 0, 4));
	ok("CR moves to the start of the line", is_at(r.carriage, 0, 3));
	ok("LF moves down", is_at(r.line_feed, 8, 4));
	ok("backspace moves left", is_at(r.backspace, 7, 3));
	ok("but not beyond the start", r.backspace_at_start.column == 0);
	ok("the last column is one", is_at(r.last_column, columns - 1, 3));
	ok("text continues on the next line", is_at(r.wrapped, 1, 4));
	ok("the last row scrolls", is_at(r.last_row, 0, rows - 1));
	is("no column beyond the last", r.beyond_column, EFI_UNSUPPORTED);
	is("no row beyond the last", r.beyond_row, EFI_UNSUPPORTED);
	is("colours", r.attribute, EFI_SUCCESS);
	equals("they are told", (u64)r.attribute_value, 0x1e);
	is("no colours beyond the last", r.attribute_bad, EFI_UNSUPPORTED);
	is("ASCII can be shown", r.test_text, EFI_SUCCESS);
	is_either("hide the cursor", r.hide, EFI_SUCCESS, EFI_UNSUPPORTED);
	ok("that is reported", r.hide || !r.hidden);
	is_either("show the cursor", r.show, EFI_SUCCESS, EFI_UNSUPPORTED);
	ok("that is reported", r.show || r.shown);
	is("reset", r.reset, EFI_SUCCESS);
}
