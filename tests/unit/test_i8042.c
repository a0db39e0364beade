/* SPDX-License-Identifier: Apache-2.0 */
/* The PS/2 keyboard: its keys, and its controller against a model. */
#include "core/console.h"
#include "core/display.h"
#include "core/keys.h"
#include "drivers/input/input.h"
#include "lib/string.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/unit/test.h"

static const struct press {
	const char *codes;
	const char *text;
} presses[] = {
	{ "\x1e\x9e", "a" },
	{ "\x2a\x1e\x9e\xaa\x1e", "Aa" },
	{ "\x36\x02\x03\xb6\x02", "!@1" },
	{ "\x3a\xba\x1e\x02\x2a\x1e\xaa\x3a\x1e", "A1aa" },
	{ "\x1d\x2e\x9d\x2e", "\3c" },
	{ "\xe0\x1d\x1e\xe0\x9d\x1e", "\1a" },
	{ "\x38\x21\xb8\x21", "\x1b"
			      "ff" },
	{ "\x01", "\x1b" },
	{ "\x1c\x0e\x0f\x39", "\r\b\t " },
	{ "\x2a\x0f", "\x1b[Z" },
	{ "\xe0\x48\xe0\xc8\xe0\x50\xe0\x4d\xe0\x4b", "\x1b[A\x1b[B\x1b[C\x1b[D" },
	{ "\x48\x50\x4c\x4a\x4e", "\x1b[A\x1b[B5-+" },
	{ "\x45\x48\x52\x53\xe0\x48", "80.\x1b[A" },
	{ "\xe0\x47\xe0\x4f\xe0\x49\xe0\x51\xe0\x52\xe0\x53",
	  "\x1b[H\x1b[F\x1b[5~\x1b[6~\x1b[2~\x1b[3~" },
	/* As sent by a keyboard for an arrow with NumLock on. */
	{ "\xe0\x2a\xe0\x48\xe0\xc8\xe0\xaa\x1e", "\x1b[Aa" },
	{ "\x2a\xe0\xaa\xe0\x48\xe0\xc8\xe0\x2a\x1e", "\x1b[1;2AA" },
	{ "\x1d\xe0\x53\x9d", "\x1b[3;5~" },
	{ "\x3b\x3e\x3f\x44\x57\x58", "\x1bOP\x1bOS\x1b[15~\x1b[21~\x1b[23~\x1b[24~" },
	{ "\x2a\x38\x1d\x58", "\x1b[24;8~" },
	{ "\xe1\x1d\x45\xe1\x9d\xc5\x1e", "a" }, /* Pause */
	{ "\xe0\x1c\xe0\x35\x37", "\r/*" },
	{ "\x29\x2b\x27\x28\x1a\x33", "`\\;'[," },
	{ "\xe0\x5b\x46\x54\x7f\xff\xe0\x02\x1e", "a" }, /* keys that are ignored */
};

TEST(keys)
{
	for (size_t i = 0; i < ARRAY_SIZE(presses); i++) {
		struct keyboard keyboard = { 0 };
		char text[64];
		size_t size = 0;

		for (const char *code = presses[i].codes; *code; code++) {
			keyboard_take(&keyboard, (u8)*code);
			CHECK(keyboard.count <= sizeof(keyboard.text));
			memcpy(text + size, keyboard.text, keyboard.count);
			size += keyboard.count;
		}
		CHECK_OF(size == strlen(presses[i].text) && !memcmp(text, presses[i].text, size),
			 "%zu: %.*s", i, (int)size, text);
	}
}

TEST(any_bytes)
{
	struct keyboard keyboard = { 0 };
	u32 state = 1;

	for (u32 i = 0; i < 1000000; i++) {
		state = state * 1664525 + 1013904223;
		keyboard_take(&keyboard, (u8)(state >> 24));
		CHECK(keyboard.count <= sizeof(keyboard.text));
	}
}

/* A controller like QEMU's after reset: interrupts on, no translation. */
static struct controller {
	bool is_absent, is_stuck, is_mute;
	u8 configuration, command;
	u8 output[8];
	u32 count;
	bool is_mouse; /* the output is from the mouse */
} controller;

static void answer(u8 byte)
{
	CHECK(controller.count < sizeof(controller.output));
	controller.output[controller.count++] = byte;
}

static void handle(void *context, u64 address, u32 size, bool write, u64 *value)
{
	(void)context;
	CHECK_EQUAL(size, 1);
	if (controller.is_absent) {
		*value = 0xff;
	} else if (address == 0x64 && !write) {
		*value = (controller.count ? 1 : 0) | (controller.is_stuck ? 2 : 0) |
			 (controller.is_mouse && controller.count ? 0x20 : 0);
	} else if (address == 0x64) {
		controller.command = (u8)*value;
		if (*value == 0x20 && !controller.is_mute)
			answer(controller.configuration);
	} else if (address == 0x60 && !write) {
		*value = controller.output[0];
		if (controller.count)
			memmove(controller.output, controller.output + 1, --controller.count);
	} else if (address == 0x60 && controller.command == 0x60) {
		controller.configuration = (u8)*value;
		controller.command = 0;
	} else if (address == 0x60) {
		CHECK_EQUAL(*value, 0xf4);
		answer(0xfa);
	}
}

static void probe(struct controller state)
{
	controller = state;
	host_handlers_forget();
	host_port_handler(0x60, 1, handle, NULL);
	host_port_handler(0x64, 1, handle, NULL);
	i8042_probe();
}

/* The order of the tests matters, because consoles stay registered. */
TEST(no_screen_no_keyboard)
{
	controller = (struct controller){ .configuration = 3 };
	host_handlers_forget();
	i8042_probe(); /* no port is accessed: there is no controller */
	CHECK(!console_has_input());
}

TEST(no_controller)
{
	static struct display display = { .name = "test" };

	display_register(&display);
	probe((struct controller){ .is_absent = true });
	CHECK(!console_has_input());
	probe((struct controller){ .is_stuck = true });
	CHECK(!console_has_input());
	probe((struct controller){ .is_mute = true });
	CHECK(!console_has_input());
}

TEST(a_keyboard)
{
	struct key key;

	probe((struct controller){ .configuration = 0x13, .output = { 1, 2, 3 }, .count = 3 });
	CHECK(console_has_input());
	CHECK_EQUAL(controller.configuration, 0x40);
	CHECK_EQUAL(console_read(), -1);
	answer(0xe0);
	answer(0x48);
	answer(0x1e);
	CHECK(keys_read(&key));
	CHECK_EQUAL(key.code, KEY_UP);
	CHECK(keys_read(&key));
	CHECK_EQUAL(key.unicode, 'a');
	CHECK(!keys_read(&key));
	/* The mouse's bytes are not keys. */
	controller.is_mouse = true;
	answer(0x1e);
	CHECK_EQUAL(console_read(), -1);
	CHECK_EQUAL(controller.count, 0);
	/* A controller that never stops sending costs a bounded time. */
	controller.is_absent = true;
	CHECK_EQUAL(console_read(), -1);
}
