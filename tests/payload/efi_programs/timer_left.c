/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that returns with an armed timer and an open protocol. The notification function is in
 * the image, which is unloaded by then, so the firmware must not call it.
 */
#include "support.h"

static void EFIAPI notify(EFI_EVENT event, void *context)
{
	(void)event;
	++*(volatile u64 *)context;
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	static volatile u64 ticks;
	EFI_GUID loaded_image = EFI_LOADED_IMAGE_PROTOCOL_GUID;
	EFI_EVENT event;
	void *interface;

	support_init(image, table);
	if (EFI_ERROR(boot->CreateEvent(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, notify,
					(void *)&ticks, &event)) ||
	    EFI_ERROR(boot->SetTimer(event, TimerPeriodic, 10000)) ||
	    EFI_ERROR(boot->OpenProtocol(image, &loaded_image, &interface, image, NULL,
					 EFI_OPEN_PROTOCOL_GET_PROTOCOL)))
		print("EFI-PROGRAM: no timer\n");
	for (unsigned i = 0; i < 200 && !ticks; i++)
		boot->Stall(10000);
	print("EFI-PROGRAM: leaves a timer, %s\n", ticks ? "which ticks" : "which is still");
	return EFI_SUCCESS;
}
