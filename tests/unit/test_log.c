/* SPDX-License-Identifier: Apache-2.0 */
/* core/log.c: a process has only one log, so the tests follow the order of a boot. */
#include "tests/unit/test.h"

#include "core/arch.h"
#include "core/log.h"
#include "tests/host/host.h"
#include "tests/host/memory_console.h"

static struct memory_console console;

/* The text written since the last call. */
static const char *written(void)
{
	static char text[sizeof(console.text)];

	memcpy(text, console.text, sizeof(text));
	console.size = 0;
	console.text[0] = 0;
	return text;
}

TEST(lines_before_any_console_are_buffered_at_any_level)
{
	log_error("an error");
	log_warning("a %s", "warning");
	log_info("info");
	log_debug("debug %d", 1);
	log_replay(); /* still no console to print to */
	/* After the replay the threshold is known: quiet by default. */
	CHECK(log_is_wanted(LOG_WARNING));
	CHECK(!log_is_wanted(LOG_INFO));
	log_debug("too detailed");
	log_warning("one more");
	memory_console_init(&console, "");
	CHECK_TEXT(written(), "");
	log_set_threshold(LOG_INFO);
	log_replay();
	CHECK_TEXT(written(), "error: an error\r\nwarning: a warning\r\ninfo\r\n"
			      "warning: one more\r\n");
	log_replay();
	CHECK_TEXT(written(), "");
}

TEST(the_threshold_decides)
{
	log_set_threshold(LOG_WARNING);
	log_info("not printed");
	CHECK_TEXT(written(), "");
	log_set_threshold(LOG_INFO);
	log_info("printed");
	log_debug("not printed");
	CHECK_TEXT(written(), "printed\r\n");
	log_set_threshold(LOG_NONE);
	log_error("not printed");
	CHECK_TEXT(written(), "");
	log_set_threshold(LOG_DEBUG);
	log_debug("printed");
	CHECK_TEXT(written(), "printed\r\n");
}

TEST(the_subject_precedes_each_line)
{
	log_set_subject("disk0p1");
	log_warning("FAT: %u", 7u);
	log_info("more");
	log_set_subject(NULL);
	log_info("end");
	CHECK_TEXT(written(), "warning: disk0p1: FAT: 7\r\ndisk0p1: more\r\nend\r\n");
}

TEST(funnels_log_and_return_their_status)
{
	CHECK_EQUAL(corrupt("cluster %u", 3u), ERR_CORRUPT);
	CHECK_EQUAL(unsupported("FAT%d", 12), ERR_UNSUPPORTED);
	CHECK_TEXT(written(), "warning: cluster 3\r\nwarning: FAT12\r\n");
}

TEST(names_from_a_disk_cannot_control_a_terminal)
{
	log_info("%s", "a\x1b[2Jb\r\nc\td\x7f"
		       "e");
	CHECK_TEXT(written(), "a?[2Jb??c?d?e\r\n");
	/* C1 control characters, bare and as UTF-8; invalid UTF-8. */
	log_info("%s", "a\x9b"
		       "2Jb\xc2\x9b"
		       "c\xff\xc3");
	CHECK_TEXT(written(), "a?2Jb?c??\r\n");
	/* The last and the first of each kind. */
	log_info("%s", "\x1f ~\x7f\xc2\x80\xc2\x9f\xc2\xa0");
	CHECK_TEXT(written(), "? ~???\xc2\xa0\r\n");
	/* Letters are unchanged, also at the end of the line. */
	log_info("%s", "Gr\xc3\xbc\xc3\x9f"
		       "e \xf0\x9f\x94\xa5 \xef\xbf\xbd\xe2\x82\xac");
	CHECK_TEXT(written(), "Gr\xc3\xbc\xc3\x9f"
			      "e \xf0\x9f\x94\xa5 \xef\xbf\xbd\xe2\x82\xac\r\n");
}

TEST(long_lines_are_truncated_with_a_mark)
{
	char name[1000], subject[300];
	const char *line;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	for (size_t size = 240; size < 260; size++) {
		log_info("%.*s", (int)size, name);
		line = written();
		if (size < 255) {
			CHECK_EQUAL(strlen(line), size + 2);
			CHECK(strcmp(line + size - 3, "xxx\r\n") == 0);
		} else {
			CHECK_EQUAL(strlen(line), 256);
			CHECK(strcmp(line + 250, "x...\r\n") == 0);
		}
	}
	memset(subject, 's', sizeof(subject) - 1);
	subject[sizeof(subject) - 1] = 0;
	log_set_subject(subject);
	log_error("%s", name);
	log_set_subject(NULL);
	line = written();
	CHECK(strncmp(line, "error: sss", 10) == 0);
	CHECK(strcmp(line + strlen(line) - 6, "s...\r\n") == 0);
	CHECK(strlen(line) <= 258);
}

TEST(the_oldest_lines_are_dropped_without_a_console)
{
	const char *text;
	char last[32];

	console_unregister(&console.console);
	for (int i = 0; i < 1000; i++)
		log_info("line number %d", i);
	memory_console_init(&console, "");
	log_info("now");
	text = written();
	CHECK(text[0] == '(' && strstr(text, " earlier lines were lost)\r\n"));
	snprintf(last, sizeof(last), "line number 999\r\nnow\r\n");
	CHECK(strstr(text, last));
	CHECK(!strstr(text, "line number 0\r"));
	/* Each line is complete, and the numbers ascend without a gap. */
	int lost = atoi(text + 1), expected = lost;

	for (const char *at = strstr(text, "line number"); at && expected < 1000;
	     at = strstr(at + 1, "line number"))
		CHECK_EQUAL(atoi(at + strlen("line number ")), expected++);
	CHECK_EQUAL(expected, 1000);
	CHECK(lost > 500 && lost < 900);
}

TEST(the_longest_lines_fit_the_ring)
{
	char name[1000];

	memset(name, 'y', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	console_unregister(&console.console);
	for (int i = 0; i < 100; i++)
		log_info("%s", name);
	memory_console_init(&console, "");
	log_replay();
	CHECK(strlen(written()) > 3000);
	/* Each takes 256 bytes of 4096. */
	for (int count = 16; count < 18; count++) {
		console_unregister(&console.console);
		for (int i = 0; i < count; i++)
			log_info("%s", name);
		memory_console_init(&console, "");
		log_replay();
		CHECK((count > 16) == (written()[0] == '('));
	}
}

static void write_and_fail(struct console *failing, const char *text, size_t size)
{
	(void)text;
	(void)size;
	log_error("%s: does not write", failing->name);
}

TEST(a_console_that_logs_its_failure_is_not_called_again)
{
	struct console failing = { .name = "failing", .write = write_and_fail };

	console_register(&failing);
	log_error("once");
	console_unregister(&failing);
	CHECK_TEXT(written(), "error: once\r\n");
	log_error("twice");
	CHECK_TEXT(written(), "error: twice\r\n");
}

static void write_and_halt(struct console *ending, const char *text, size_t size)
{
	(void)ending;
	(void)text;
	(void)size;
	arch_halt();
}

static void log_a_line(void *context)
{
	(void)context;
	log_error("the last");
}

TEST(an_unfinished_line_is_abandoned)
{
	struct console ending = { .name = "ending", .write = write_and_halt };

	console_register(&ending);
	CHECK_EQUAL(host_run(log_a_line, NULL), HOST_HALTED);
	console_unregister(&ending);
	CHECK_TEXT(written(), "error: the last\r\n");
	log_abandon_line();
	log_error("after a fault");
	CHECK_TEXT(written(), "error: after a fault\r\n");
}

TEST(level_names)
{
	enum log_level level = LOG_NONE;

	CHECK(log_level_from_name(SPAN("debug"), &level));
	CHECK_EQUAL(level, LOG_DEBUG);
	CHECK(log_level_from_name(SPAN("none"), &level));
	CHECK_EQUAL(level, LOG_NONE);
	CHECK(log_level_from_name(SPAN("warning"), &level));
	CHECK_EQUAL(level, LOG_WARNING);
	CHECK(!log_level_from_name(SPAN("warn"), &level));
	CHECK(!log_level_from_name(SPAN("debugging"), &level));
	CHECK(!log_level_from_name(SPAN(""), &level));
	CHECK(!log_level_from_name(SPAN("Debug"), &level));
	CHECK_EQUAL(level, LOG_WARNING);
}
