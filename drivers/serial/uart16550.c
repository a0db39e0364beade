// SPDX-License-Identifier: Apache-2.0
/*
 * The serial port at 0x3f8 (National Semiconductor PC16550D). Every port access is a VM exit, and
 * VMMs do not limit the output rate, so we check for room only once per full FIFO.
 */
#include "core/console.h"
#include "core/serial.h"
#include "core/time.h"
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
	MODEM_STATUS = PORT + 6,
	SCRATCH = PORT + 7,

	FIFO_ENABLE_AND_CLEAR = 0x07,
	FIFO_SIZE = 16,
	LINE_8N1 = 0x03,
	LINE_TWO_STOP_BITS = 0x04,
	LINE_PARITY_ODD = 0x08,
	LINE_PARITY_EVEN = 0x18,
	LINE_PARITY_MARK = 0x28,
	LINE_PARITY_SPACE = 0x38,
	DIVISOR_ACCESS = 0x80,
	DIVISOR_115200 = 1,
	MODEM_DTR_RTS = 0x03,
	MODEM_STATUS_LEVELS = 0xf0,
	STATUS_DATA_READY = 0x01,
	STATUS_OVERRUN = 0x02,
	STATUS_BAD_BYTE = 0x1c, /* parity, framing, break */
	STATUS_TRANSMITTER_EMPTY = 0x20,
	STATUS_LINE_IDLE = 0x40,

	/*
	 * A full FIFO takes 1.4 ms at 115200 baud; a port access that causes a VM exit takes about
	 * 1 us or more.
	 */
	POLLS_MAX = 10000,
	DRAIN_MS = 100,
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
				/* Later writes only check whether it works again. */
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
	u8 status;

	(void)console;
	if (IS_ENABLED(CONFIG_EFI_SERIAL_IO) && serial_input_is_lent())
		return -1;
	status = port_read8(LINE_STATUS);
	/* All ones: the port no longer exists. */
	if (status == 0xff || !(status & STATUS_DATA_READY))
		return -1;
	return port_read8(DATA);
}

static size_t port_write(const void *bytes, size_t size)
{
	size_t part = min_u64(size, FIFO_SIZE);

	if (!(port_read8(LINE_STATUS) & STATUS_TRANSMITTER_EMPTY))
		return 0;
	port_write_block8(DATA, bytes, part);
	return part;
}

static int port_read(void)
{
	u8 status = port_read8(LINE_STATUS);
	u8 byte;

	if (status == 0xff)
		return SERIAL_NOTHING;
	/* Reading the status cleared it: the next call finds what is left in the FIFO. */
	if (status & STATUS_OVERRUN)
		return SERIAL_OVERRUN;
	if (!(status & STATUS_DATA_READY))
		return SERIAL_NOTHING;
	byte = port_read8(DATA);
	return status & STATUS_BAD_BYTE ? SERIAL_BAD_BYTE : byte;
}

/* The bits of enum serial_signal match those of the two modem registers. */
static u32 port_signals(void)
{
	u8 status = port_read8(LINE_STATUS);

	return (port_read8(MODEM_CONTROL) & MODEM_DTR_RTS) |
	       (port_read8(MODEM_STATUS) & MODEM_STATUS_LEVELS) |
	       (status & STATUS_DATA_READY ? 0 : SERIAL_INPUT_EMPTY) |
	       (status & STATUS_TRANSMITTER_EMPTY ? SERIAL_OUTPUT_EMPTY : 0);
}

static void port_drive(u32 signals)
{
	port_write8(MODEM_CONTROL, signals & MODEM_DTR_RTS);
}

static void wait_until_idle(void)
{
	struct deadline deadline = deadline_after(DRAIN_MS);

	while (!(port_read8(LINE_STATUS) & STATUS_LINE_IDLE) && !deadline_passed(&deadline))
		;
}

static void port_set_line(const struct serial_line *line)
{
	static const u8 parities[] = {
		[PARITY_NONE] = 0,
		[PARITY_EVEN] = LINE_PARITY_EVEN,
		[PARITY_ODD] = LINE_PARITY_ODD,
		[PARITY_MARK] = LINE_PARITY_MARK,
		[PARITY_SPACE] = LINE_PARITY_SPACE,
	};

	wait_until_idle();
	port_write8(LINE_CONTROL, DIVISOR_ACCESS);
	port_write8(DATA, (u8)line->divisor);
	port_write8(INTERRUPT_ENABLE, (u8)(line->divisor >> 8));
	port_write8(LINE_CONTROL, (u8)((line->data_bits - 5) | parities[line->parity] |
				       (line->two_stop_bits ? LINE_TWO_STOP_BITS : 0)));
}

static void port_reset(void)
{
	wait_until_idle();
	port_write8(FIFO_CONTROL, FIFO_ENABLE_AND_CLEAR);
}

static const struct serial_port port = {
	.fifo_size = FIFO_SIZE,
	.write = port_write,
	.read = port_read,
	.signals = port_signals,
	.drive = port_drive,
	.set_line = port_set_line,
	.reset = port_reset,
};

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
	if (IS_ENABLED(CONFIG_EFI_SERIAL_IO))
		serial_register(&port);
}
