/* SPDX-License-Identifier: Apache-2.0 */
/* core/keys.c */
#include "core/keys.h"

#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/host/memory_console.h"
#include "tests/unit/test.h"

/* The keys in @bytes as text: "up", "C-c03", "a"; '!' follows a key completed by a pause. */
static const char *keys_of(const char *bytes, size_t size)
{
	static const char *const names[] = { "char", "up",  "down", "right", "left", "home",
					     "end",  "ins", "del",  "pgup",  "pgdn", "f1",
					     "f2",   "f3",  "f4",   "f5",    "f6",   "f7",
					     "f8",   "f9",  "f10",  "f11",   "f12",  "esc" };
	static char text[1024];
	struct key_decoder decoder = { 0 };
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i <= size; i++) {
		struct key key;

		if (i < size ? !key_decode(&decoder, (u8)bytes[i], &key) :
			       !key_decode_pause(&decoder, &key))
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s%s%s",
					 used ? " " : "", key.modifiers & KEY_SHIFT ? "S-" : "",
					 key.modifiers & KEY_ALT ? "A-" : "",
					 key.modifiers & KEY_CONTROL ? "C-" : "");
		CHECK((key.code == KEY_CHARACTER) == (key.unicode != 0));
		if (key.code != KEY_CHARACTER)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s",
						 names[key.code]);
		else if (key.unicode > 0x20 && key.unicode < 0x7f)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%c",
						 (char)key.unicode);
		else
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%02x",
						 key.unicode);
	}
	CHECK(!key_decoder_is_waiting(&decoder));
	return text;
}

struct row {
	const char *bytes, *keys;
};

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *keys = keys_of(rows[i].bytes, strlen(rows[i].bytes));

		CHECK_OF(strcmp(keys, rows[i].keys) == 0, "row %zu: \"%s\", not \"%s\"", i, keys,
			 rows[i].keys);
	}
}

#define CHECK_ROWS(...)                                           \
	do {                                                      \
		static const struct row rows[] = { __VA_ARGS__ }; \
		check_rows(rows, ARRAY_SIZE(rows));               \
	} while (0)

TEST(characters_and_control_characters)
{
	CHECK_ROWS({ "aZ ~", "a Z 20 ~" }, { "\r", "0d" }, { "\n", "0d" }, { "\b", "08" },
		   { "\x7f", "08" }, { "\t", "09" }, { "\x03\x04", "C-03 C-04" },
		   { "\x1c", "C-1c" });
	CHECK_TEXT(keys_of("a\0b", 3), "a b");
}

TEST(arrows_and_the_block_above_them)
{
	CHECK_ROWS({ "\x1b[A\x1b[B\x1b[C\x1b[D", "up down right left" },
		   { "\x1bOA\x1bOB\x1bOC\x1bOD", "up down right left" },
		   { "\x1b[H\x1b[F\x1bOH\x1bOF", "home end home end" },
		   { "\x1b[1~\x1b[4~\x1b[7~\x1b[8~", "home end home end" },
		   { "\x1b[2~\x1b[3~\x1b[5~\x1b[6~", "ins del pgup pgdn" });
}

TEST(function_keys)
{
	CHECK_ROWS({ "\x1bOP\x1bOQ\x1bOR\x1bOS", "f1 f2 f3 f4" },
		   { "\x1b[11~\x1b[12~\x1b[13~\x1b[14~\x1b[15~", "f1 f2 f3 f4 f5" },
		   { "\x1b[[A\x1b[[B\x1b[[C\x1b[[D\x1b[[E", "f1 f2 f3 f4 f5" },
		   { "\x1b[17~\x1b[18~\x1b[19~\x1b[20~\x1b[21~", "f6 f7 f8 f9 f10" },
		   { "\x1b[23~\x1b[24~", "f11 f12" });
}

TEST(modifiers)
{
	CHECK_ROWS({ "\x1b[1;5A", "C-up" }, { "\x1b[1;2B", "S-down" }, { "\x1b[1;3C", "A-right" },
		   { "\x1b[1;8D", "S-A-C-left" }, { "\x1b[1;6H", "S-C-home" },
		   { "\x1b[3;5~", "C-del" }, { "\x1b[1;2P", "S-f1" }, { "\x1b[15;2~", "S-f5" },
		   { "\x1b[1;1A", "up" }, { "\x1b[1;9A", "up" }, { "\x1b[Z", "S-09" },
		   { "\x1bx\x1b\r\x1b\x7f", "A-x A-0d A-08" }, { "\x1b\x03", "A-C-03" });
}

TEST(esc_is_a_key_after_a_pause)
{
	struct key_decoder decoder = { 0 };
	struct key key;

	CHECK_ROWS({ "\x1b", "esc" }, { "\x1b\x1b", "esc esc" }, { "\x1b\x1b[A", "esc up" },
		   { "a\x1b", "a esc" }, { "\x1b[", "A-[" }, { "\x1bO", "A-O" }, { "\x1b[1", "" },
		   { "\x1b[[", "" }, { "\xc3", "" });
	CHECK(!key_decoder_is_waiting(&decoder) && !key_decode_pause(&decoder, &key));
	CHECK(!key_decode(&decoder, 0x1b, &key) && key_decoder_is_waiting(&decoder));
	CHECK(key_decode_pause(&decoder, &key) && key.code == KEY_ESCAPE);
	/* The pause has ended it, so the next bytes are not a sequence. */
	CHECK(key_decode(&decoder, '[', &key) && key.unicode == '[' && !key.modifiers);
}

TEST(characters_beyond_ascii)
{
	CHECK_ROWS({ "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", "fc 20ac 1f600" },
		   { "\x1b\xc3\xbc", "A-fc" }, { "\xc2\xa0", "a0" },
		   /*
		    * Control characters, surrogates, overlong forms, too large, lone bytes,
		    * truncated.
		    */
		   { "\xc2\x9b"
		     "A",
		     "A" },
		   { "\xed\xa0\x80x", "x" }, { "\xc0\xafx", "x" }, { "\xf4\x90\x80\x80x", "x" },
		   { "\x80\xbf\xff\xfex", "x" }, { "\xc3x", "x" }, { "\xe2\x82\x1b[A", "up" },
		   { "\xe2\x82\xc3\xbc", "fc" });
}

TEST(bytes_that_are_not_keys_are_dropped)
{
	CHECK_ROWS(/* terminal responses: type, cursor position, colours */
		   { "\x1b[?6cx", "x" }, { "\x1b[>0;276;0cx", "x" }, { "\x1b[24;80Rx", "x" },
		   { "\x1b[?1;2Ax", "x" }, { "\x1b[0nx", "x" },
		   /* unknown or broken */
		   { "\x1b[9~x", "x" }, { "\x1b[0~x", "x" }, { "\x1b[25~x", "x" },
		   { "\x1b[999~x", "x" }, { "\x1b[Gx", "x" }, { "\x1bOZx", "x" },
		   { "\x1b[[Fx", "x" }, { "\x1b[ Ax", "x" }, { "\x1b[257;5Ax", "x" },
		   { "\x1b[;;;;;Ax", "up x" }, { "\x1b[1\x1b[B", "down" }, { "\x1b[1\rx", "0d x" },
		   { "\x1bO\xff[A", "[ A" });
}

TEST(a_sequence_without_end_ends_at_the_next_letter)
{
	static char bytes[4096];

	memset(bytes, ';', sizeof(bytes));
	bytes[0] = 0x1b;
	bytes[1] = '[';
	memcpy(bytes + sizeof(bytes) - 3, "Axy", 3);
	CHECK_TEXT(keys_of(bytes, sizeof(bytes)), "up x y");
	memset(bytes + 2, '9', sizeof(bytes) - 5);
	CHECK_TEXT(keys_of(bytes, sizeof(bytes)), "x y");
}

static struct memory_console console;

/* Polls until a key comes or a second has passed. */
static bool wait_key(struct key *key)
{
	u64 end = host_ticks + HOST_TICKS_PER_SECOND;

	while (host_ticks < end) {
		if (keys_poll(key))
			return true;
		host_ticks += HOST_TICKS_PER_SECOND / 100000;
	}
	return false;
}

TEST(keys_come_from_the_consoles)
{
	struct key key;

	memory_console_init(&console, "a\x1b[1;5Bb\x1b");
	CHECK(wait_key(&key) && key.unicode == 'a');
	CHECK(wait_key(&key) && key.code == KEY_DOWN && key.modifiers == KEY_CONTROL);
	/* Input typed ahead is available at once. */
	CHECK(keys_poll(&key) && key.unicode == 'b');
	CHECK(!keys_poll(&key));
	CHECK(wait_key(&key) && key.code == KEY_ESCAPE && !key.unicode);
	CHECK(!wait_key(&key));
	console_unregister(&console.console);
}

TEST(a_sequence_may_come_slowly)
{
	struct key key;

	memory_console_init(&console, "\x1b[6~");
	console.input_delay = KEYS_PAUSE_MS / 2;
	CHECK(wait_key(&key) && key.code == KEY_PAGE_DOWN);
	memory_console_init(&console, "\x1b[6~");
	console.input_delay = KEYS_PAUSE_MS * 2;
	CHECK(wait_key(&key) && key.code == KEY_ESCAPE);
	console_unregister(&console.console);
}

/* GRUB polls 100,000 times in the two seconds of its menu. */
TEST(many_polls_are_few_console_reads)
{
	struct key key;
	u64 start;

	memory_console_init(&console, "");
	start = host_ticks;
	while (host_ticks - start < HOST_TICKS_PER_SECOND / 10) {
		CHECK(!keys_poll(&key));
		host_ticks += HOST_TICKS_PER_SECOND / 1000000;
	}
	CHECK(console.reads >= 45 && console.reads <= 101);
	console_unregister(&console.console);
}
