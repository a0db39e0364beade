/* SPDX-License-Identifier: Apache-2.0 */
/* A program that reads from a non-canonical address. */
#include "support.h"

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	support_init(image, table);
	print("EFI-PROGRAM: faults at %x\n", (u64)efi_main);
	return *(volatile u64 *)0x8000000000000000ull;
}
