/* SPDX-License-Identifier: Apache-2.0 */
/* A program that executes memory that it allocated as code, then as data. */
#include "support.h"

static EFI_STATUS run(EFI_MEMORY_TYPE type)
{
	static const u8 code[] = { 0x31, 0xc0, 0xc3 }; /* xor %eax, %eax; ret */
	EFI_PHYSICAL_ADDRESS memory;
	EFI_STATUS status = boot->AllocatePages(AllocateAnyPages, type, 1, &memory);

	if (EFI_ERROR(status))
		return status;
	memcpy((void *)memory, code, sizeof(code));
	return ((EFI_STATUS(EFIAPI *)(void))memory)();
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	support_init(image, table);
	print("EFI-PROGRAM: code %r\n", run(EfiLoaderCode));
	print("EFI-PROGRAM: data %r\n", run(EfiLoaderData));
	power_off();
	return EFI_SUCCESS;
}
