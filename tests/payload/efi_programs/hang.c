/* SPDX-License-Identifier: Apache-2.0 */
/* A program that hangs. It sets the watchdog to SECONDS; 0 leaves the firmware's setting. */
#include "support.h"

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	support_init(image, table);
	if (SECONDS)
		boot->SetWatchdogTimer(SECONDS, 0x10000, 0, NULL);
	print("EFI-PROGRAM: hangs\n");
	for (;;)
		asm volatile("pause");
}
