/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text on a screen: the cells of a terminal, drawn in the middle at the largest scale that fits.
 * Only changed cells are drawn, once per write, so that a write draws at most one page however much
 * it scrolls, and the framebuffer is never read.
 */
#include "core/console.h"
#include "drivers/display/display.h"
#include "drivers/display/font.h"
#include "drivers/display/terminal.h"
#include "lib/util.h"

enum {
	SCALE_MAX = 4,
	CURSOR = 1u << 31, /* in what is shown */
	CURSOR_LINES = 2,
};

static struct screen_console {
	struct console console;
	struct display *display;
	struct terminal terminal;
	u32 shown[TERMINAL_ROWS][TERMINAL_COLUMNS]; /* cells as one number each, with CURSOR */
	u32 mode_changes;                           /* at which the following was determined */
	u32 scale;                                  /* 0: the screen is too small for a page */
	u32 left, top;
} screen;

/* VGA's, as attributes count them: blue is 1. */
static const u32 palette[16] = {
	0x000000, 0x0000aa, 0x00aa00, 0x00aaaa, 0xaa0000, 0xaa00aa, 0xaa5500, 0xaaaaaa,
	0x555555, 0x5555ff, 0x55ff55, 0x55ffff, 0xff5555, 0xff55ff, 0xffff55, 0xffffff,
};

static u32 cell_number(const struct terminal *terminal, u32 row, u32 column)
{
	struct terminal_cell cell = terminal->cells[row][column];
	bool has_cursor = !terminal->cursor_is_hidden && row == terminal->row &&
			  column == terminal->column;

	return cell.character | (u32)cell.attribute << 16 | (has_cursor ? CURSOR : 0);
}

static void draw_cell(u32 row, u32 column, u32 number)
{
	const struct framebuffer *framebuffer = &screen.display->framebuffer;
	u32 ink = palette[number >> 16 & 0xf], paper = palette[number >> 20 & 7];
	u32 x = screen.left + column * FONT_WIDTH * screen.scale;
	u32 y = screen.top + row * FONT_HEIGHT * screen.scale;

	for (u32 line = 0; line < FONT_HEIGHT; line++) {
		u8 bits = font_line(number & 0xffff, line);

		if ((number & CURSOR) && line >= FONT_HEIGHT - CURSOR_LINES)
			bits = 0xff;
		for (u32 i = 0; i < screen.scale; i++) {
			volatile u32 *at =
				framebuffer_at(framebuffer, x, y + line * screen.scale + i);

			for (u32 pixel = 0; pixel < FONT_WIDTH * screen.scale; pixel++)
				at[pixel] = bits >> (7 - pixel / screen.scale) & 1 ? ink : paper;
		}
	}
}

/* The whole screen has @attribute's background, so blank cells need not be drawn. */
static void show_blank(u8 attribute)
{
	u32 number = ' ' | (u32)attribute << 16;

	for (u32 row = 0; row < TERMINAL_ROWS; row++)
		for (u32 column = 0; column < TERMINAL_COLUMNS; column++)
			screen.shown[row][column] = number;
}

/*
 * A mode has been set, so the screen is blank. Also clears the page, so that old text is not drawn
 * over a picture.
 */
static void take_mode(void)
{
	const struct framebuffer *framebuffer = &screen.display->framebuffer;
	u32 row = screen.terminal.row, column = screen.terminal.column;
	u32 width = TERMINAL_COLUMNS * FONT_WIDTH, height = TERMINAL_ROWS * FONT_HEIGHT;

	screen.mode_changes = screen.display->mode_changes;
	screen.scale = (u32)min_u64(
		min_u64(framebuffer->width / width, framebuffer->height / height), SCALE_MAX);
	screen.left = (framebuffer->width - width * screen.scale) / 2;
	screen.top = (framebuffer->height - height * screen.scale) / 2;
	terminal_init(&screen.terminal);
	screen.terminal.row = row;
	screen.terminal.column = column;
	screen.terminal.was_cleared = false;
	show_blank(TERMINAL_NORMAL);
}

static void fill(u8 attribute)
{
	const struct framebuffer *framebuffer = &screen.display->framebuffer;

	framebuffer_fill(framebuffer, 0, 0, framebuffer->width, framebuffer->height,
			 palette[attribute >> 4 & 7]);
	show_blank(attribute);
}

static void draw_row(u32 row)
{
	for (u32 column = 0; column < TERMINAL_COLUMNS; column++) {
		u32 number = cell_number(&screen.terminal, row, column);

		if (number == screen.shown[row][column])
			continue;
		draw_cell(row, column, number);
		screen.shown[row][column] = number;
	}
}

static void write(struct console *console, const char *text, size_t size)
{
	struct terminal *terminal = &screen.terminal;

	(void)console;
	if (screen.mode_changes != screen.display->mode_changes)
		take_mode();
	terminal_write(terminal, text, size);
	if (screen.scale == 0)
		return;
	if (terminal->was_cleared)
		fill(terminal->attribute);
	for (u32 row = 0; row < TERMINAL_ROWS; row++)
		if (terminal->changed_rows >> row & 1)
			draw_row(row);
	terminal->changed_rows = 0;
	terminal->was_cleared = false;
}

void display_console_start(struct display *display)
{
	screen = (struct screen_console){
		.console = { .name = display->name, .write = write },
		.display = display,
	};
	take_mode();
	console_register(&screen.console);
}
