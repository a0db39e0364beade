/* SPDX-License-Identifier: Apache-2.0 */
/* The 64 KiB below 1 MiB where operating systems search for tables, by 16 bytes. */
#include "core/arch.h"
#include "drivers/rom/rom.h"
#include "lib/util.h"

#define AREA_BASE 0xf0000ull
#define AREA_END 0x100000ull

static u64 next = AREA_END; /* none */

void bios_area_init(void)
{
	struct span area = arch_memory(AREA_BASE, AREA_END - AREA_BASE);

	if (span_is_empty(area))
		return;
	/* What was there before a reset is no longer valid. */
	memset((void *)(uintptr_t)area.data, 0, area.size);
	next = AREA_BASE;
}

enum status bios_area_allocate(u32 size, u32 alignment, u8 **data, u64 *address)
{
	u64 base = align_up(next, max_u64(alignment, 16));
	struct span area;

	if (base > AREA_END || size > AREA_END - base)
		return ERR_NO_MEMORY;
	area = arch_memory(base, size);
	if (span_is_empty(area))
		return ERR_NO_MEMORY;
	next = base + size;
	*address = base;
	*data = (u8 *)(uintptr_t)area.data;
	return OK;
}
