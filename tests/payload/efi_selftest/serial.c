/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 12.8: the serial port. The output of other checks uses the same line. */
#include "selftest.h"

enum { SHORT_US = 1000 };

static EFI_SERIAL_IO_PROTOCOL *serial;

static EFI_STATUS set(UINT64 baud_rate, UINT32 timeout, unsigned parity, UINT8 data_bits,
		      unsigned stop_bits)
{
	return serial->SetAttributes(serial, baud_rate, 0, timeout, (EFI_PARITY_TYPE)parity,
				     data_bits, (EFI_STOP_BITS_TYPE)stop_bits);
}

static void test_attributes(void)
{
	SERIAL_IO_MODE *mode = serial->Mode, before;
	EFI_STATUS half, whole;
	UINT64 half_rate;

	is("defaults", set(0, 0, DefaultParity, 0, DefaultStopBits), EFI_SUCCESS);
	equals("baud rate", mode->BaudRate, 115200);
	equals("data bits", mode->DataBits, 8);
	equals("parity", mode->Parity, NoParity);
	equals("stop bits", mode->StopBits, OneStopBit);
	equals("timeout", mode->Timeout, 1000000);
	before = *mode;
	is("nine data bits", set(115200, 0, NoParity, 9, OneStopBit), EFI_INVALID_PARAMETER);
	is("unknown parity", set(115200, 0, SpaceParity + 1, 8, OneStopBit), EFI_INVALID_PARAMETER);
	is("unknown stop bits", set(115200, 0, NoParity, 8, TwoStopBits + 1),
	   EFI_INVALID_PARAMETER);
	is("eight data bits with one and a half stop bits",
	   set(115200, 0, NoParity, 8, OneFiveStopBits), EFI_INVALID_PARAMETER);
	ok("the mode is unchanged", !memcmp(mode, &before, sizeof(before)));
	/* Output that is printed meanwhile, or has not been sent yet, may be lost. */
	boot->Stall(20000);
	half = set(57600, 0, NoParity, 8, OneStopBit);
	half_rate = mode->BaudRate;
	whole = set(115200, SHORT_US, NoParity, 8, OneStopBit);
	is("half the baud rate", half, EFI_SUCCESS);
	equals("the mode has it", half_rate, 57600);
	is("the old one", whole, EFI_SUCCESS);
	equals("the mode has it", mode->BaudRate, 115200);
	equals("and the timeout", mode->Timeout, SHORT_US);
}

static void test_control(void)
{
	UINT32 both = EFI_SERIAL_DATA_TERMINAL_READY | EFI_SERIAL_REQUEST_TO_SEND, control = 0;

	ok("the state of the input can be read",
	   serial->Mode->ControlMask & EFI_SERIAL_INPUT_BUFFER_EMPTY);
	is("set a signal of the other side", serial->SetControl(serial, EFI_SERIAL_CLEAR_TO_SEND),
	   EFI_UNSUPPORTED);
	is("set ours", serial->SetControl(serial, both), EFI_SUCCESS);
	is("get them", serial->GetControl(serial, &control), EFI_SUCCESS);
	equals("ours", control & both, both);
	ok("nothing was received", control & EFI_SERIAL_INPUT_BUFFER_EMPTY);
}

static void test_bytes(void)
{
	char text[] = "# a line of the serial port\r\n";
	UINTN size = sizeof(text) - 1;

	is("write", serial->Write(serial, &size, text), EFI_SUCCESS);
	equals("all of it", size, sizeof(text) - 1);
	size = 4;
	is("read in vain", serial->Read(serial, &size, text), EFI_TIMEOUT);
	equals("nothing", size, 0);
	is("read nothing", serial->Read(serial, &size, text), EFI_SUCCESS);
}

void test_serial(void)
{
	SERIAL_IO_MODE before;

	serial = protocol((EFI_GUID)EFI_SERIAL_IO_PROTOCOL_GUID);
	if (!ok("there is SerialIo", serial != NULL))
		return;
	ok("it has a revision", serial->Revision >= SERIAL_IO_INTERFACE_REVISION);
	before = *serial->Mode;
	test_attributes();
	test_control();
	test_bytes();
	is("reset", serial->Reset(serial), EFI_SUCCESS);
	equals("it keeps the baud rate", serial->Mode->BaudRate, 115200);
	is("the old timeout", set(0, before.Timeout, NoParity, 8, OneStopBit), EFI_SUCCESS);
}
