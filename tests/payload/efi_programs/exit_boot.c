/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ExitBootServices with a stale key, a thousand times, while a timer's function allocates and
 * frees: each is refused and changes nothing; the right key ends it. The rest is told on COM1.
 */
#include "support.h"

enum { MAP_SIZE = 64 * 1024, TRIES = 1000 };

static u8 map[MAP_SIZE];
static volatile u64 ticks;

static void EFIAPI churn(EFI_EVENT event, void *context)
{
	void *pool;

	(void)event;
	(void)context;
	if (!EFI_ERROR(boot->AllocatePool(EfiBootServicesData, 100 + ticks % 5000, &pool)))
		boot->FreePool(pool);
	ticks++;
}

static EFI_STATUS read_map(UINTN *key)
{
	UINTN size = sizeof(map), stride;
	UINT32 version;

	return boot->GetMemoryMap(&size, (EFI_MEMORY_DESCRIPTOR *)map, key, &stride, &version);
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	EFI_EVENT event;
	EFI_STATUS status;
	UINTN key, stale;
	unsigned refused = 0, readable = 0;

	support_init(image, table);
	boot->CreateEvent(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, churn, NULL, &event);
	boot->SetTimer(event, TimerPeriodic, 10000);
	boot->Stall(50000);
	print("EFI-PROGRAM: the timer %s\n", ticks ? "ticks" : "is still");
	read_map(&key);
	for (unsigned i = 0; i < TRIES; i++) {
		stale = key + 12345;
		refused += boot->ExitBootServices(image, stale) == EFI_INVALID_PARAMETER;
		readable += read_map(&key) == EFI_SUCCESS;
	}
	status = boot->ExitBootServices(image, key);
	if (EFI_ERROR(status)) {
		read_map(&key);
		status = boot->ExitBootServices(image, key);
	}
	print_serial(refused == TRIES ? "EFI-PROGRAM: 1000 refused\r\n" :
					"EFI-PROGRAM: not all refused\r\n");
	print_serial(readable == TRIES ? "EFI-PROGRAM: 1000 readable\r\n" :
					 "EFI-PROGRAM: not all readable\r\n");
	print_serial("EFI-PROGRAM: exit ");
	print_serial(status_name(status));
	print_serial("\r\n");
	runtime->ResetSystem(EfiResetShutdown, EFI_SUCCESS, 0, NULL);
	for (;;)
		asm volatile("hlt");
}
