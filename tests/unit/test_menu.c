/* SPDX-License-Identifier: Apache-2.0 */
/* loaders/menu.c */
#include "loaders/menu.h"

#include "lib/util.h"
#include "loaders/loader_conf.h"
#include "tests/host/host.h"
#include "tests/host/memory_console.h"
#include "tests/unit/test.h"

static struct memory_console console;
static const struct span titles[] = { SPAN("Debian"), SPAN("Fedora"), SPAN("Arch") };

static bool may_wait;

static u32 show(const struct span *all, u32 count, u32 selected, u32 timeout)
{
	struct menu menu = {
		.titles = all,
		.count = count,
		.selected = selected,
		.seconds = timeout,
		.may_wait = may_wait,
	};

	return menu_choose(&menu);
}

static u32 choose_of(const struct span *all, u32 count, u32 selected, u32 timeout,
		     const char *input)
{
	u32 chosen;

	memory_console_init(&console, input);
	console.input_delay = 1; /* one byte per poll, whose effect is drawn */
	chosen = show(all, count, selected, timeout);
	console_unregister(&console.console);
	return chosen;
}

static u32 choose(u32 selected, u32 timeout, const char *input)
{
	return choose_of(titles, ARRAY_SIZE(titles), selected, timeout, input);
}

static bool said(const char *text)
{
	return memory_console_has(&console, text);
}

TEST(the_selected_entry_boots_after_the_timeout)
{
	u64 before = host_ticks;

	CHECK_EQUAL(choose(1, 3, ""), 1);
	CHECK((host_ticks - before) / HOST_TICKS_PER_SECOND >= 3);
	CHECK((host_ticks - before) / HOST_TICKS_PER_SECOND <= 4);
	CHECK(said("Booting 2 of 3 in 3 s"));
	CHECK(said("Booting 2 of 3 in 1 s"));
	CHECK(!said("in 4 s"));
}

/* Otherwise a long title would take two lines, and redrawing would scroll the screen. */
TEST(lines_do_not_wrap_while_the_menu_is_shown)
{
	const char *off, *on;

	choose(1, 3, "j\r");
	off = strstr(console.text, "\x1b[?7l");
	on = strstr(console.text, "\x1b[?7h");
	CHECK(off && on && off < strstr(console.text, "Debian"));
	CHECK(on && !strstr(on, "Debian") && !strstr(on, "Booting"));
}

TEST(changes_are_drawn_in_place)
{
	choose(0, MENU_FOREVER, "j\r");
	CHECK(said(">  2  Fedora"));
	choose(0, 3, "j\r");
	CHECK(said("any key stops\r\x1b[3A\r\x1b[K   1  Debian\r\n\r\x1b[K>  2  Fedora\r\n"));
}

TEST(enter_boots_at_once)
{
	CHECK_EQUAL(choose(1, 3, "\r"), 1);
	CHECK_EQUAL(choose(1, MENU_FOREVER, "\n"), 1);
	CHECK(said("  1  Debian\r\n"));
	CHECK(said(">  2  Fedora\r\n"));
	CHECK(said("Enter boots 2 of 3"));
}

TEST(arrows_and_letters_move_within_the_list)
{
	CHECK_EQUAL(choose(1, 3, "j\r"), 2);
	CHECK_EQUAL(choose(1, 3, "k\r"), 0);
	CHECK_EQUAL(choose(1, 3, "jjjj\r"), 2);
	CHECK_EQUAL(choose(1, 3, "kkkk\r"), 0);
	CHECK_EQUAL(choose(1, 3, "\x1b[B\r"), 2);
	CHECK_EQUAL(choose(1, 3, "\x1b[A\r"), 0);
	CHECK_EQUAL(choose(1, 3, "\x1bOB\r"), 2);
	CHECK_EQUAL(choose(1, 3, "\x1b[A\x1b[B\x1b[B\r"), 2);
	CHECK_EQUAL(choose(0, 3, "\x1b[1;1B\r"), 1);
	/* Bytes that look like the end of a sequence are not part of one. */
	CHECK_EQUAL(choose(1, 3, "[B\r"), 1);
	CHECK_EQUAL(choose(1, 3, "\x1b[A[B\r"), 0);
}

TEST(home_end_and_page_keys_move_far)
{
	CHECK_EQUAL(choose(1, 3, "\x1b[H\r"), 0);
	CHECK_EQUAL(choose(1, 3, "\x1b[F\r"), 2);
	CHECK_EQUAL(choose(1, 3, "\x1b[5~\r"), 0);
	CHECK_EQUAL(choose(1, 3, "\x1b[6~\r"), 2);
}

TEST(space_and_esc_only_stop_the_clock)
{
	CHECK_EQUAL(choose(1, 1, " \r"), 1);
	CHECK(said("Enter boots 2 of 3, as do 60 s without a key"));
	CHECK_EQUAL(choose(1, 1, "\x1b"), 1);
	CHECK(said("Enter boots 2 of 3, as do 60 s without a key"));
}

TEST(noise_is_not_a_key)
{
	static const char *const noise[] = {
		"\x04",      "\x7f\b", "\xff\xfe\x80", "x",      "\x1b[?6c",         "\x1b[24;80R",
		"\x1b[1;5B", "\x1bj",  "\xc3\xbc",     "\x1bOP", "\x03\x1a\x11\x13",
	};

	for (size_t i = 0; i < ARRAY_SIZE(noise); i++) {
		CHECK_EQUAL(choose(1, 1, noise[i]), 1);
		CHECK_OF(!said("Enter boots"), "row %zu", i);
	}
}

TEST(after_a_key_the_clock_starts_again)
{
	u64 before = host_ticks;

	/* Ten seconds without input before each byte. */
	memory_console_init(&console, "  \r");
	console.input_delay = 1000;
	CHECK_EQUAL(show(titles, 3, 1, 15), 1);
	console_unregister(&console.console);
	CHECK((host_ticks - before) / HOST_TICKS_PER_SECOND >= 29);
	CHECK(said("any key stops") && said("Enter boots") && said("do 59 s"));
}

TEST(an_idle_menu_boots)
{
	u64 before = host_ticks;

	CHECK_EQUAL(choose(1, MENU_FOREVER, ""), 1);
	CHECK((host_ticks - before) / HOST_TICKS_PER_SECOND >= CONFIG_BOOT_MENU_IDLE_SECONDS);
	before = host_ticks;
	CHECK_EQUAL(choose(1, 3, " "), 1);
	CHECK((host_ticks - before) / HOST_TICKS_PER_SECOND >= CONFIG_BOOT_MENU_IDLE_SECONDS);
	CHECK((host_ticks - before) / HOST_TICKS_PER_SECOND <= CONFIG_BOOT_MENU_IDLE_SECONDS + 2);
}

TEST(the_owner_may_make_it_wait)
{
	u64 before = host_ticks;

	may_wait = true;
	memory_console_init(&console, "\r");
	console.input_delay = 100 * 3 * CONFIG_BOOT_MENU_IDLE_SECONDS;
	CHECK_EQUAL(show(titles, 3, 1, MENU_FOREVER), 1);
	console_unregister(&console.console);
	may_wait = false;
	CHECK((host_ticks - before) / HOST_TICKS_PER_SECOND >=
	      3 * CONFIG_BOOT_MENU_IDLE_SECONDS - 1);
	CHECK(said("Enter boots 2 of 3\x1b"));
}

static int type_always(struct console *it)
{
	(void)it;
	return 'j';
}

static void discard(struct console *it, const char *text, size_t size)
{
	(void)it;
	(void)text;
	(void)size;
}

TEST(endless_noise_does_not_block_the_menu)
{
	struct console endless = { .name = "endless", .write = discard, .read = type_always };
	u64 before = host_ticks;

	console_register(&endless);
	CHECK_EQUAL(show(titles, 3, 0, 3), 2);
	console_unregister(&endless);
	CHECK((host_ticks - before) / HOST_TICKS_PER_SECOND <= 24 * CONFIG_BOOT_MENU_IDLE_SECONDS);
}

TEST(a_typed_key_is_seen_or_not)
{
	static const struct {
		const char *input;
		bool is_key;
	} rows[] = { { "", false },      { "\x04\xff", false }, { "\x04 ", true },
		     { "\x1b", true },   { "\x1b[A", true },    { "\x1b[?6c", false },
		     { "\x1b[", false }, { "j", true } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		memory_console_init(&console, rows[i].input);
		CHECK_OF(menu_key_is_typed() == rows[i].is_key, "row %zu", i);
	}
	console_unregister(&console.console);
}

TEST(a_sequence_may_arrive_byte_by_byte)
{
	memory_console_init(&console, "\x1b[B\r");
	console.input_delay = 2;
	CHECK_EQUAL(show(titles, 3, 0, 5), 1);
	console_unregister(&console.console);
}

TEST(numbers_select_entries)
{
	CHECK_EQUAL(choose(1, 3, "1\r"), 0);
	CHECK_EQUAL(choose(1, 3, "3\r"), 2);
	CHECK_EQUAL(choose(1, 3, "0\r"), 1);
	CHECK_EQUAL(choose(1, 3, "9\r"), 1);
	CHECK_EQUAL(choose(1, 3, "13\r"), 2);
	CHECK_EQUAL(choose(1, 3, "99999999999999999999993\r"), 2);
}

TEST(a_long_list_scrolls_and_takes_numbers_of_more_digits)
{
	enum { COUNT = 120 };
	static char texts[COUNT][24];
	static struct span many[COUNT];

	for (int i = 0; i < COUNT; i++) {
		snprintf(texts[i], sizeof(texts[i]), "entry-%d.", i + 1);
		many[i] = span_of_string(texts[i]);
	}
	CHECK_EQUAL(choose_of(many, COUNT, 0, 3, "\r"), 0);
	CHECK(said("entry-16.") && !said("entry-17."));
	CHECK_EQUAL(choose_of(many, COUNT, 100, 3, "\r"), 100);
	CHECK(said(">101  entry-101.") && said("entry-86.") && !said("entry-85.") &&
	      !said("entry-102."));
	CHECK_EQUAL(choose_of(many, COUNT, 0, 3, "117\r"), 116);
	CHECK_EQUAL(choose_of(many, COUNT, 0, 3, "120\r"), 119);
	CHECK_EQUAL(choose_of(many, COUNT, 0, 3, "121\r"), 0);
	CHECK_EQUAL(choose_of(many, COUNT, 0, 3, "10\r"), 9);
	CHECK_EQUAL(choose_of(many, COUNT, 0, 3, "9\r"), 8);
	CHECK_EQUAL(choose_of(many, COUNT, 0, 3, "12j7\r"), 6);
	CHECK_EQUAL(choose_of(many, COUNT, 0, 3, "1j2\r"), 1);
	CHECK_EQUAL(choose_of(many, COUNT, 15, 3, "j\r"), 16);
	CHECK(said("entry-17.") && !said("entry-18."));
	CHECK_EQUAL(choose_of(many, COUNT, 119, 3, "1\r"), 0);
	CHECK(said("entry-1."));
}

TEST(titles_cannot_control_the_terminal)
{
	static const struct span evil[] = {
		SPAN("a\x1b[2Jb\r\n\0c\x7f"),
		SPAN("\xc2\x9b"
		     "2J"),
		SPAN("\x9b"
		     "2J"),
		SPAN("\xff\xc3"),
		SPAN("gr\xc3\xbc\xc3\x9f"),
		SPAN("\x1f ~\x7f\xc2\x80\xc2\x9f\xc2\xa0"),
		SPAN("who \xef\xbf\xbd?"),
	};

	CHECK_EQUAL(choose_of(evil, ARRAY_SIZE(evil), 0, 3, "\r"), 0);
	CHECK(!said("\x1b[2J") && !said("\xc2\x9b") && !said("\x9b") && !said("\xff"));
	CHECK(said("a?[2Jb???c?\r\n"));
	CHECK(said("gr\xc3\xbc\xc3\x9f\r\n"));
	CHECK(said("  ? ~???\xc2\xa0\r\n"));
	CHECK(said("who \xef\xbf\xbd?\r\n"));
}

/* Stops the run after enough polls, which shows that each poll returns. */
static u32 polls;

static int type_many(struct console *it)
{
	if (++polls > 1000)
		return '\r';
	return type_always(it);
}

TEST(a_held_key_does_not_block_a_poll)
{
	struct console endless = { .name = "endless", .write = discard, .read = type_many };
	u64 before = host_ticks;

	console_register(&endless);
	CHECK_EQUAL(show(titles, 3, 0, 3), 2);
	console_unregister(&endless);
	/* 64 bytes a poll of 10 ms. */
	CHECK(host_ticks - before >= (1000 / 64) * 10 * (HOST_TICKS_PER_SECOND / 1000));
	CHECK(host_ticks - before <= (1000 / 64) * 24 * (HOST_TICKS_PER_SECOND / 1000));
}

/* The editor: "|" in the input is half a second without a key. */

static struct arena arena;
static struct menu edited;
static const char *options;
static enum status options_status;

static enum status read_options(const struct menu *menu, u32 number, struct arena *into,
				struct span *out)
{
	(void)menu;
	*out = span_of_string(arena_copy(into, span_of_string(options)));
	if (number == 2)
		*out = span_of(arena_allocate(into, MENU_OPTIONS_SIZE_MAX + 1),
			       MENU_OPTIONS_SIZE_MAX + 1);
	return options_status;
}

/* The resulting options of the chosen entry; "-": not edited. */
static const char *type_into(const char *text, const char *input, u32 seconds)
{
	options = text;
	arena_release(&arena);
	host_memory_init();
	edited = (struct menu){
		.titles = titles,
		.count = ARRAY_SIZE(titles),
		.seconds = seconds,
		.may_wait = may_wait,
		.read_options = read_options,
		.arena = &arena,
	};
	memory_console_init(&console, input);
	console.input_delay = 1;
	console.pause = '|';
	(void)menu_choose(&edited);
	console_unregister(&console.console);
	if (!edited.edited.data)
		return "-";
	return arena_copy(&arena, edited.edited);
}

TEST(options_are_edited_for_this_boot)
{
	CHECK_TEXT(type_into("quiet", "je| single|\r", 3), "quiet single");
	CHECK_EQUAL(edited.selected, 1);
	CHECK(said("Booting 1 of 3 in 3 s, any key stops; e edits its options"));
	CHECK(said("\r\x1b[KFor this boot: Enter boots, Esc goes back, as do 60 s without a key"
		   "\r\n\r\x1b[K:quiet\r:quiet"));
	CHECK(said(":quiet single\r:quiet single"));
	/* Each key of a sequence, which may arrive in pieces. */
	CHECK_TEXT(type_into("ab", "e|\x1b[Dx\x1b[Hy\x1b[3~|\r", 3), "yxb");
	CHECK_TEXT(type_into("ab", "e|\x15|\r", 3), "");
}

TEST(unedited_options_are_an_ordinary_boot)
{
	CHECK_TEXT(type_into("quiet", "e|\r", 3), "-");
	CHECK_TEXT(type_into("quiet", "e|\x1b[D\r", 3), "-");
	CHECK_TEXT(type_into("quiet", "\r", 3), "-");
}

TEST(esc_returns_and_discards_changes)
{
	CHECK_TEXT(type_into("quiet", "e|x\x1b|j\r", 3), "-");
	CHECK_EQUAL(edited.selected, 1);
	CHECK(said("\r\x1b[K\x1b[A\r\x1b[KEnter boots 1 of 3, as do 60 s without a key"));
	/* When opened again, it starts over. */
	CHECK_TEXT(type_into("quiet", "e|x\x1b|e|y|\r", 3), "quiety");
}

TEST(white_space_becomes_spaces)
{
	CHECK_TEXT(type_into("\t a\nb\tc \n", "e|x|\r", 3), "a b cx");
}

TEST(input_that_arrives_with_the_key_is_discarded)
{
	/* A line that echoes all output: Enter comes first. */
	CHECK_TEXT(type_into("quiet", "eEnter boots 1 of 3\r\n", 3), "-");
	CHECK(said("For this boot"));
	CHECK_TEXT(type_into("quiet", "e single\r|!|\r", 3), "quiet!");
}

TEST(an_enter_among_other_bytes_does_not_choose)
{
	static const char *const noise[] = { "e|x\r", "e|x|\ry", "e|x\ry\rz\r\n",
					     "e|x|\r\x1b[K:quietx\r:quietx", "e|x|\r\x1b[A" };

	for (size_t i = 0; i < ARRAY_SIZE(noise); i++) {
		CHECK_TEXT(type_into("quiet", noise[i], 3), "-");
		CHECK(edited.editor.is_changed && edited.used_seconds > 1);
	}
	/* One alone does, also where it is CR and LF. */
	CHECK_TEXT(type_into("quiet", "e|x\r|\r", 3), "quietx");
	CHECK_TEXT(type_into("quiet", "e|x|\r\n", 3), "quietx");
}

TEST(options_that_cannot_be_edited)
{
	options_status = ERR_UNSUPPORTED;
	CHECK_TEXT(type_into("quiet", "e|j\r", 3), "-");
	options_status = OK;
	CHECK_EQUAL(edited.selected, 1);
	/* On a separate line that the countdown does not overwrite. */
	CHECK(said("The options of 1 of 3 cannot be edited: not supported\r\n"
		   "\r\x1b[K>  1  Debian\r\n"));
	CHECK_TEXT(type_into("quiet", "3e|k\r", 3), "-");
	CHECK(said("The options of 3 of 3 cannot be edited: not supported"));
}

TEST(without_permission_to_edit_e_is_noise)
{
	CHECK_EQUAL(choose(1, 1, "e"), 1);
	CHECK(!said("edit") && !said("Enter boots"));
}

TEST(an_idle_editor_returns_and_the_menu_boots)
{
	u64 before = host_ticks;

	CHECK_TEXT(type_into("quiet", "e|x", 3), "-");
	CHECK((host_ticks - before) / HOST_TICKS_PER_SECOND >= 2 * CONFIG_BOOT_MENU_IDLE_SECONDS);
	CHECK((host_ticks - before) / HOST_TICKS_PER_SECOND <=
	      2 * CONFIG_BOOT_MENU_IDLE_SECONDS + 4);
	CHECK(said("\r\x1b[K\x1b[A\r\x1b[KEnter boots 1 of 3, as do 60 s without a key"));
}

TEST(the_owner_may_make_the_editor_wait)
{
	u64 before = host_ticks;

	may_wait = true;
	options = "quiet";
	CHECK_TEXT(type_into("quiet",
			     "e|x||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||"
			     "|||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||"
			     "\r",
			     MENU_FOREVER),
		   "quietx");
	may_wait = false;
	CHECK((host_ticks - before) / HOST_TICKS_PER_SECOND > CONFIG_BOOT_MENU_IDLE_SECONDS);
	CHECK(said("For this boot: Enter boots, Esc goes back\r\n"));
}

static void start_editable(void)
{
	host_memory_init();
	arena = (struct arena){ 0 };
	options = "quiet";
	edited = (struct menu){
		.titles = titles,
		.count = ARRAY_SIZE(titles),
		.seconds = 3,
		.read_options = read_options,
		.arena = &arena,
	};
}

static const char *typed_without_end;

static int type_into_line(struct console *it)
{
	static u32 count;

	(void)it;
	return typed_without_end[count++ % 4];
}

static void edit_without_end(const char *text)
{
	struct console endless = { .name = "endless", .write = discard, .read = type_into_line };

	start_editable();
	typed_without_end = text;
	console_register(&endless);
	CHECK_EQUAL(menu_choose(&edited), 0);
	console_unregister(&endless);
	/* The editor was never open: the entry boots as it was. */
	CHECK(edited.is_used && !edited.editor.is_changed && !edited.edited.data);
	arena_release(&arena);
}

TEST(noise_without_end_does_not_open_the_editor)
{
	u64 before = host_ticks;

	edit_without_end("exx\x15");
	edit_without_end("exx\r");
	CHECK((host_ticks - before) / HOST_TICKS_PER_SECOND <= 24 * CONFIG_BOOT_MENU_IDLE_SECONDS);
}

enum { NOISE_SECONDS_MAX = 24 * CONFIG_BOOT_MENU_IDLE_SECONDS };

static u64 noise_start;

/* Opens and leaves the editor as often as possible, then Enter, so that the test ends. */
static int open_and_leave(struct console *it)
{
	static u32 count;

	(void)it;
	if ((host_ticks - noise_start) / HOST_TICKS_PER_SECOND > NOISE_SECONDS_MAX)
		return '\r';
	return "eex\x1b\x1b"[count++ % 5];
}

TEST(an_editor_opened_endlessly_does_not_block_the_menu)
{
	struct console endless = { .name = "endless", .write = discard, .read = open_and_leave };

	start_editable();
	noise_start = host_ticks;
	console_register(&endless);
	(void)menu_choose(&edited);
	console_unregister(&endless);
	CHECK(edited.is_used && !edited.edited.data);
	CHECK((host_ticks - noise_start) / HOST_TICKS_PER_SECOND <= NOISE_SECONDS_MAX);
	arena_release(&arena);
}
