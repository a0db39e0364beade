/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL (UEFI 2.11, 12.4) on all consoles at once. The cursor and the
 * attribute are kept here, as loaders read them from Mode; terminals get VT100 control sequences
 * and UTF-8. What a terminal already shows is not sent again: each byte is a VM exit.
 */
#include "core/console.h"
#include "efi/protocols/console.h"
#include "lib/format.h"
#include "lib/utf.h"
#include "lib/util.h"

enum {
	COLUMNS = 80,
	ROWS = 25,
	MODES = 1,
	ATTRIBUTE_DEFAULT = 0x07, /* light grey on black */
	ATTRIBUTE_MASK = 0x7f,
	UTF8_SIZE_MAX = 3, /* of a CHAR16 */
	CONTROL_SIZE_MAX = 16,
};

/* Bytes on their way to the consoles. */
struct output {
	char bytes[256];
	size_t size;
};

static SIMPLE_TEXT_OUTPUT_MODE mode;
static INT32 attribute_shown; /* what the terminals have been told */

static void output_flush(struct output *out)
{
	if (out->size)
		console_write_raw(out->bytes, out->size);
	out->size = 0;
}

static void output_bytes(struct output *out, const char *bytes, size_t size)
{
	if (size > sizeof(out->bytes) - out->size)
		output_flush(out);
	memcpy(out->bytes + out->size, bytes, size);
	out->size += size;
}

/* ANSI's order of colours has red and blue the other way round. */
static u32 ansi_colour(u32 colour)
{
	return (colour & 2) | (colour & 1) << 2 | (colour & 4) >> 2;
}

static void output_attribute(struct output *out)
{
	char control[CONTROL_SIZE_MAX];
	u32 attribute = (u32)mode.Attribute;

	if (mode.Attribute == attribute_shown)
		return;
	attribute_shown = mode.Attribute;
	output_bytes(out, control,
		     format(control, sizeof(control), "\x1b[0;%s%u;%um",
			    attribute & 0x08 ? "1;" : "", 30 + ansi_colour(attribute & 7),
			    40 + ansi_colour(attribute >> 4 & 7)));
}

static void line_feed(struct output *out)
{
	output_bytes(out, "\n", 1);
	if (mode.CursorRow + 1 < ROWS)
		mode.CursorRow++;
}

static void carriage_return(struct output *out)
{
	output_bytes(out, "\r", 1);
	mode.CursorColumn = 0;
}

/* Box drawing, block elements, geometric shapes and arrows, and whatever a script is written in. */
static bool is_printable(CHAR16 character)
{
	return !unicode_is_control(character) && !(character >= 0xd800 && character < 0xe000) &&
	       character < 0xfffe;
}

static void output_glyph(struct output *out, CHAR16 character)
{
	char utf8[UTF8_SIZE_MAX + 1];
	size_t size = utf8_from_utf16(utf8, sizeof(utf8), &character, 1);

	output_attribute(out);
	output_bytes(out, utf8, size);
	if (++mode.CursorColumn < COLUMNS)
		return;
	/* Terminals differ in when they wrap, and may be wider. */
	carriage_return(out);
	line_feed(out);
}

static EFI_STATUS EFIAPI output_string(EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *this, CHAR16 *string)
{
	struct output out = { .size = 0 };
	EFI_STATUS status = EFI_SUCCESS;

	if (!this || !string)
		return EFI_INVALID_PARAMETER;
	for (; *string; string++) {
		switch (*string) {
		case CHAR_BACKSPACE:
			if (mode.CursorColumn == 0)
				break;
			mode.CursorColumn--;
			output_bytes(&out, "\b", 1);
			break;
		case CHAR_LINEFEED:
			line_feed(&out);
			break;
		case CHAR_CARRIAGE_RETURN:
			carriage_return(&out);
			break;
		default:
			if (is_printable(*string)) {
				output_glyph(&out, *string);
				break;
			}
			output_glyph(&out, u'?');
			status = EFI_WARN_UNKNOWN_GLYPH;
		}
	}
	output_flush(&out);
	return status;
}

void efi_console_returns(void)
{
	struct output out = { .size = 0 };

	mode.Attribute = ATTRIBUTE_DEFAULT;
	output_attribute(&out);
	if (mode.CursorColumn) {
		carriage_return(&out);
		line_feed(&out);
	}
	output_flush(&out);
}

static EFI_STATUS EFIAPI test_string(EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *this, CHAR16 *string)
{
	if (!this || !string)
		return EFI_INVALID_PARAMETER;
	for (; *string; string++)
		if (!is_printable(*string) && *string != CHAR_BACKSPACE &&
		    *string != CHAR_LINEFEED && *string != CHAR_CARRIAGE_RETURN)
			return EFI_UNSUPPORTED;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI query_mode(EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *this, UINTN number,
				    UINTN *columns, UINTN *rows)
{
	if (!this || !columns || !rows)
		return EFI_INVALID_PARAMETER;
	if (number >= MODES)
		return EFI_UNSUPPORTED;
	*columns = COLUMNS;
	*rows = ROWS;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI clear_screen(EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *this)
{
	static const char clear[] = "\x1b[2J\x1b[H";
	struct output out = { .size = 0 };

	if (!this)
		return EFI_INVALID_PARAMETER;
	output_attribute(&out);
	output_bytes(&out, clear, sizeof(clear) - 1);
	output_flush(&out);
	mode.CursorColumn = 0;
	mode.CursorRow = 0;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_mode(EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *this, UINTN number)
{
	if (!this)
		return EFI_INVALID_PARAMETER;
	if (number >= MODES)
		return EFI_UNSUPPORTED;
	mode.Mode = (INT32)number;
	return clear_screen(this);
}

static EFI_STATUS EFIAPI set_attribute(EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *this, UINTN attribute)
{
	if (!this)
		return EFI_INVALID_PARAMETER;
	if (attribute & ~(UINTN)ATTRIBUTE_MASK)
		return EFI_UNSUPPORTED;
	mode.Attribute = (INT32)attribute;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_cursor_position(EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *this, UINTN column,
					     UINTN row)
{
	char control[CONTROL_SIZE_MAX];

	if (!this)
		return EFI_INVALID_PARAMETER;
	if (column >= COLUMNS || row >= ROWS)
		return EFI_UNSUPPORTED;
	mode.CursorColumn = (INT32)column;
	mode.CursorRow = (INT32)row;
	/* Always: the log may have moved the terminal's cursor. */
	console_write_raw(control, format(control, sizeof(control), "\x1b[%u;%uH", (u32)row + 1,
					  (u32)column + 1));
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI enable_cursor(EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *this, BOOLEAN visible)
{
	if (!this)
		return EFI_INVALID_PARAMETER;
	if (!visible == !mode.CursorVisible)
		return EFI_SUCCESS;
	mode.CursorVisible = visible != 0;
	if (visible)
		console_write_raw("\x1b[?25h", 6);
	else
		console_write_raw("\x1b[?25l", 6);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI reset(EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *this, BOOLEAN extended)
{
	(void)extended;
	if (!this)
		return EFI_INVALID_PARAMETER;
	mode.Attribute = ATTRIBUTE_DEFAULT;
	(void)enable_cursor(this, true);
	return set_mode(this, 0);
}

EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL efi_text_output = {
	.Reset = reset,
	.OutputString = output_string,
	.TestString = test_string,
	.QueryMode = query_mode,
	.SetMode = set_mode,
	.SetAttribute = set_attribute,
	.ClearScreen = clear_screen,
	.SetCursorPosition = set_cursor_position,
	.EnableCursor = enable_cursor,
	.Mode = &mode,
};

void efi_text_output_init(void)
{
	mode = (SIMPLE_TEXT_OUTPUT_MODE){
		.MaxMode = MODES,
		.Attribute = ATTRIBUTE_DEFAULT,
		.CursorVisible = true,
	};
	attribute_shown = ATTRIBUTE_DEFAULT;
}
