/* SPDX-License-Identifier: Apache-2.0 */
/* core/boot.c: the record of what was tried. Its tests build on one another. */
#include "core/boot.h"
#include "core/log.h"
#include "tests/host/memory_console.h"
#include "tests/unit/test.h"

const struct image_loader *const image_loaders[] = { NULL };

static struct memory_console console;

static const char *tried(void)
{
	memory_console_init(&console, "");
	log_set_threshold(LOG_ERROR);
	boot_log_tried();
	return console.text;
}

static void note(const char *what, enum status status, enum log_level threshold)
{
	memory_console_init(&console, "");
	log_set_threshold(threshold);
	boot_tried("disk0p1", what, status);
}

TEST(without_a_try_nothing_was_tried)
{
	CHECK_TEXT(tried(), "error:   nothing\r\n");
}

TEST(what_is_missing_is_no_warning)
{
	note("a.conf", ERR_NOT_FOUND, LOG_WARNING);
	CHECK_TEXT(console.text, "");
	note("b.conf", ERR_UNRECOGNIZED, LOG_WARNING);
	CHECK_TEXT(console.text, "");
	note("c.conf", ERR_CORRUPT, LOG_WARNING);
	CHECK_TEXT(console.text, "warning: disk0p1: c.conf: corrupt\r\n");
	CHECK_TEXT(tried(), "error:   disk0p1: a.conf: not found\r\n"
			    "error:   disk0p1: b.conf: not recognized\r\n"
			    "error:   disk0p1: c.conf: corrupt\r\n");
}

TEST(more_than_there_is_room_for_are_counted)
{
	for (int i = 3; i < 32; i++)
		note("x", ERR_IO, LOG_NONE);
	CHECK(!strstr(tried(), "more"));
	note("last", ERR_IO, LOG_NONE);
	CHECK(strstr(tried(), "error:   and 1 more\r\n") && !strstr(console.text, "last"));
	note("last", ERR_IO, LOG_NONE);
	CHECK(strstr(tried(), "error:   and 2 more\r\n"));
}
