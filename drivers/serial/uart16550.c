// SPDX-License-Identifier: Apache-2.0
/*
 * The serial port at 0x3f8 (National Semiconductor PC16550D). Every port access is a VM exit, and
 * VMMs do not pace their output: ask once for each FIFO full whether there is room.
 */
#include "core/console.h"
#include "drivers/serial/serial.h"
#include "lib/config.h"
#include "lib/util.h"

#include <asm/io.h>

enum {
	PORT = 0x3f8,
	DATA = PORT + 0,             /* with DIVISOR_ACCESS: low byte of the divisor */
	INTERRUPT_ENABLE = PORT + 1, /* with DIVISOR_ACCESS: high byte */
	FIFO_CONTROL = PORT + 2,
	LINE_CONTROL = PORT + 3,
	MODEM_CONTROL = PORT + 4,
	LINE_STATUS = PORT + 5,
	SCRATCH = PORT + 7,

	FIFO_ENABLE_AND_CLEAR = 0x07,
	FIFO_SIZE = 16,
	LINE_8N1 = 0x03,
	DIVISOR_ACCESS = 0x80,
	DIVISOR_115200 = 1,
	MODEM_DTR_RTS = 0x03,
	STATUS_DATA_READY = 0x01,
	STATUS_TRANSMITTER_EMPTY = 0x20,

	/* A full FIFO takes 1.4 ms at 115200; a port access that exits about 1 us at least. */
	POLLS_MAX = 10000,
};

static void uart_write(struct console *console, const char *text, size_t size)
{
	static bool stuck;

	(void)console;
	while (size > 0) {
		size_t part = min_u64(size, FIFO_SIZE);
		u32 polls = stuck ? 1 : POLLS_MAX;

		while (!(port_read8(LINE_STATUS) & STATUS_TRANSMITTER_EMPTY))
			if (--polls == 0) {
				/* The next writes only look whether it is back. */
				stuck = true;
				return;
			}
		stuck = false;
		port_write_block8(DATA, text, part);
		text += part;
		size -= part;
	}
}

static int uart_read(struct console *console)
{
	u8 status = port_read8(LINE_STATUS);

	(void)console;
	/* All ones: the port has gone. */
	if (status == 0xff || !(status & STATUS_DATA_READY))
		return -1;
	return port_read8(DATA);
}

static bool uart_is_present(void)
{
	port_write8(SCRATCH, 0x5a);
	return port_read8(SCRATCH) == 0x5a;
}

void uart16550_probe(void)
{
	static struct console uart = { .name = "16550",
				       .write = uart_write,
				       .read = IS_ENABLED(CONFIG_BOOT_MENU) ? uart_read : NULL };

	if (!uart_is_present())
		return;
	port_write8(INTERRUPT_ENABLE, 0);
	port_write8(LINE_CONTROL, DIVISOR_ACCESS);
	port_write8(DATA, DIVISOR_115200);
	port_write8(INTERRUPT_ENABLE, 0);
	port_write8(LINE_CONTROL, LINE_8N1);
	port_write8(FIFO_CONTROL, FIFO_ENABLE_AND_CLEAR);
	port_write8(MODEM_CONTROL, MODEM_DTR_RTS);
	console_register(&uart);
}
