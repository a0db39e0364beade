// SPDX-License-Identifier: Apache-2.0
/* The consoles at I/O ports, with a model of the chip that checks all accesses. */
#include "core/console.h"
#include "drivers/serial/serial.h"
#include "tests/host/host.h"

#include "tests/unit/test.h"

enum { PORT = 0x3f8, FIFO_SIZE = 16, MODEM_STATUS = 6 };

static struct uart {
	u8 registers[8];
	u8 divisor[2];
	char sent[256];
	u32 sent_count;
	u32 in_fifo;
	u32 overflows;
	u32 busy_polls; /* how often the line status says "not yet" after a full FIFO */
	u32 polls;
	const char *typed;
} uart;

static void uart_handle(void *context, u64 address, u32 size, bool write, u64 *value)
{
	u32 offset = (u32)(address - PORT);
	bool divisor = uart.registers[3] & 0x80;

	(void)context;
	CHECK_EQUAL(size, 1);
	if (write && offset < 2 && divisor) {
		uart.divisor[offset] = (u8)*value;
	} else if (write && offset == 0) {
		if (uart.in_fifo++ >= FIFO_SIZE)
			uart.overflows++;
		uart.sent[uart.sent_count++ % sizeof(uart.sent)] = (char)*value;
		uart.polls = 0;
	} else if (write) {
		if (offset != MODEM_STATUS)
			uart.registers[offset] = (u8)*value;
	} else if (offset == 0) {
		*value = *uart.typed ? (u8)*uart.typed++ : 0;
	} else if (offset == 5) {
		bool empty = uart.polls++ >= uart.busy_polls;

		if (empty)
			uart.in_fifo = 0;
		*value = (empty ? 0x60 : 0) | (*uart.typed != 0);
	} else {
		*value = uart.registers[offset];
	}
}

static void setup(void)
{
	static bool probed;

	uart = (struct uart){ .typed = "" };
	host_handlers_forget();
	host_port_handler(PORT, 8, uart_handle, NULL);
	if (!probed) {
		/* First without a port: nothing may be registered or written. */
		host_handlers_forget();
		host_port_accesses = 0;
		uart16550_probe();
		CHECK_EQUAL(host_port_accesses, 2);
		debug_port_probe();
		host_port_accesses = 0;
		console_write("nobody", 6);
		CHECK_EQUAL(host_port_accesses, 0);
		host_port_handler(PORT, 8, uart_handle, NULL);
		/* State left by an earlier driver. */
		memset(uart.divisor, 0xff, sizeof(uart.divisor));
		memset(uart.registers, 0x7f, sizeof(uart.registers));
		uart16550_probe();
		CHECK_EQUAL(uart.divisor[0], 1);
		CHECK_EQUAL(uart.divisor[1], 0);
		CHECK_EQUAL(uart.registers[1], 0); /* no interrupts */
		CHECK_EQUAL(uart.registers[2], 7); /* FIFOs on and empty */
		CHECK_EQUAL(uart.registers[3], 3); /* eight bits, no parity, one stop bit */
		CHECK_EQUAL(uart.registers[4], 3); /* DTR, RTS; no loop, no interrupts */
		probed = true;
	}
}

static u32 sent_of(char wanted)
{
	u32 count = 0;

	for (u32 i = 0; i < uart.sent_count; i++)
		count += uart.sent[i] == wanted;
	return count;
}

TEST(writes_in_chunks_that_fit_the_fifo)
{
	char text[6 * FIFO_SIZE + 1];

	setup();
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('!' + i % 90);
	uart.busy_polls = 3;
	console_write(text, sizeof(text));
	CHECK_EQUAL(uart.sent_count, sizeof(text));
	CHECK(memcmp(uart.sent, text, sizeof(text)) == 0);
	CHECK_EQUAL(uart.overflows, 0);
}

TEST(checks_the_status_once_per_chunk)
{
	char text[64];

	setup();
	memset(text, 'x', sizeof(text));
	host_port_accesses = 0;
	console_write(text, sizeof(text));
	CHECK_EQUAL(sent_of('x'), sizeof(text));
	CHECK_EQUAL(host_port_accesses, sizeof(text) + sizeof(text) / FIFO_SIZE);
}

TEST(a_uart_that_never_becomes_ready_does_not_block)
{
	setup();
	uart.busy_polls = UINT32_MAX;
	host_port_accesses = 0;
	console_write("hello", 5);
	CHECK(host_port_accesses <= 20000);
	CHECK_EQUAL(sent_of('h'), 0);
	/* Known to be stuck: the next write only checks the status. */
	host_port_accesses = 0;
	console_write("hello", 5);
	CHECK(host_port_accesses <= 4);
	uart.busy_polls = 0;
	console_write("hello", 5);
	CHECK_EQUAL(sent_of('h'), 1);
	/* Working again: writes wait as before. */
	uart.busy_polls = 100;
	console_write("hello", 5);
	CHECK_EQUAL(sent_of('h'), 2);
}

TEST(reads_what_was_typed)
{
	setup();
	uart.typed = "ab";
	CHECK_EQUAL(console_read(), 'a');
	CHECK_EQUAL(console_read(), 'b');
	CHECK_EQUAL(console_read(), -1);
	/* Gone: the port reads as all ones. */
	host_handlers_forget();
	CHECK_EQUAL(console_read(), -1);
}

static char debug_text[2][64];

static void debug_handle(void *context, u64 address, u32 size, bool write, u64 *value)
{
	char *text = debug_text[address == 0xe9];

	(void)context;
	CHECK_EQUAL(size, 1);
	if (write)
		text[strlen(text)] = (char)*value;
	else
		*value = 0xe9;
}

TEST(debug_ports_that_answer_are_written_to)
{
	setup();
	host_port_handler(0x402, 1, debug_handle, NULL);
	debug_port_probe();
	console_write("one", 3);
	CHECK_TEXT(debug_text[0], "one");
	CHECK_TEXT(debug_text[1], "");
	host_handlers_forget();
	host_port_handler(0xe9, 1, debug_handle, NULL);
	debug_port_probe();
	console_write("two", 3);
	CHECK_TEXT(debug_text[0], "one");
	CHECK_TEXT(debug_text[1], "two");
}
