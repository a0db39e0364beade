/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other processors (Intel SDM volume 3, 9.4): INIT and a start-up interrupt make them execute
 * processor_start.S. Another INIT, which does not change the registers, makes them wait for the
 * operating system as after a reset, so the page need not be kept.
 */
#include "arch/x86_64/x86_64.h"
#include "core/arch.h"
#include "core/memory.h"
#include "core/time.h"
#include "lib/util.h"

enum {
	COMMAND_INIT = 0x4500,
	COMMAND_START = 0x4600, /* and the number of the page */
	ANSWER_TIMEOUT_MS = 1000,
	LOW_END = 0xa0000,
};

/* processor_start.S */
extern const u8 processor_start[], processors_answered[], processor_registers[];

static u32 start(u8 *page, u32 count)
{
	volatile u32 *answered = (volatile u32 *)(page + (processors_answered - processor_start));
	struct deadline deadline = deadline_after(ANSWER_TIMEOUT_MS);

	if (!apic_send_to_others(COMMAND_INIT) ||
	    !apic_send_to_others(COMMAND_START | (u32)((uintptr_t)page / PAGE_SIZE)))
		return 0;
	while (*answered < count && !deadline_passed(&deadline))
		arch_relax();
	apic_send_to_others(COMMAND_INIT);
	return *answered;
}

u32 arch_processors_init(u32 count)
{
	const struct memory_request request = {
		.size = PAGE_SIZE,
		.alignment = PAGE_SIZE,
		.limit = LOW_END,
		.type = MEMORY_BOOT_DATA,
		.lowest = true,
	};
	size_t code_size = (size_t)(processor_registers - processor_start);
	u32 answered;
	u64 base;

	if (memory_allocate_request(&request, &base))
		return 0;
	memset((void *)base, 0, PAGE_SIZE);
	memcpy((void *)base, processor_start, code_size);
	memory_types_copy((void *)(base + code_size));
	answered = start((u8 *)base, count);
	/*
	 * A late processor may still execute there. If the ledger is full, the page stays
	 * allocated, too.
	 */
	if (answered >= count)
		(void)memory_free(base, PAGE_SIZE);
	return answered;
}
