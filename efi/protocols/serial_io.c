/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_SERIAL_IO_PROTOCOL (UEFI 2.11, 12.8) on the serial port of the text console, which the two
 * share: a byte that one has read the other does not see, what both write goes out in turn, and a
 * new baud rate is one for both. A program that opens the protocol BY_DRIVER or EXCLUSIVE has all
 * input until it closes it: the console is then disconnected as a terminal driver would be, but it
 * goes on writing, so that no message is lost.
 */
#include "core/arch.h"
#include "core/serial.h"
#include "efi/protocols/console.h"
#include "efi/services/services.h"
#include "lib/util.h"

enum {
	TIMEOUT_DEFAULT = 1000 * 1000,
	TIMEOUT_MAX = 100 * 1000 * 1000,
	POLL_US = 50, /* a FIFO holds 1.4 ms at 115200 baud */
	US_PER_SECOND = 1000 * 1000,
	DIVISOR_MAX = 0xffff,

	DRIVEN = EFI_SERIAL_DATA_TERMINAL_READY | EFI_SERIAL_REQUEST_TO_SEND,
};

static_assert((u32)SERIAL_TERMINAL_READY == EFI_SERIAL_DATA_TERMINAL_READY);
static_assert((u32)SERIAL_REQUEST_TO_SEND == EFI_SERIAL_REQUEST_TO_SEND);
static_assert((u32)SERIAL_CLEAR_TO_SEND == EFI_SERIAL_CLEAR_TO_SEND);
static_assert((u32)SERIAL_SET_READY == EFI_SERIAL_DATA_SET_READY);
static_assert((u32)SERIAL_RING == EFI_SERIAL_RING_INDICATE);
static_assert((u32)SERIAL_CARRIER == EFI_SERIAL_CARRIER_DETECT);
static_assert((u32)SERIAL_INPUT_EMPTY == EFI_SERIAL_INPUT_BUFFER_EMPTY);
static_assert((u32)SERIAL_OUTPUT_EMPTY == EFI_SERIAL_OUTPUT_BUFFER_EMPTY);

static const struct [[gnu::packed]] {
	ACPI_HID_DEVICE_PATH port;
	UART_DEVICE_PATH uart;
	EFI_DEVICE_PATH_PROTOCOL end;
} path = {
	.port = EFI_SERIAL_PORT_NODE,
	.uart = EFI_UART_NODE,
	.end = EFI_NODE(EFI_DEVICE_PATH_PROTOCOL, END_DEVICE_PATH_TYPE,
			END_ENTIRE_DEVICE_PATH_SUBTYPE),
};

static struct efi_object object;
static const struct serial_port *port;

/* Loopback and flow control are not offered: the console would receive its own output, or stop. */
static SERIAL_IO_MODE mode = {
	.ControlMask = DRIVEN | EFI_SERIAL_CLEAR_TO_SEND | EFI_SERIAL_DATA_SET_READY |
		       EFI_SERIAL_RING_INDICATE | EFI_SERIAL_CARRIER_DETECT |
		       EFI_SERIAL_INPUT_BUFFER_EMPTY | EFI_SERIAL_OUTPUT_BUFFER_EMPTY,
	.Timeout = TIMEOUT_DEFAULT,
	.BaudRate = EFI_UART_BAUD_RATE,
	.DataBits = EFI_UART_DATA_BITS,
	.Parity = NoParity,
	.StopBits = OneStopBit,
};

static struct serial_line line = { .divisor = 1, .data_bits = EFI_UART_DATA_BITS };

static enum serial_parity parity_of(UINT32 parity)
{
	switch (parity) {
	case EvenParity:
		return PARITY_EVEN;
	case OddParity:
		return PARITY_ODD;
	case MarkParity:
		return PARITY_MARK;
	case SpaceParity:
		return PARITY_SPACE;
	default:
		return PARITY_NONE;
	}
}

static EFI_STATUS EFIAPI reset(EFI_SERIAL_IO_PROTOCOL *this)
{
	if (!this)
		return EFI_INVALID_PARAMETER;
	port->reset();
	port->set_line(&line);
	return EFI_SUCCESS;
}

/* Rounded up, for a rate that does not exceed what is asked for. */
static u64 divisor_of(UINT64 baud_rate)
{
	return (SERIAL_BAUD_RATE_MAX + baud_rate - 1) / baud_rate;
}

static bool is_possible(const SERIAL_IO_MODE *wanted)
{
	UINT32 longest = wanted->DataBits == 5 ? OneFiveStopBits : TwoStopBits;

	return divisor_of(wanted->BaudRate) <= DIVISOR_MAX && wanted->DataBits >= 5 &&
	       wanted->DataBits <= 8 && wanted->Parity <= SpaceParity &&
	       (wanted->StopBits == OneStopBit || wanted->StopBits == longest) &&
	       wanted->Timeout <= TIMEOUT_MAX;
}

/*
 * 12.8.3.2: the baud rate and the depth of the FIFO are the nearest that do not exceed what is
 * asked for. The FIFO stays on for a depth of 1: then it loses less than was agreed.
 */
static EFI_STATUS EFIAPI set_attributes(EFI_SERIAL_IO_PROTOCOL *this, UINT64 baud_rate,
					UINT32 fifo_depth, UINT32 timeout, EFI_PARITY_TYPE parity,
					UINT8 data_bits, EFI_STOP_BITS_TYPE stop_bits)
{
	SERIAL_IO_MODE wanted = {
		.ControlMask = mode.ControlMask,
		.Timeout = timeout ? timeout : TIMEOUT_DEFAULT,
		.BaudRate = baud_rate ? min_u64(baud_rate, SERIAL_BAUD_RATE_MAX) :
					EFI_UART_BAUD_RATE,
		.ReceiveFifoDepth = fifo_depth && fifo_depth < port->fifo_size ? 1 :
										 port->fifo_size,
		.DataBits = data_bits ? data_bits : EFI_UART_DATA_BITS,
		.Parity = parity == DefaultParity ? NoParity : (UINT32)parity,
		.StopBits = stop_bits == DefaultStopBits ? OneStopBit : (UINT32)stop_bits,
	};

	if (!this || !is_possible(&wanted))
		return EFI_INVALID_PARAMETER;
	line = (struct serial_line){
		.divisor = (u16)divisor_of(wanted.BaudRate),
		.data_bits = (u8)wanted.DataBits,
		.two_stop_bits = wanted.StopBits != OneStopBit,
		.parity = parity_of(wanted.Parity),
	};
	port->set_line(&line);
	wanted.BaudRate = SERIAL_BAUD_RATE_MAX / line.divisor;
	mode = wanted;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_control(EFI_SERIAL_IO_PROTOCOL *this, UINT32 control)
{
	if (!this)
		return EFI_INVALID_PARAMETER;
	if (control & ~(UINT32)DRIVEN)
		return EFI_UNSUPPORTED;
	port->drive(control);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI get_control(EFI_SERIAL_IO_PROTOCOL *this, UINT32 *control)
{
	if (!this || !control)
		return EFI_INVALID_PARAMETER;
	*control = port->signals();
	return EFI_SUCCESS;
}

/* The time that the mode allows for a character, from when nothing could be done. */
struct wait {
	bool has_begun;
	u64 start; /* ticks */
};

/* False: it is over. */
static bool go_on(struct wait *wait)
{
	u64 now = arch_ticks();
	u64 allowed = mode.Timeout * (arch_ticks_per_second() / US_PER_SECOND + 1);

	if (!wait->has_begun)
		*wait = (struct wait){ true, now };
	if (now - wait->start >= allowed)
		return false;
	(void)efi_stall(min_u64(POLL_US, mode.Timeout));
	return true;
}

static EFI_STATUS EFIAPI write(EFI_SERIAL_IO_PROTOCOL *this, UINTN *size, VOID *buffer)
{
	const u8 *bytes = buffer;
	struct wait wait = { 0 };
	UINTN done = 0;
	EFI_STATUS status = EFI_SUCCESS;

	if (!this || !size || (*size && !buffer))
		return EFI_INVALID_PARAMETER;
	while (!status && done < *size) {
		size_t taken = port->write(bytes + done, *size - done);

		done += taken;
		if (taken)
			wait.has_begun = false;
		else if (!go_on(&wait))
			status = EFI_TIMEOUT;
	}
	*size = done;
	return status;
}

static EFI_STATUS EFIAPI read(EFI_SERIAL_IO_PROTOCOL *this, UINTN *size, VOID *buffer)
{
	u8 *bytes = buffer;
	struct wait wait = { 0 };
	UINTN done = 0;
	EFI_STATUS status = EFI_SUCCESS;

	if (!this || !size || (*size && !buffer))
		return EFI_INVALID_PARAMETER;
	while (!status && done < *size) {
		int byte = port->read();

		if (byte >= 0) {
			bytes[done++] = (u8)byte;
			wait.has_begun = false;
		} else if (byte == SERIAL_BAD_BYTE) {
			status = EFI_DEVICE_ERROR;
		} else if (byte == SERIAL_OVERRUN || !go_on(&wait)) {
			/* 12.8.3.6: bytes that were lost end it as the time does. */
			status = EFI_TIMEOUT;
		}
	}
	*size = done;
	return status;
}

static EFI_SERIAL_IO_PROTOCOL serial_io = {
	.Revision = EFI_SERIAL_IO_PROTOCOL_REVISION1p1,
	.Reset = reset,
	.SetAttributes = set_attributes,
	.SetControl = set_control,
	.GetControl = get_control,
	.Write = write,
	.Read = read,
	.Mode = &mode,
};

static bool is_claimed(void)
{
	return efi_is_claimed(&object, &guid_serial_io);
}

bool efi_console_drives(EFI_HANDLE handle)
{
	return handle == &object && !is_claimed();
}

EFI_STATUS efi_serial_io_publish(void)
{
	EFI_STATUS status;

	port = serial_port();
	if (!port)
		return EFI_SUCCESS;
	mode.ReceiveFifoDepth = port->fifo_size;
	serial_lend_input(is_claimed);
	status = efi_install(&object, &guid_device_path, (void *)&path);
	return status ? status : efi_install(&object, &guid_serial_io, &serial_io);
}
