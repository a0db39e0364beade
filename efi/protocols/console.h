/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the console protocols. */
#pragma once

#include "efi/efi.h"
#include "efi/spec/console.h"

/* text_output.c */
extern EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL efi_text_output;
void efi_text_output_init(void);

/* text_input.c */
extern EFI_SIMPLE_TEXT_INPUT_PROTOCOL efi_text_input;
extern EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL efi_text_input_ex;
EFI_STATUS efi_text_input_init(void);

/* serial_io.c: creates a separate handle, if the machine has a serial port. */
EFI_STATUS efi_serial_io_publish(void);

/*
 * The first nodes of the path to a terminal, which are also the complete path to the serial port.
 */
enum { EFI_PNP_16550 = 0x0501, EFI_UART_BAUD_RATE = 115200, EFI_UART_DATA_BITS = 8 };

#define EFI_SERIAL_PORT_NODE                                                         \
	{                                                                            \
		.Header = EFI_NODE(ACPI_HID_DEVICE_PATH, ACPI_DEVICE_PATH, ACPI_DP), \
		.HID = EISA_PNP_ID(EFI_PNP_16550),                                   \
	}

#define EFI_UART_NODE                                                                     \
	{                                                                                 \
		.Header = EFI_NODE(UART_DEVICE_PATH, MESSAGING_DEVICE_PATH, MSG_UART_DP), \
		.BaudRate = EFI_UART_BAUD_RATE,                                           \
		.DataBits = EFI_UART_DATA_BITS,                                           \
		.Parity = NoParity,                                                       \
		.StopBits = OneStopBit,                                                   \
	}
