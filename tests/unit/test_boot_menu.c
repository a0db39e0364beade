/* SPDX-License-Identifier: Apache-2.0 */
/* loaders/boot_menu.c: who opens the menu of all disks, and what happens after a choice fails. */
#include "loaders/boot_menu.h"

#include "core/boot_info.h"
#include "core/log.h"
#include "lib/util.h"
#include "loaders/loader_conf.h"
#include "tests/host/host.h"
#include "tests/host/memory_console.h"
#include "tests/unit/test.h"

static struct memory_console console;
static char started[256];
static u32 lists, asked_seconds;

static u32 seconds_asked(void)
{
	return asked_seconds;
}

static enum status start(struct boot_choice *choice, struct arena *arena)
{
	(void)arena;
	strcat(started, choice->title);
	return ERR_UNSUPPORTED;
}

static void list(struct boot_choices *choices)
{
	lists++;
	boot_choice_add(choices, "option;", start, NULL);
	boot_choice_add(choices, "a;", start, NULL);
	boot_choice_add(choices, "b;", start, NULL);
}

/* The choices started after @input on the console. */
static const char *show(const char *words, u32 seconds, const char *input)
{
	host_memory_init();
	memory_console_init(&console, input);
	console.input_delay = 1;
	log_set_threshold(LOG_WARNING);
	boot_info.command_line = span_of_string(words);
	asked_seconds = seconds;
	started[0] = 0;
	lists = 0;
	boot_menu(seconds_asked, list);
	console_unregister(&console.console);
	return started;
}

TEST(without_a_request_nothing_is_searched)
{
	CHECK_TEXT(show("", MENU_NEVER, "\r"), "");
	CHECK_EQUAL(lists, 0);
	CHECK_EQUAL(console.reads, 0);
	CHECK_TEXT(show("fatwood.menu=menu-disabled", 5, "\r"), "");
	CHECK_EQUAL(lists, 0);
}

TEST(after_a_failed_choice_the_menu_appears_again)
{
	CHECK_TEXT(show("fatwood.menu=5", MENU_NEVER, "j\rj\r\r"), "a;b;option;");
	CHECK(memory_console_has(&console, "a;: did not boot: "));
	CHECK_EQUAL(lists, 1);
}

TEST(without_a_key_the_first_is_tried_and_the_boot_continues)
{
	CHECK_TEXT(show("", 2, ""), "option;");
	CHECK(memory_console_has(&console, "Booting 1 of 3 in 2 s"));
}

TEST(an_idle_menu_ends)
{
	CHECK_TEXT(show("", MENU_FOREVER, ""), "option;a;b;");
}

TEST(more_choices_than_there_may_be)
{
	struct arena arena = { 0 };
	struct boot_choices choices = { .arena = &arena, .end = &choices.first };

	host_memory_init();
	for (u32 i = 0; i < BOOT_CHOICES_MAX + 3; i++)
		boot_choice_add(&choices, "x", start, NULL);
	CHECK_EQUAL(choices.count, BOOT_CHOICES_MAX);
	arena_release(&arena);
}

/* The editor for one choice, unless forbidden. */

static bool is_forbidden;

static enum status read_options(const struct boot_choice *choice, struct arena *arena,
				struct span *out)
{
	(void)arena;
	*out = span_of_string(choice->title);
	return OK;
}

static enum status start_edited(struct boot_choice *choice, struct arena *arena)
{
	(void)arena;
	strcat(started, choice->title);
	if (choice->edited.data)
		strncat(started, (const char *)choice->edited.data, choice->edited.size);
	strcat(started, ";");
	return ERR_UNSUPPORTED;
}

static void list_editable(struct boot_choices *choices)
{
	struct boot_choice *choice;

	boot_choice_add(choices, "a", start_edited, NULL);
	choice = boot_choice_add(choices, "b", start_edited, NULL);
	choice->read_options = read_options;
	choices->is_editor_off |= is_forbidden;
}

static const char *edit(const char *words, const char *input)
{
	host_memory_init();
	memory_console_init(&console, input);
	console.input_delay = 1;
	console.pause = '|';
	boot_info.command_line = span_of_string(words);
	asked_seconds = 5;
	started[0] = 0;
	boot_menu(seconds_asked, list_editable);
	console_unregister(&console.console);
	return started;
}

TEST(options_of_a_choice_are_edited)
{
	CHECK_TEXT(edit("", "je|x|\r"), "bbx;a;");
	CHECK_TEXT(edit("", "e|\r\r"), "a;b;");
	CHECK(memory_console_has(&console, "The options of 1 of 2 cannot be edited"));
}

TEST(the_editor_is_off_if_a_disk_or_the_vmm_forbids_it)
{
	CHECK_TEXT(edit("fatwood.editor=no", "je|x\r\r"), "b;a;");
	is_forbidden = true;
	CHECK_TEXT(edit("", "je|x\r\r"), "b;a;");
	is_forbidden = false;
	CHECK(!memory_console_has(&console, "edit"));
}
