/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The menu of boot entries: plain lines and a few sequences of the VT100 that any terminal behind a
 * serial line knows. Arrows, j, k, Home, End, Page Up, Page Down or a number mark an entry, Enter
 * boots it. Each of these keys, Space and Esc, stops the countdown; anything else is noise.
 */
#include "loaders/menu.h"

#include "core/console.h"
#include "core/keys.h"
#include "core/time.h"
#include "lib/format.h"
#include "lib/utf.h"
#include "lib/util.h"
#include "loaders/loader_conf.h"

enum {
	ROWS_MAX = 16, /* entries shown at once: a serial terminal has 24 lines */
	POLL_MS = 10,
	POLL_KEYS_MAX = 64, /* typed in one poll */
	LINE_SIZE = 512,
	IDLE_TIMES_MAX = 10, /* endless noise delays the menu no longer than this */
};

/* A title wider than the terminal must stay on one line, or the cursor would not return to it. */
#define WRAP_OFF "\x1b[?7l"
#define WRAP_ON "\x1b[?7h"

static void print(const char *text)
{
	console_write(text, strlen(text));
}

static void print_title(struct span title)
{
	size_t size = (size_t)min_u64(title.size, LINE_SIZE);
	char text[LINE_SIZE];

	memcpy(text, title.data, size);
	console_write(text, utf8_make_printable(text, size));
}

static u32 rows(const struct menu *menu)
{
	return (u32)min_u64(menu->count, ROWS_MAX);
}

/* The line below the titles, where the cursor stays. */
static void draw_status(const struct menu *menu)
{
	const char *pattern = "\r\x1b[KBooting %u of %u in %u s, any key stops";
	char text[LINE_SIZE];

	if (menu->seconds == MENU_FOREVER)
		pattern = "\r\x1b[KEnter boots %u of %u";
	else if (menu->is_used)
		pattern = "\r\x1b[KEnter boots %u of %u, and so do %u s without a key";
	format(text, sizeof(text), pattern, menu->selected + 1, menu->count, menu->seconds);
	print(text);
}

/* Each line is cleared before it is written. */
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
	draw_status(menu);
}

static void redraw(struct menu *menu)
{
	char text[16];

	format(text, sizeof(text), "\r\x1b[%uA", rows(menu));
	print(text);
	draw(menu);
}

static bool is_menu_key(const struct key *key)
{
	if (key->modifiers)
		return false;
	switch (key->code) {
	case KEY_CHARACTER:
		return key->unicode == '\r' || key->unicode == ' ' || key->unicode == 'j' ||
		       key->unicode == 'k' || (key->unicode >= '0' && key->unicode <= '9');
	case KEY_UP:
	case KEY_DOWN:
	case KEY_HOME:
	case KEY_END:
	case KEY_PAGE_UP:
	case KEY_PAGE_DOWN:
	case KEY_ESCAPE:
		return true;
	default:
		return false;
	}
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

static void move(struct menu *menu, s64 by)
{
	s64 to = menu->selected + by;

	menu->selected = to < 0 ? 0 : (u32)min_u64((u64)to, menu->count - 1);
}

/* True when the key boots the marked entry. */
static bool handle(struct menu *menu, const struct key *key)
{
	if (key->unicode >= '0' && key->unicode <= '9') {
		type_digit(menu, key->unicode - '0');
		return false;
	}
	menu->typed = 0;
	if (key->code == KEY_UP || key->unicode == 'k')
		move(menu, -1);
	else if (key->code == KEY_DOWN || key->unicode == 'j')
		move(menu, 1);
	else if (key->code == KEY_PAGE_UP)
		move(menu, -ROWS_MAX);
	else if (key->code == KEY_PAGE_DOWN)
		move(menu, ROWS_MAX);
	else if (key->code == KEY_HOME)
		move(menu, -(s64)menu->count);
	else if (key->code == KEY_END)
		move(menu, menu->count);
	return key->unicode == '\r';
}

/* Handles everything typed so far. True if that made a choice. */
static bool handle_input(struct menu *menu)
{
	bool changed = false;
	struct key key;

	for (u32 i = 0; i < POLL_KEYS_MAX && keys_read(&key); i++) {
		if (!is_menu_key(&key))
			continue;
		menu->seconds = menu->idle_seconds;
		menu->is_used = changed = true;
		if (handle(menu, &key))
			return true;
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

/* Another second has passed: is it the last? */
static bool is_time_up(struct menu *menu)
{
	menu->used_seconds += menu->is_used;
	if (menu->used_seconds >= (u64)menu->idle_seconds * IDLE_TIMES_MAX)
		return true;
	if (menu->seconds != MENU_FOREVER) {
		menu->seconds--;
		draw_status(menu);
	}
	return menu->seconds == 0;
}

u32 menu_choose(struct menu *menu)
{
	menu->idle_seconds = MENU_FOREVER;
	if (!menu->may_wait && CONFIG_BOOT_MENU_IDLE_SECONDS > 0)
		menu->idle_seconds = CONFIG_BOOT_MENU_IDLE_SECONDS;
	if (menu->seconds >= MENU_IF_KEY) {
		menu->seconds = menu->idle_seconds;
		menu->is_used = true;
	}
	print(WRAP_OFF "\n");
	draw(menu);
	while (!wait_second(menu) && !is_time_up(menu))
		;
	print(WRAP_ON "\n");
	return menu->selected;
}

bool menu_key_is_typed(void)
{
	struct deadline deadline = deadline_after(2 * KEYS_PAUSE_MS);
	struct key key;

	do {
		if (keys_read(&key)) {
			if (is_menu_key(&key))
				return true;
		} else if (!keys_are_incomplete()) {
			return false;
		}
	} while (!deadline_passed(&deadline));
	return false;
}
