/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/display/terminal.h"

#include "lib/string.h"
#include "lib/util.h"

enum state { GROUND, ESCAPE, SEQUENCE };

enum {
	LAST_ROW = TERMINAL_ROWS - 1,
	LAST_COLUMN = TERMINAL_COLUMNS - 1,
	PARAMETER_MAX = 9999,
	BRIGHT = 0x08,
	REPLACEMENT = 0xfffd,
	ALL_ROWS = (1 << TERMINAL_ROWS) - 1,
	MODE_WRAP = 7,
	MODE_CURSOR = 25,
};

/* SGR swaps red and blue compared with the colours of a cell. */
static u8 colour_of_ansi(u32 colour)
{
	return (u8)((colour & 2) | (colour & 1) << 2 | (colour & 4) >> 2);
}

static void change_row(struct terminal *terminal, u32 row)
{
	terminal->changed_rows |= 1u << row;
}

/* Clears [first, end) of a row to the current background colour. */
static void blank(struct terminal *terminal, u32 row, u32 first, u32 end)
{
	for (u32 i = first; i < end; i++)
		terminal->cells[row][i] = (struct terminal_cell){ ' ', terminal->attribute };
	change_row(terminal, row);
}

static void move_to(struct terminal *terminal, u32 row, u32 column)
{
	change_row(terminal, terminal->row);
	terminal->row = (u32)min_u64(row, LAST_ROW);
	terminal->column = (u32)min_u64(column, LAST_COLUMN);
	terminal->wraps_next = false;
	change_row(terminal, terminal->row);
}

static void line_feed(struct terminal *terminal)
{
	if (terminal->row < LAST_ROW) {
		move_to(terminal, terminal->row + 1, terminal->column);
		return;
	}
	memmove(terminal->cells[0], terminal->cells[1],
		sizeof(terminal->cells) - sizeof(terminal->cells[0]));
	blank(terminal, LAST_ROW, 0, TERMINAL_COLUMNS);
	terminal->changed_rows = ALL_ROWS;
	terminal->wraps_next = false;
}

static void put(struct terminal *terminal, u32 character)
{
	if (terminal->wraps_next) {
		move_to(terminal, terminal->row, 0);
		line_feed(terminal);
	}
	terminal->cells[terminal->row][terminal->column] = (struct terminal_cell){
		.character = character > 0xffff ? REPLACEMENT : (u16)character,
		.attribute = terminal->attribute,
	};
	change_row(terminal, terminal->row);
	if (terminal->column < LAST_COLUMN)
		terminal->column++;
	else
		terminal->wraps_next = !terminal->wrap_is_off;
}

static u32 parameter(const struct terminal *terminal, u32 index, u32 value_if_missing)
{
	u32 value = index < terminal->parameter_count ? terminal->parameters[index] : 0;

	return value ? value : value_if_missing;
}

static void set_colours(struct terminal *terminal)
{
	/* No parameters count as a single zero. */
	for (u32 i = 0; i < max_u64(terminal->parameter_count, 1); i++) {
		u32 value = parameter(terminal, i, 0);

		if (value == 0)
			terminal->attribute = TERMINAL_NORMAL;
		else if (value == 1)
			terminal->attribute |= BRIGHT;
		else if (value == 22)
			terminal->attribute &= (u8)~BRIGHT;
		else if (value == 7)
			terminal->attribute = (u8)((terminal->attribute & 7) << 4 |
						   (terminal->attribute & BRIGHT) |
						   (terminal->attribute >> 4 & 7));
		else if (value >= 30 && value <= 37)
			terminal->attribute =
				(u8)((terminal->attribute & 0x78) | colour_of_ansi(value - 30));
		else if (value >= 40 && value <= 47)
			terminal->attribute = (u8)((terminal->attribute & 0x0f) |
						   colour_of_ansi(value - 40) << 4);
	}
}

static void clear_all(struct terminal *terminal)
{
	for (u32 row = 0; row < TERMINAL_ROWS; row++)
		blank(terminal, row, 0, TERMINAL_COLUMNS);
	terminal->was_cleared = true;
}

/* ED: 0 from the cursor on, 1 up to the cursor, 2 all. */
static void clear_page(struct terminal *terminal)
{
	u32 what = parameter(terminal, 0, 0);

	if (what == 2)
		return clear_all(terminal);
	if (what == 0) {
		blank(terminal, terminal->row, terminal->column, TERMINAL_COLUMNS);
		for (u32 row = terminal->row + 1; row < TERMINAL_ROWS; row++)
			blank(terminal, row, 0, TERMINAL_COLUMNS);
	} else if (what == 1) {
		for (u32 row = 0; row < terminal->row; row++)
			blank(terminal, row, 0, TERMINAL_COLUMNS);
		blank(terminal, terminal->row, 0, terminal->column + 1);
	}
}

static void clear_line(struct terminal *terminal)
{
	u32 what = parameter(terminal, 0, 0);

	if (what <= 2)
		blank(terminal, terminal->row, what == 0 ? terminal->column : 0,
		      what == 1 ? terminal->column + 1 : TERMINAL_COLUMNS);
}

static void set_mode(struct terminal *terminal, bool on)
{
	u32 mode = parameter(terminal, 0, 0);

	if (!terminal->is_private)
		return;
	if (mode == MODE_WRAP)
		terminal->wrap_is_off = !on;
	if (mode == MODE_CURSOR)
		terminal->cursor_is_hidden = !on;
	change_row(terminal, terminal->row);
}

static void obey(struct terminal *terminal, char final)
{
	u32 row = terminal->row, column = terminal->column, count = parameter(terminal, 0, 1);

	switch (final) {
	case 'A':
		return move_to(terminal, row - (u32)min_u64(row, count), column);
	case 'B':
		return move_to(terminal, row + count, column);
	case 'C':
		return move_to(terminal, row, column + count);
	case 'D':
		return move_to(terminal, row, column - (u32)min_u64(column, count));
	case 'H':
	case 'f':
		return move_to(terminal, count - 1, parameter(terminal, 1, 1) - 1);
	case 'J':
		return clear_page(terminal);
	case 'K':
		return clear_line(terminal);
	case 'm':
		return set_colours(terminal);
	case 'h':
	case 'l':
		return set_mode(terminal, final == 'h');
	default:
		return;
	}
}

static void begin_sequence(struct terminal *terminal)
{
	terminal->state = SEQUENCE;
	terminal->is_private = false;
	terminal->parameter_count = 0;
	memset(terminal->parameters, 0, sizeof(terminal->parameters));
}

/* Parameters are 0x30 to 0x3f, unsupported bytes up to 0x2f, then the final byte (ECMA-48, 5.4). */
static void continue_sequence(struct terminal *terminal, u8 byte)
{
	u32 *last;

	if (byte >= '0' && byte <= '9') {
		if (terminal->parameter_count == 0)
			terminal->parameter_count = 1;
		if (terminal->parameter_count > TERMINAL_PARAMETERS_MAX)
			return;
		last = &terminal->parameters[terminal->parameter_count - 1];
		*last = (u32)min_u64(*last * 10 + (byte - '0'), PARAMETER_MAX);
	} else if (byte == ';') {
		if (terminal->parameter_count == 0)
			terminal->parameter_count = 1;
		if (terminal->parameter_count <= TERMINAL_PARAMETERS_MAX)
			terminal->parameter_count++;
	} else if (byte == '?') {
		terminal->is_private = true;
	} else if (byte >= 0x40) {
		terminal->state = GROUND;
		terminal->parameter_count =
			(u32)min_u64(terminal->parameter_count, TERMINAL_PARAMETERS_MAX);
		obey(terminal, (char)byte);
	}
}

static void control(struct terminal *terminal, u8 byte)
{
	switch (byte) {
	case '\b':
		if (terminal->column)
			move_to(terminal, terminal->row, terminal->column - 1);
		break;
	case '\t':
		move_to(terminal, terminal->row, (terminal->column | 7) + 1);
		break;
	case '\n':
		line_feed(terminal);
		break;
	case '\r':
		move_to(terminal, terminal->row, 0);
		break;
	case '\x1b':
		terminal->state = ESCAPE;
		break;
	default:
		break;
	}
}

static void begin_character(struct terminal *terminal, u8 byte)
{
	if (byte >= 0xf0 && byte < 0xf8) {
		terminal->bytes_left = 3;
		terminal->character = byte & 7;
	} else if (byte >= 0xe0 && byte < 0xf0) {
		terminal->bytes_left = 2;
		terminal->character = byte & 15;
	} else if (byte >= 0xc0 && byte < 0xe0) {
		terminal->bytes_left = 1;
		terminal->character = byte & 31;
	} else {
		put(terminal, byte < 0x80 ? byte : REPLACEMENT);
	}
}

static void take(struct terminal *terminal, u8 byte)
{
	if (terminal->bytes_left) {
		if ((byte & 0xc0) == 0x80) {
			terminal->character = terminal->character << 6 | (byte & 0x3f);
			if (--terminal->bytes_left == 0)
				put(terminal, terminal->character);
			return;
		}
		/* Incomplete. */
		terminal->bytes_left = 0;
		put(terminal, REPLACEMENT);
	}
	/* Control characters also take effect within a sequence. */
	if (byte < 0x20 || byte == 0x7f)
		return control(terminal, byte);
	if (terminal->state == SEQUENCE)
		return continue_sequence(terminal, byte);
	if (terminal->state == ESCAPE && byte == '[')
		return begin_sequence(terminal);
	if (terminal->state == ESCAPE) {
		terminal->state = GROUND;
		return;
	}
	begin_character(terminal, byte);
}

void terminal_init(struct terminal *terminal)
{
	*terminal = (struct terminal){ .attribute = TERMINAL_NORMAL };
	clear_all(terminal);
}

void terminal_write(struct terminal *terminal, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		take(terminal, (u8)bytes[i]);
}
