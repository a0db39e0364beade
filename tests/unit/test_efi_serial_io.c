/* SPDX-License-Identifier: Apache-2.0 */
/* efi/protocols/serial_io.c (UEFI 2.11, 12.8), with a register-level model of the chip. */
#include "tests/unit/efi_services.h"

#include "core/console.h"
#include "drivers/serial/serial.h"
#include "efi/protocols/console.h"

enum { PORT = 0x3f8, FIFO_SIZE = 16, NEVER = -1 };

static struct uart {
	u8 registers[8];
	u8 divisor[2];
	char sent[64];
	u32 sent_count;
	u32 in_fifo, overflows;
	int full_fifos_left; /* FIFOs that it sends; NEVER: all */
	const char *received;
	u8 errors; /* of the line status, once */
} uart;

static EFI_SERIAL_IO_PROTOCOL *serial;
static u64 stalled_us;
static const char *received_later;

static bool is_claimed;
static EFI_HANDLE serial_handle;

bool efi_is_claimed(EFI_HANDLE handle, const EFI_GUID *protocol)
{
	CHECK(handle == serial_handle && guid_equals(protocol, &guid_serial_io));
	return is_claimed;
}

EFI_STATUS efi_install(struct efi_object *object, const EFI_GUID *protocol, void *interface)
{
	serial_handle = object;
	if (guid_equals(protocol, &guid_serial_io))
		serial = interface;
	else
		CHECK(guid_equals(protocol, &guid_device_path));
	return EFI_SUCCESS;
}

EFI_STATUS EFIAPI efi_stall(UINTN microseconds)
{
	stalled_us += microseconds;
	host_ticks += microseconds * (HOST_TICKS_PER_SECOND / 1000000);
	if (received_later && stalled_us >= 1000) {
		uart.received = received_later;
		received_later = NULL;
	}
	return EFI_SUCCESS;
}

static u8 line_status(void)
{
	u8 status = uart.errors | (*uart.received ? 1 : 0);

	uart.errors = 0;
	if (uart.in_fifo && uart.full_fifos_left) {
		uart.full_fifos_left -= uart.full_fifos_left > 0;
		uart.in_fifo = 0;
	}
	return status | (uart.in_fifo ? 0 : 0x60);
}

static void uart_handle(void *context, u64 address, u32 size, bool write, u64 *value)
{
	u32 offset = (u32)(address - PORT);

	(void)context;
	CHECK_EQUAL(size, 1);
	if (offset < 2 && uart.registers[3] & 0x80) {
		CHECK(write);
		uart.divisor[offset] = (u8)*value;
	} else if (write && offset == 0) {
		uart.overflows += uart.in_fifo++ >= FIFO_SIZE;
		uart.sent[uart.sent_count++ % sizeof(uart.sent)] = (char)*value;
	} else if (write) {
		uart.registers[offset] = (u8)*value;
	} else if (offset == 0) {
		*value = *uart.received ? (u8)*uart.received++ : 0;
	} else {
		*value = offset == 5 ? line_status() : uart.registers[offset];
	}
}

/* The state when UEFI starts. */
static void setup(void)
{
	static bool probed;

	host_ticks_per_look = HOST_TICKS_PER_SECOND / 1000000;
	stalled_us = 0;
	received_later = NULL;
	uart = (struct uart){ .received = "", .full_fifos_left = NEVER };
	host_handlers_forget();
	if (!probed) {
		CHECK_STATUS(efi_serial_io_publish(), EFI_SUCCESS);
		CHECK(!serial);
		host_port_handler(PORT, 8, uart_handle, NULL);
		uart16550_probe();
		CHECK_STATUS(efi_serial_io_publish(), EFI_SUCCESS);
		CHECK(serial);
		CHECK_EQUAL(serial->Mode->BaudRate, 115200);
		CHECK_EQUAL(serial->Mode->Timeout, 1000000);
		CHECK_EQUAL(serial->Mode->ReceiveFifoDepth, 16);
		CHECK_EQUAL(serial->Mode->DataBits, 8);
		CHECK_EQUAL(serial->Mode->Parity, NoParity);
		CHECK_EQUAL(serial->Mode->StopBits, OneStopBit);
		probed = true;
	}
	host_port_handler(PORT, 8, uart_handle, NULL);
	CHECK_STATUS(serial->SetAttributes(serial, 0, 0, 0, DefaultParity, 0, DefaultStopBits),
		     EFI_SUCCESS);
	CHECK_STATUS(serial->SetControl(serial, 3), EFI_SUCCESS);
}

TEST(writes_as_many_bytes_as_the_fifo_has_room_for)
{
	char text[] = "The quick brown fox jumps over the lazy dog.";
	UINTN size = sizeof(text) - 1;

	setup();
	CHECK_STATUS(serial->Write(serial, &size, text), EFI_SUCCESS);
	CHECK_EQUAL(size, sizeof(text) - 1);
	CHECK_EQUAL(uart.sent_count, size);
	CHECK_EQUAL(uart.overflows, 0);
	CHECK(!memcmp(uart.sent, text, size));
	size = 0;
	CHECK_STATUS(serial->Write(serial, &size, NULL), EFI_SUCCESS);
	size = 1;
	CHECK_STATUS(serial->Write(serial, &size, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(serial->Write(serial, NULL, text), EFI_INVALID_PARAMETER);
	CHECK_STATUS(serial->Write(NULL, &size, text), EFI_INVALID_PARAMETER);
}

TEST(a_stuck_line_ends_the_write)
{
	char text[40] = "";
	UINTN size = sizeof(text);

	setup();
	uart.full_fifos_left = 1;
	CHECK_STATUS(serial->Write(serial, &size, text), EFI_TIMEOUT);
	CHECK_EQUAL(size, 2 * FIFO_SIZE);
	CHECK(stalled_us > 970000 && stalled_us < 1010000);
	uart.in_fifo = 1;
	stalled_us = 0;
	CHECK_STATUS(serial->SetAttributes(serial, 0, 0, 200, DefaultParity, 0, DefaultStopBits),
		     EFI_SUCCESS);
	size = 1;
	CHECK_STATUS(serial->Write(serial, &size, text), EFI_TIMEOUT);
	CHECK_EQUAL(size, 0);
	CHECK(stalled_us > 100 && stalled_us <= 300);
}

TEST(reads_what_is_there_and_waits_for_the_rest)
{
	char text[8];
	UINTN size = 3;

	setup();
	uart.received = "abcde";
	CHECK_STATUS(serial->Read(serial, &size, text), EFI_SUCCESS);
	CHECK(size == 3 && !memcmp(text, "abc", 3));
	CHECK_EQUAL(stalled_us, 0);
	/* The console reads the next byte, which is removed. */
	CHECK_EQUAL(console_read(), 'd');
	size = 3;
	received_later = "f";
	CHECK_STATUS(serial->Read(serial, &size, text), EFI_TIMEOUT);
	CHECK(size == 2 && !memcmp(text, "ef", 2));
	/* The timeout is per character: it restarted with the last one. */
	CHECK(stalled_us > 971000 && stalled_us < 1020000);
	CHECK_EQUAL(console_read(), -1);
	size = 0;
	CHECK_STATUS(serial->Read(serial, &size, NULL), EFI_SUCCESS);
	size = 1;
	CHECK_STATUS(serial->Read(serial, &size, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(serial->Read(serial, NULL, text), EFI_INVALID_PARAMETER);
	CHECK_STATUS(serial->Read(NULL, &size, text), EFI_INVALID_PARAMETER);
}

TEST(the_console_leaves_input_to_whoever_has_the_port)
{
	char text[8];
	UINTN size = 2;

	setup();
	CHECK(efi_console_drives(serial_handle));
	CHECK(!efi_console_drives(text));
	uart.received = "abc";
	is_claimed = true;
	CHECK_EQUAL(console_read(), -1);
	CHECK(!efi_console_drives(serial_handle));
	CHECK_STATUS(serial->Read(serial, &size, text), EFI_SUCCESS);
	CHECK(size == 2 && !memcmp(text, "ab", 2));
	/* Messages are still written. */
	console_write("x", 1);
	CHECK_EQUAL(uart.sent_count, 1);
	is_claimed = false;
	CHECK(efi_console_drives(serial_handle));
	CHECK_EQUAL(console_read(), 'c');
}

TEST(errors_of_the_line_end_a_read)
{
	char text[8];
	UINTN size = 4;

	setup();
	uart.received = "abcd";
	uart.errors = 0x02;
	CHECK_STATUS(serial->Read(serial, &size, text), EFI_TIMEOUT);
	CHECK_EQUAL(size, 0);
	size = 1;
	CHECK_STATUS(serial->Read(serial, &size, text), EFI_SUCCESS);
	CHECK_EQUAL(text[0], 'a');
	for (u8 error = 0x04; error <= 0x10; error <<= 1) {
		size = 1;
		uart.errors = error;
		CHECK_STATUS(serial->Read(serial, &size, text), EFI_DEVICE_ERROR);
		CHECK_EQUAL(size, 0);
	}
	CHECK_STATUS(serial->Reset(serial), EFI_SUCCESS);
	CHECK_EQUAL(uart.registers[2], 7);
	/* No port answers now. */
	host_handlers_forget();
	size = 1;
	CHECK_STATUS(serial->Read(serial, &size, text), EFI_TIMEOUT);
}

TEST(sets_the_line)
{
	static const struct {
		u64 baud_rate, real_rate;
		u32 divisor;
		u8 data_bits, control;
		EFI_PARITY_TYPE parity;
		EFI_STOP_BITS_TYPE stop_bits;
	} cases[] = {
		{ 115200, 115200, 1, 8, 0x03, NoParity, OneStopBit },
		{ 9600, 9600, 12, 7, 0x1a, EvenParity, OneStopBit },
		{ 57600, 57600, 2, 7, 0x0e, OddParity, TwoStopBits },
		{ 300, 300, 384, 5, 0x2c, MarkParity, OneFiveStopBits },
		{ 110, 109, 1048, 6, 0x3d, SpaceParity, TwoStopBits },
		{ 115199, 57600, 2, 8, 0x03, NoParity, OneStopBit },
		{ UINT64_MAX, 115200, 1, 8, 0x03, NoParity, OneStopBit },
		{ 2, 2, 57600, 8, 0x03, NoParity, OneStopBit },
		{ 0, 115200, 1, 0, 0x03, DefaultParity, DefaultStopBits },
	};

	setup();
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		CHECK_STATUS(serial->SetAttributes(serial, cases[i].baud_rate, 0, 0, cases[i].parity,
						   cases[i].data_bits, cases[i].stop_bits),
			     EFI_SUCCESS);
		CHECK_EQUAL(serial->Mode->BaudRate, cases[i].real_rate);
		CHECK_EQUAL(uart.divisor[0] | uart.divisor[1] << 8, cases[i].divisor);
		CHECK_EQUAL(uart.registers[3], cases[i].control);
		/* A reset keeps the settings. */
		uart.divisor[0] = uart.divisor[1] = 0xee;
		uart.registers[3] = 0;
		CHECK_STATUS(serial->Reset(serial), EFI_SUCCESS);
		CHECK_EQUAL(uart.divisor[0] | uart.divisor[1] << 8, cases[i].divisor);
		CHECK_EQUAL(uart.registers[3], cases[i].control);
		CHECK_EQUAL(serial->Mode->BaudRate, cases[i].real_rate);
	}
	CHECK_STATUS(serial->Reset(NULL), EFI_INVALID_PARAMETER);
}

TEST(receive_depth_is_validated)
{
	static const u32 depths[][2] = { { 0, 16 }, { 1, 1 }, { 15, 1 }, { 16, 16 }, { 99, 16 } };

	setup();
	for (u32 i = 0; i < ARRAY_SIZE(depths); i++) {
		CHECK_STATUS(serial->SetAttributes(serial, 0, depths[i][0], 0, DefaultParity, 0,
						   DefaultStopBits),
			     EFI_SUCCESS);
		CHECK_EQUAL(serial->Mode->ReceiveFifoDepth, depths[i][1]);
	}
}

TEST(impossible_settings_change_nothing)
{
	static const struct {
		u64 baud_rate;
		u32 timeout;
		EFI_PARITY_TYPE parity;
		u8 data_bits;
		EFI_STOP_BITS_TYPE stop_bits;
	} cases[] = {
		{ 1, 0, NoParity, 8, OneStopBit },
		{ 9600, 0, SpaceParity + 1, 8, OneStopBit },
		{ 9600, 0, NoParity, 4, OneStopBit },
		{ 9600, 0, NoParity, 9, OneStopBit },
		{ 9600, 0, NoParity, 8, OneFiveStopBits },
		{ 9600, 0, NoParity, 5, TwoStopBits },
		{ 9600, 0, NoParity, 8, TwoStopBits + 1 },
		{ 9600, UINT32_MAX, NoParity, 8, OneStopBit },
	};
	SERIAL_IO_MODE before;

	setup();
	before = *serial->Mode;
	host_port_accesses = 0;
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++)
		CHECK_STATUS(serial->SetAttributes(serial, cases[i].baud_rate, 0, cases[i].timeout,
						   cases[i].parity, cases[i].data_bits,
						   cases[i].stop_bits),
			     EFI_INVALID_PARAMETER);
	CHECK_STATUS(serial->SetAttributes(NULL, 9600, 0, 0, NoParity, 8, OneStopBit),
		     EFI_INVALID_PARAMETER);
	CHECK_EQUAL(host_port_accesses, 0);
	CHECK(!memcmp(&before, serial->Mode, sizeof(before)));
}

TEST(signals)
{
	UINT32 control = 0;

	setup();
	uart.registers[6] = 0xbf; /* all but RI; the lower half tells changes */
	CHECK_STATUS(serial->GetControl(serial, &control), EFI_SUCCESS);
	CHECK_EQUAL(control, 0x3b3);
	CHECK_EQUAL(control & ~serial->Mode->ControlMask, 0);
	uart.received = "x";
	uart.in_fifo = 1;
	uart.full_fifos_left = 0;
	uart.registers[6] = 0x40;
	CHECK_STATUS(serial->SetControl(serial, EFI_SERIAL_REQUEST_TO_SEND), EFI_SUCCESS);
	CHECK_EQUAL(uart.registers[4], 2);
	CHECK_STATUS(serial->GetControl(serial, &control), EFI_SUCCESS);
	CHECK_EQUAL(control, 0x042);
	for (u32 bit = 4; bit; bit <<= 1)
		CHECK_STATUS(serial->SetControl(serial, bit | 1), EFI_UNSUPPORTED);
	CHECK_EQUAL(uart.registers[4], 2);
	CHECK_STATUS(serial->SetControl(NULL, 0), EFI_INVALID_PARAMETER);
	CHECK_STATUS(serial->GetControl(NULL, &control), EFI_INVALID_PARAMETER);
	CHECK_STATUS(serial->GetControl(serial, NULL), EFI_INVALID_PARAMETER);
}
