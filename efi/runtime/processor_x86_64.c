/* SPDX-License-Identifier: Apache-2.0 */
/* What needs instructions of x86-64 that <asm/...> has no name for, or time. */
#include "efi/runtime/runtime.h"

#include <asm/cpu.h>

u64 runtime_ticks(void)
{
	return tsc_read();
}

/* No clock is asked: it is the operating system's. */
void runtime_wait_for_vmm(void)
{
	for (u64 start = tsc_read(); tsc_read() - start < 100 * 1000 * 1000;)
		cpu_relax();
}

void runtime_stop(bool reset)
{
	const struct [[gnu::packed]] {
		u16 limit;
		u64 base;
	} no_idt = { 0 };

	/* A fault without handlers for it or for the double fault that follows. */
	if (reset)
		asm volatile("lidt %0; ud2" ::"m"(no_idt));
	for (;;)
		asm volatile("cli; hlt");
}
