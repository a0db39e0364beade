/* SPDX-License-Identifier: Apache-2.0 */
/* core/console.c: every console gets every byte, in pieces that a device can accept at once. */
#include "tests/unit/test.h"

#include "core/arch.h"
#include "core/console.h"
#include "tests/host/memory_console.h"

static struct memory_console first, second;

TEST(without_a_console_nothing_happens)
{
	CHECK(!console_present());
	console_write("text\n", 5);
	CHECK_EQUAL(console_read(), -1);
}

TEST(output_goes_to_all)
{
	memory_console_init(&first, "");
	memory_console_init(&second, "");
	CHECK(console_present());
	console_write("a\nb\r\n", 5);
	CHECK_TEXT(first.text, "a\r\nb\r\r\n");
	CHECK_TEXT(second.text, "a\r\nb\r\r\n");
	console_unregister(&first.console);
	console_write("c", 1);
	CHECK_TEXT(first.text, "a\r\nb\r\r\n");
	CHECK_TEXT(second.text, "a\r\nb\r\r\nc");
	console_unregister(&first.console); /* no longer registered */
	console_unregister(&second.console);
	CHECK(!console_present());
}

TEST(a_console_may_be_registered_again)
{
	memory_console_init(&first, "");
	memory_console_init(&second, "");
	console_unregister(&first.console);
	console_register(&first.console);
	console_write("once", 4);
	CHECK_TEXT(first.text, "once");
	CHECK_TEXT(second.text, "once");
	console_unregister(&first.console);
	console_unregister(&second.console);
}

TEST(input_comes_from_any)
{
	static struct console mute = { .name = "mute", .write = NULL };

	memory_console_init(&first, "x");
	memory_console_init(&second, "yz\xff");
	CHECK(console_has_input());
	CHECK_EQUAL(console_read(), 'x');
	CHECK_EQUAL(console_read(), 'y');
	CHECK_EQUAL(console_read(), 'z');
	CHECK_EQUAL(console_read(), 0xff);
	CHECK_EQUAL(console_read(), -1);
	console_unregister(&first.console);
	console_unregister(&second.console);
	console_register(&mute);
	CHECK(!console_has_input());
	CHECK_EQUAL(console_read(), -1);
	console_unregister(&mute);
}

static int type_nul(struct console *console)
{
	(void)console;
	return 0;
}

TEST(a_nul_is_an_ordinary_byte)
{
	static struct console nul = { .name = "nul", .read = type_nul };

	console_register(&nul);
	CHECK_EQUAL(console_read(), 0);
	console_unregister(&nul);
}

static u32 flushes;

static void count_flush(struct console *console)
{
	(void)console;
	flushes++;
}

TEST(a_flush_flushes_every_console_that_supports_it)
{
	static struct console plain = { .name = "plain" };
	static struct console slow = { .name = "slow", .flush = count_flush };
	static struct console slower = { .name = "slower", .flush = count_flush };

	console_register(&plain);
	console_register(&slow);
	console_register(&slower);
	console_flush();
	CHECK_EQUAL(flushes, 2);
	console_unregister(&plain);
	console_unregister(&slow);
	console_unregister(&slower);
}

static u32 writes;

static void count_write(struct console *console, const char *text, size_t size)
{
	(void)console;
	(void)text;
	CHECK(size > 0);
	writes++;
}

TEST(a_line_is_one_write)
{
	static struct console counter = { .name = "counter", .write = count_write };

	console_register(&counter);
	console_write("error: disk0p1: a line of usual length, as log.c writes it\n", 59);
	CHECK_EQUAL(writes, 1);
	console_write("", 0);
	CHECK_EQUAL(writes, 1);
	console_unregister(&counter);
}

TEST(text_of_any_length_arrives_completely)
{
	for (size_t size = 0; size < 1100; size += size < 520 ? 1 : 37) {
		char text[1100], expected[2201];
		size_t used = 0;

		for (size_t i = 0; i < size; i++)
			text[i] = i % 5 == 4 || i > 250 ? '\n' : (char)('a' + i % 26);
		for (size_t i = 0; i < size; i++) {
			if (text[i] == '\n')
				expected[used++] = '\r';
			expected[used++] = text[i];
		}
		expected[used] = 0;
		memory_console_init(&first, "");
		console_write(text, size);
		console_unregister(&first.console);
		CHECK_TEXT(first.text, expected);
	}
}
