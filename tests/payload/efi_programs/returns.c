/* SPDX-License-Identifier: Apache-2.0 */
/* A program that prints a message and returns STATUS. */
#include "support.h"

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	EFI_STATUS status = STATUS ? EFI_ERROR_BIT | STATUS : EFI_SUCCESS;

	support_init(image, table);
	print("EFI-PROGRAM: returns %r\n", status);
	return status;
}
