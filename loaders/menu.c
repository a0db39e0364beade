/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The menu of boot entries: plain lines and a few sequences of the VT100 that any terminal behind a
 * serial line knows. Arrows, j, k or a number mark an entry, Enter boots it; any key stops the
 * countdown.
 */
#include "loaders/menu.h"

#include "core/console.h"
#include "core/time.h"
#include "lib/format.h"
#include "lib/utf.h"
#include "lib/util.h"
#include "loaders/loader_conf.h"

enum {
	ROWS_MAX = 16, /* entries shown at once: a serial terminal has 24 lines */
	POLL_MS = 10,
	POLL_BYTES_MAX = 64, /* typed in one poll */
	LINE_SIZE = 512,
};

/* A title wider than the terminal must stay one line, or the cursor would not come back to it. */
#define WRAP_OFF "\x1b[?7l"
#define WRAP_ON "\x1b[?7h"

enum key {
	KEY_OTHER = 0x100, /* below: the byte typed */
	KEY_UP,
	KEY_DOWN,
};

struct menu {
	const struct span *titles;
	u32 count;
	u32 selected;
	u32 top;         /* first entry shown */
	u32 typed;       /* number typed so far */
	u32 seconds;     /* left, or MENU_FOREVER */
	bool in_escape;  /* ESC came ... */
	bool in_control; /* ... and '[' or 'O' after it */
};

static void print(const char *text)
{
	console_write(text, strlen(text));
}

/* Titles come from disks: what a terminal could take for a command is not passed on. */
static void print_title(struct span title)
{
	while (!span_is_empty(title)) {
		struct span before = title;
		u32 c = utf8_next(&title);

		if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == UNICODE_REPLACEMENT)
			print("?");
		else
			console_write((const char *)before.data, before.size - title.size);
	}
}

static u32 rows(const struct menu *menu)
{
	return (u32)min_u64(menu->count, ROWS_MAX);
}

/* Each line is cleared before it is written, and the cursor is left below the last. */
static void draw(struct menu *menu)
{
	char text[LINE_SIZE];

	if (menu->selected < menu->top)
		menu->top = menu->selected;
	if (menu->selected >= menu->top + ROWS_MAX)
		menu->top = menu->selected - ROWS_MAX + 1;
	for (u32 i = menu->top; i < menu->top + rows(menu); i++) {
		format(text, sizeof(text), "\r\x1b[K%s%3u  ", i == menu->selected ? ">" : " ",
		       i + 1);
		print(text);
		print_title(menu->titles[i]);
		print("\n");
	}
	if (menu->seconds == MENU_FOREVER)
		format(text, sizeof(text), "\r\x1b[KEnter boots %u of %u", menu->selected + 1,
		       menu->count);
	else
		format(text, sizeof(text), "\r\x1b[KBooting %u of %u in %u s, any key stops",
		       menu->selected + 1, menu->count, menu->seconds);
	print(text);
}

static void redraw(struct menu *menu)
{
	char text[16];

	format(text, sizeof(text), "\r\x1b[%uA", rows(menu));
	print(text);
	draw(menu);
}

/* The key that @byte completes; -1 inside an escape sequence. */
static int decode(struct menu *menu, int byte)
{
	if (menu->in_control) {
		if (byte < 0x40 || byte > 0x7e)
			return -1;
		menu->in_control = false;
		return byte == 'A' ? KEY_UP : byte == 'B' ? KEY_DOWN : KEY_OTHER;
	}
	if (menu->in_escape) {
		menu->in_escape = false;
		menu->in_control = byte == '[' || byte == 'O';
		return menu->in_control ? -1 : byte;
	}
	menu->in_escape = byte == 0x1b;
	return menu->in_escape ? -1 : byte;
}

/* Marks the entry whose number is being typed: "1" is 1, "12" is 12 if there are as many. */
static void type_digit(struct menu *menu, u32 digit)
{
	u64 number = menu->typed * 10ull + digit;

	if (number > menu->count)
		number = digit;
	menu->typed = number <= menu->count ? (u32)number : 0;
	if (menu->typed)
		menu->selected = menu->typed - 1;
}

/* True when the key boots the marked entry. */
static bool handle(struct menu *menu, int key)
{
	if (key >= '0' && key <= '9') {
		type_digit(menu, (u32)(key - '0'));
		return false;
	}
	menu->typed = 0;
	if (key == '\r' || key == '\n')
		return true;
	if ((key == KEY_UP || key == 'k') && menu->selected > 0)
		menu->selected--;
	else if ((key == KEY_DOWN || key == 'j') && menu->selected + 1 < menu->count)
		menu->selected++;
	return false;
}

/* Takes all that was typed. True when it ended with the choice. */
static bool handle_input(struct menu *menu)
{
	bool changed = false;

	for (u32 i = 0; i < POLL_BYTES_MAX; i++) {
		int byte = console_read(), key;

		if (byte < 0)
			break;
		key = decode(menu, byte);
		changed |= menu->seconds != MENU_FOREVER;
		menu->seconds = MENU_FOREVER;
		if (key < 0)
			continue;
		if (handle(menu, key))
			return true;
		changed = true;
	}
	if (changed)
		redraw(menu);
	return false;
}

/* True when a key chose, false after a second. */
static bool wait_second(struct menu *menu)
{
	for (u32 i = 0; i < 1000 / POLL_MS; i++) {
		struct deadline poll = deadline_after(POLL_MS);

		if (handle_input(menu))
			return true;
		while (!deadline_passed(&poll))
			;
	}
	return false;
}

u32 menu_choose(const struct span *titles, u32 count, u32 selected, u32 timeout_seconds)
{
	struct menu menu = {
		.titles = titles,
		.count = count,
		.selected = selected,
		.seconds = timeout_seconds,
	};

	print(WRAP_OFF "\n");
	draw(&menu);
	while (menu.seconds > 0 && !wait_second(&menu)) {
		if (menu.seconds == MENU_FOREVER)
			continue;
		menu.seconds--;
		redraw(&menu);
	}
	print(WRAP_ON "\n");
	return menu.selected;
}
