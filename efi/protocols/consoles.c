/* SPDX-License-Identifier: Apache-2.0 */
/* One handle for all consoles: text output, text input, and where they stand in the system table.
 */
#include "efi/protocols/console.h"
#include "lib/config.h"
#include "lib/util.h"

/* Our consoles as the one serial terminal that they act like. */
static const struct [[gnu::packed]] {
	ACPI_HID_DEVICE_PATH port;
	UART_DEVICE_PATH uart;
	VENDOR_DEVICE_PATH terminal;
	EFI_DEVICE_PATH_PROTOCOL end;
} path = {
	.port = EFI_SERIAL_PORT_NODE,
	.uart = EFI_UART_NODE,
	.terminal = {
		.Header = EFI_NODE(VENDOR_DEVICE_PATH, MESSAGING_DEVICE_PATH, MSG_VENDOR_DP),
		.Guid = EFI_VT_UTF8_GUID,
	},
	.end = EFI_NODE(EFI_DEVICE_PATH_PROTOCOL, END_DEVICE_PATH_TYPE,
			END_ENTIRE_DEVICE_PATH_SUBTYPE),
};

static struct efi_object console;

EFI_STATUS efi_console_publish(void)
{
	const struct {
		const EFI_GUID *protocol;
		void *interface;
	} protocols[] = {
		{ &guid_device_path, (void *)&path },
		{ &guid_simple_text_output, &efi_text_output },
		{ &guid_simple_text_input, &efi_text_input },
		{ &guid_simple_text_input_ex, &efi_text_input_ex },
	};
	EFI_STATUS status = efi_text_input_init();

	efi_text_output_init();
	for (u32 i = 0; !status && i < ARRAY_SIZE(protocols); i++)
		status = efi_install(&console, protocols[i].protocol, protocols[i].interface);
	if (!status && IS_ENABLED(CONFIG_EFI_SERIAL_IO))
		status = efi_serial_io_publish();
	if (status)
		return status;
	efi_system_table->ConsoleInHandle = &console;
	efi_system_table->ConIn = &efi_text_input;
	efi_system_table->ConsoleOutHandle = &console;
	efi_system_table->ConOut = &efi_text_output;
	efi_system_table->StandardErrorHandle = &console;
	efi_system_table->StdErr = &efi_text_output;
	efi_table_update_crc(&efi_system_table->Hdr);
	return EFI_SUCCESS;
}
