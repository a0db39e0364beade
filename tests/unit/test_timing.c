/* SPDX-License-Identifier: Apache-2.0 */
/* core/timing.c with a clock that only moves when the test moves it. */
#include "tests/unit/test.h"

#include "core/console.h"
#include "core/timing.h"
#include "tests/host/host.h"
#include "tests/host/memory_console.h"

static void write_slowly(struct console *console, const char *text, size_t size)
{
	(void)console;
	(void)text;
	host_ticks += size * 1000000;
}

TEST(marks_are_printed_on_request)
{
	static struct memory_console console;
	static struct console slow = { .name = "slow", .write = write_slowly };
	const char *text = console.text;

	memory_console_init(&console, "");
	timing_print(); /* nothing was recorded or requested */
	host_ticks_per_look = 0;
	host_ticks = 77000000;
	timing_mark("entry");
	host_ticks += 1500 * 1000;
	timing_mark("memory");
	timing_print();
	CHECK_TEXT(text, "");
	timing_enable();
	timing_print();
	CHECK(strstr(text, "timing:        0 us  +       0 us  entry\r\n"));
	CHECK(strstr(text, "timing:     1500 us  +    1500 us  memory\r\n"));
	/*
	 * Many volumes are tried before one boots: only the milestones of the last one are shown.
	 */
	for (int i = 0; i < 100; i++) {
		host_ticks += 1000;
		timing_mark("volume");
		host_ticks += 1000;
		timing_mark("kernel");
	}
	console.size = 0;
	timing_print();
	CHECK(strstr(text, "1699 us  +     199 us  volume\r\n"));
	CHECK(strstr(text, "1700 us  +       1 us  kernel\r\n"));
	CHECK(!strstr(text, "entry")); /* a line each, once */
	/* Time on a slow console does not count. */
	console.size = 0;
	console_register(&slow);
	host_ticks += 5000;
	timing_mark("loaded");
	timing_print();
	host_ticks += 2000;
	timing_mark("handover");
	timing_print();
	CHECK(strstr(text, "1705 us  +       5 us  loaded\r\n"));
	CHECK(strstr(text, "1707 us  +       2 us  handover\r\n"));
	host_ticks_per_look = HOST_TICKS_PER_LOOK;
	console_unregister(&slow);
	console_unregister(&console.console);
}

TEST(excess_marks_are_dropped)
{
	static const char names[][4] = { "m0",  "m1",  "m2",  "m3",  "m4",  "m5",
					 "m6",  "m7",  "m8",  "m9",  "m10", "m11",
					 "m12", "m13", "m14", "m15", "m16", "m17" };
	static struct memory_console console;

	memory_console_init(&console, "");
	host_ticks_per_look = 0;
	timing_mark("entry"); /* the first again: all after it are dropped */
	host_ticks += 3000;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		timing_mark(names[i]);
	timing_print();
	CHECK(memory_console_has(&console, "       0 us  +       0 us  entry\r\n"));
	CHECK(memory_console_has(&console, "       3 us  +       3 us  m0\r\n"));
	CHECK(memory_console_has(&console, " m14\r\n"));
	CHECK(!memory_console_has(&console, " m15\r\n"));
	CHECK(!memory_console_has(&console, "kernel"));
	/* Repeating one of them makes room. */
	timing_mark(names[13]);
	timing_mark(names[17]);
	timing_print();
	CHECK(memory_console_has(&console, " m17\r\n"));
	host_ticks_per_look = HOST_TICKS_PER_LOOK;
	console_unregister(&console.console);
}
