/* SPDX-License-Identifier: Apache-2.0 */
/* What needs instructions of x86-64 that <asm/...> has no name for, or time. */
#include "efi/runtime/runtime.h"

#include <asm/cpu.h>

u64 runtime_ticks(void)
{
	return tsc_read();
}

void runtime_wait_for_vmm(void)
{
	cpu_wait(VMM_WAIT_TICKS);
}

void runtime_stop(bool reset)
{
	const struct [[gnu::packed]] {
		u16 limit;
		u64 base;
	} no_idt = { 0 };

	if (reset) {
		cpu_wait(VMM_LAST_WAIT_TICKS);
		/* A fault without handlers for it or for the double fault that follows. */
		asm volatile("lidt %0; ud2" ::"m"(no_idt));
	}
	for (;;)
		asm volatile("cli; hlt");
}
