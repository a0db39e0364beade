/* SPDX-License-Identifier: Apache-2.0 */
/* Appends to a variable at each start: "1", "12", "123". Prints the previous value first. */
#include "support.h"

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	EFI_GUID vendor = GUID(0x0fa7300d, 0x7465, 0x7374, 0x80, 1, 2, 3, 4, 5, 6, 8);
	UINT32 attributes = 0;
	char text[11];
	UINTN size = sizeof(text) - 2;
	EFI_STATUS status;

	support_init(image, table);
	status = runtime->GetVariable(u"Journey", &vendor, &attributes, &size, text);
	if (EFI_ERROR(status))
		size = 0;
	text[size] = 0;
	print("EFI-PROGRAM: found '%s', attributes %x, %r\n", text, (UINT64)attributes, status);
	text[size] = '1' + size;
	status = runtime->SetVariable(u"Journey", &vendor,
				      EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS |
					      EFI_VARIABLE_RUNTIME_ACCESS,
				      size + 1, text);
	print("EFI-PROGRAM: longer, %r\n", status);
	power_off();
	return status;
}
