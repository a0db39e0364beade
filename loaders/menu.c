/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The menu of boot entries: plain lines and a few VT100 sequences that any serial terminal
 * supports. Arrows, j, k, Home, End, Page Up, Page Down or a number select an entry, Enter boots
 * it, e edits its options for this boot. Each of these keys, Space and Esc stop the countdown;
 * anything else is noise.
 */
#include "loaders/menu.h"

#include "core/console.h"
#include "core/keys.h"
#include "core/time.h"
#include "lib/format.h"
#include "lib/text.h"
#include "lib/utf.h"
#include "lib/util.h"
#include "loaders/loader_conf.h"

enum {
	ROWS_MAX = 16, /* entries shown at once: a serial terminal has 24 lines */
	POLL_MS = 10,
	POLL_KEYS_MAX = 64, /* handled in one poll */
	LINE_SIZE = 512,
	IDLE_TIMES_MAX = 10, /* the limit for the delay by endless noise */
	QUIET_MS = 2 * KEYS_PAUSE_MS,
	NOISE_MS_MAX = 1000,
	ENTER_PAUSE_MS = 50, /* people take longer between two keys */
};

/*
 * A title wider than the terminal must stay on one line, otherwise the cursor would not return to
 * it.
 */
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

/* The boot must continue whatever is typed: endless noise must not block it. */
static bool is_used_up(const struct menu *menu)
{
	return menu->used_seconds >= (u64)menu->idle_seconds * IDLE_TIMES_MAX;
}

static bool may_edit(const struct menu *menu)
{
	return IS_ENABLED(CONFIG_BOOT_MENU_EDITOR) && menu->read_options;
}

/* The line below the titles, where the cursor stays. */
static void draw_status(const struct menu *menu)
{
	const char *pattern = "\r\x1b[KBooting %u of %u in %u s, any key stops";
	char text[LINE_SIZE];

	if (menu->seconds == MENU_FOREVER)
		pattern = "\r\x1b[KEnter boots %u of %u";
	else if (menu->is_used)
		pattern = "\r\x1b[KEnter boots %u of %u, as do %u s without a key";
	format(text, sizeof(text), pattern, menu->selected + 1, menu->count, menu->seconds);
	print(text);
	if (may_edit(menu))
		print("; e edits its options");
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

/*
 * The echo of a line, or a log written to it, must not get into the options, so input that arrives
 * together with the key is discarded. False: it does not end.
 */
static bool drop_input(void)
{
	struct deadline end = deadline_after(NOISE_MS_MAX);
	struct deadline quiet = deadline_after(QUIET_MS);
	struct key key;

	while (!deadline_passed(&quiet) && !deadline_passed(&end))
		if (keys_read(&key) || keys_are_incomplete())
			quiet = deadline_after(QUIET_MS);
	return deadline_passed(&quiet);
}

/*
 * Noise may contain an Enter, too, but with other bytes right before or after it. Some terminals
 * send Enter as two bytes, CR and LF.
 */
static bool is_enter_alone(struct menu *menu)
{
	struct deadline quiet = deadline_after(ENTER_PAUSE_MS);
	struct key key;

	if (!deadline_passed(&menu->editor_pause))
		return false;
	while (!deadline_passed(&quiet))
		if (keys_are_incomplete() || (keys_read(&key) && key.unicode != '\r'))
			return false;
	return true;
}

/*
 * An image may have its options on several lines; kernels treat each control character as a space.
 */
static void begin_line(struct line_editor *editor, struct span options)
{
	for (size_t i = 0; i < options.size; i++)
		editor->text[i] = options.data[i] < ' ' ? ' ' : options.data[i];
	editor->size = editor->cursor = options.size;
	editor->room_size = MENU_OPTIONS_SIZE_MAX;
	editor->is_changed = false;
}

static enum status load_options(struct menu *menu)
{
	struct line_editor *editor = &menu->editor;
	struct arena arena = { 0 };
	struct span options;
	enum status status = menu->read_options(menu, menu->selected, &arena, &options);

	if (!editor->text)
		editor->text = arena_allocate(menu->arena, MENU_OPTIONS_SIZE_MAX);
	if (!status && !editor->text)
		status = ERR_NO_MEMORY;
	if (!status && options.size > MENU_OPTIONS_SIZE_MAX)
		status = ERR_UNSUPPORTED;
	if (!status)
		begin_line(editor, text_trim(options));
	arena_release(&arena);
	return status;
}

/* Below the status line, which says how to leave it. */
static void open_editor(struct menu *menu)
{
	enum status status = load_options(menu);
	const char *problem = status ? status_name(status) : NULL;
	char text[LINE_SIZE];

	/* With noise this takes up to a second, which is not counted elsewhere. */
	menu->used_seconds++;
	redraw(menu);
	if (!problem && !drop_input())
		problem = "noise on the line";
	if (problem) {
		/* The status line is soon drawn again, so the menu continues below the reason. */
		format(text, sizeof(text), "\r\x1b[KThe options of %u of %u cannot be edited: %s\n",
		       menu->selected + 1, menu->count, problem);
		print(text);
		return draw(menu);
	}
	menu->is_editing = true;
	menu->editor_pause = deadline_started(0);
	print("\r\x1b[KFor this boot: Enter boots, Esc goes back");
	if (menu->idle_seconds != MENU_FOREVER) {
		format(text, sizeof(text), ", as do %u s without a key", menu->idle_seconds);
		print(text);
	}
	print("\n");
	line_editor_draw(&menu->editor);
}

static void close_editor(struct menu *menu)
{
	menu->is_editing = false;
	print("\r\x1b[K\x1b[A");
	draw_status(menu);
}

/* True when the key boots the marked entry. */
static bool edit(struct menu *menu, const struct key *key, bool *is_changed)
{
	enum line_editor_result result = line_editor_handle(&menu->editor, key);

	if (result == LINE_ACCEPTED && !is_enter_alone(menu))
		result = LINE_IGNORED;
	menu->editor_pause = deadline_started(ENTER_PAUSE_MS);
	if (result == LINE_ACCEPTED && menu->editor.is_changed)
		menu->edited = span_of(menu->editor.text, menu->editor.size);
	if (result != LINE_IGNORED)
		menu->seconds = menu->idle_seconds;
	if (result == LINE_CANCELLED)
		close_editor(menu);
	*is_changed = result == LINE_EDITED || (*is_changed && result == LINE_IGNORED);
	return result == LINE_ACCEPTED;
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

/* Selects the entry whose number is being typed: "1" is 1, "12" is 12 if there are that many. */
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

/* True when the key boots the marked entry. */
static bool handle_key(struct menu *menu, const struct key *key, bool *is_changed)
{
	bool is_e = may_edit(menu) && key->unicode == 'e' && !key->modifiers && !is_used_up(menu);

	if (IS_ENABLED(CONFIG_BOOT_MENU_EDITOR) && menu->is_editing)
		return edit(menu, key, is_changed);
	if (!is_e && !is_menu_key(key))
		return false;
	menu->seconds = menu->idle_seconds;
	menu->is_used = true;
	*is_changed = !is_e;
	if (!is_e)
		return handle(menu, key);
	menu->typed = 0;
	open_editor(menu);
	return false;
}

/* Handles everything typed so far. True if that made a choice. */
static bool handle_input(struct menu *menu)
{
	bool changed = false;
	struct key key;

	for (u32 i = 0; i < POLL_KEYS_MAX && keys_read(&key); i++)
		if (handle_key(menu, &key, &changed))
			return true;
	if (!changed)
		return false;
	if (IS_ENABLED(CONFIG_BOOT_MENU_EDITOR) && menu->is_editing)
		line_editor_draw(&menu->editor);
	else
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
	if (is_used_up(menu))
		return true;
	if (menu->seconds != MENU_FOREVER)
		menu->seconds--;
	if (IS_ENABLED(CONFIG_BOOT_MENU_EDITOR) && menu->is_editing) {
		if (menu->seconds > 0)
			return false;
		menu->seconds = menu->idle_seconds;
		close_editor(menu);
	}
	if (menu->seconds != MENU_FOREVER)
		draw_status(menu);
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
