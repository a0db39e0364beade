/* SPDX-License-Identifier: Apache-2.0 */
/* The serial port of a console, for callers that access it byte by byte. */
#pragma once

#include "lib/types.h"

enum serial_parity { PARITY_NONE, PARITY_EVEN, PARITY_ODD, PARITY_MARK, PARITY_SPACE };

struct serial_line {
	u16 divisor;        /* of SERIAL_BAUD_RATE_MAX; not 0 */
	u8 data_bits;       /* 5 to 8 */
	bool two_stop_bits; /* with 5 data bits: one and a half */
	enum serial_parity parity;
};

enum { SERIAL_BAUD_RATE_MAX = 115200 };

/* We drive the first two; the others come from the other end of the line, or from the port. */
enum serial_signal {
	SERIAL_TERMINAL_READY = 1 << 0,
	SERIAL_REQUEST_TO_SEND = 1 << 1,
	SERIAL_CLEAR_TO_SEND = 1 << 4,
	SERIAL_SET_READY = 1 << 5,
	SERIAL_RING = 1 << 6,
	SERIAL_CARRIER = 1 << 7,
	SERIAL_INPUT_EMPTY = 1 << 8,
	SERIAL_OUTPUT_EMPTY = 1 << 9,
};

/* Results of read() that are not a byte. */
enum {
	SERIAL_NOTHING = -1,
	SERIAL_OVERRUN = -2,  /* bytes were lost since the last read(); the next read() returns the
				 ones that were not */
	SERIAL_BAD_BYTE = -3, /* parity error, framing error or break; the byte is lost */
};

/*
 * A console uses the same port: each received byte goes to whoever reads first, unless the console
 * was told to leave them. Only set_line() and reset() wait, with a limit, until everything written
 * has been sent at the old rate.
 */
struct serial_port {
	u32 fifo_size;
	/* Returns the number of bytes accepted; 0: there is no room yet. */
	size_t (*write)(const void *bytes, size_t size);
	int (*read)(void);
	u32 (*signals)(void);       /* of enum serial_signal */
	void (*drive)(u32 signals); /* SERIAL_TERMINAL_READY and SERIAL_REQUEST_TO_SEND */
	void (*set_line)(const struct serial_line *line);
	/* Discards what was received. The line's settings stay. */
	void (*reset)(void);
};

/* At most one port can be registered. It stays registered forever. */
void serial_register(const struct serial_port *port);

/* NULL: there is no port. */
const struct serial_port *serial_port(void);

/* From now on the console reads nothing whenever @is_lent() says so. */
void serial_lend_input(bool (*is_lent)(void));
bool serial_input_is_lent(void);
