/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PC's keyboard controller, an Intel 8042 with IBM's program (PS/2 Hardware Interface Technical
 * Reference): the keys of a VM's window. It is polled, with interrupts disabled and translation to
 * scan code set 1 enabled, which operating systems assume.
 */
#include "core/console.h"
#include "core/display.h"
#include "core/log.h"
#include "core/time.h"
#include "drivers/input/input.h"
#include "lib/util.h"

#include <asm/io.h>

enum {
	DATA = 0x60,
	STATUS = 0x64, /* and commands */

	STATUS_OUTPUT_FULL = 0x01, /* a byte to read */
	STATUS_INPUT_FULL = 0x02,  /* our byte has not been read yet */
	STATUS_MOUSE = 0x20,       /* the byte is the mouse's */

	COMMAND_READ_CONFIGURATION = 0x20,
	COMMAND_WRITE_CONFIGURATION = 0x60,
	CONFIGURATION_INTERRUPTS = 0x03,
	CONFIGURATION_KEYBOARD_OFF = 0x10,
	CONFIGURATION_TRANSLATION = 0x40,

	KEYBOARD_ENABLE = 0xf4,
	KEYBOARD_ACKNOWLEDGE = 0xfa,

	WAIT_MS = 100,
	BYTES_MAX = 32, /* at a time: more than keyboards buffer */
};

static struct i8042 {
	struct console console;
	struct keyboard keyboard;
	u8 next; /* of the keyboard's text */
} i8042;

/* The next byte of the keyboard, or -1. */
static int read_byte(void)
{
	for (u32 i = 0; i < BYTES_MAX; i++) {
		u8 status = port_read8(STATUS);
		u8 byte;

		/* All ones: there is no controller. */
		if (status == 0xff || !(status & STATUS_OUTPUT_FULL))
			return -1;
		byte = port_read8(DATA);
		if (!(status & STATUS_MOUSE))
			return byte;
	}
	return -1;
}

static int wait_byte(void)
{
	struct deadline deadline = deadline_after(WAIT_MS);
	int byte;

	do
		byte = read_byte();
	while (byte < 0 && !deadline_passed(&deadline));
	return byte;
}

static bool send(u16 port, u8 byte)
{
	struct deadline deadline = deadline_after(WAIT_MS);

	while (port_read8(STATUS) & STATUS_INPUT_FULL)
		if (deadline_passed(&deadline))
			return false;
	port_write8(port, byte);
	return true;
}

static int read_key(struct console *console)
{
	struct keyboard *keyboard = &i8042.keyboard;

	(void)console;
	for (u32 i = 0; i < BYTES_MAX && i8042.next >= keyboard->count; i++) {
		int byte = read_byte();

		if (byte < 0)
			return -1;
		i8042.next = 0;
		keyboard_take(keyboard, (u8)byte);
	}
	return i8042.next < keyboard->count ? (u8)keyboard->text[i8042.next++] : -1;
}

static void write_nothing(struct console *console, const char *text, size_t size)
{
	(void)console, (void)text, (void)size;
}

static bool set_up(void)
{
	int configuration;

	for (u32 i = 0; i < BYTES_MAX && read_byte() >= 0; i++)
		;
	if (!send(STATUS, COMMAND_READ_CONFIGURATION))
		return false;
	configuration = wait_byte();
	if (configuration < 0)
		return false;
	configuration &= ~(CONFIGURATION_INTERRUPTS | CONFIGURATION_KEYBOARD_OFF);
	configuration |= CONFIGURATION_TRANSLATION;
	if (!send(STATUS, COMMAND_WRITE_CONFIGURATION) || !send(DATA, (u8)configuration) ||
	    !send(DATA, KEYBOARD_ENABLE))
		return false;
	/* A key that is pressed now may arrive before the answer. */
	for (u32 i = 0; i < BYTES_MAX; i++) {
		int byte = wait_byte();

		if (byte < 0 || byte == KEYBOARD_ACKNOWLEDGE)
			return byte >= 0;
	}
	return false;
}

void i8042_probe(void)
{
	if (!display_first() || port_read8(STATUS) == 0xff || !set_up())
		return;
	i8042 = (struct i8042){
		.console = { .name = "keyboard", .write = write_nothing, .read = read_key },
	};
	console_register(&i8042.console);
	log_debug("keyboard: i8042");
}
