/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls ExitBootServices a thousand times with a stale key while a timer function allocates and
 * frees memory: each call must be refused and change nothing. The correct key then succeeds. After
 * that, reports on COM1, including that the local APIC (Intel SDM volume 3, chapter 11) has no
 * pending interrupt for a kernel.
 */
#include "support.h"

enum {
	MAP_SIZE = 64 * 1024,
	TRIES = 1000,
	MSR_APIC_BASE = 0x1b,
	BASE_X2APIC = 1 << 10,
	MSR_X2APIC = 0x800,
	APIC_SERVED = 0x100,    /* eight registers, 16 bytes apart, with a bit for each vector */
	APIC_REQUESTED = 0x200, /* eight more */
	APIC_TIMER = 0x320,
	APIC_INITIAL_COUNT = 0x380,
	TIMER_MASKED = 1 << 16,
};

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

static u64 msr_read(u32 number)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
	return low | (u64)high << 32;
}

static u32 apic_read(u32 offset)
{
	u64 base = msr_read(MSR_APIC_BASE);

	if (base & BASE_X2APIC)
		return (u32)msr_read(MSR_X2APIC + offset / 16);
	return *(volatile u32 *)(UINTN)((base & ~0xfffULL) + offset);
}

static void report_interrupts(void)
{
	u32 pending = 0;

	for (u32 offset = 0; offset < 0x80; offset += 0x10)
		pending |= apic_read(APIC_SERVED + offset) | apic_read(APIC_REQUESTED + offset);
	print_serial(pending ? "EFI-PROGRAM: an interrupt is pending\r\n" :
			       "EFI-PROGRAM: no interrupt is pending\r\n");
	print_serial(apic_read(APIC_TIMER) & TIMER_MASKED && !apic_read(APIC_INITIAL_COUNT) ?
			     "EFI-PROGRAM: the APIC's timer is off\r\n" :
			     "EFI-PROGRAM: the APIC's timer is on\r\n");
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
	for (unsigned i = 0; i < 200 && !ticks; i++)
		boot->Stall(10000);
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
	report_interrupts();
	runtime->ResetSystem(EfiResetShutdown, EFI_SUCCESS, 0, NULL);
	for (;;)
		asm volatile("hlt");
}
