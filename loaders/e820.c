/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory ledger in the format for Linux on x86 (ACPI 6.5, section 15: system address map).
 * Memory of firmware and loader is RAM again once the kernel runs; types without an equivalent are
 * reserved.
 */
#include "loaders/e820.h"

#include "core/memory.h"

static u32 e820_type(u32 type)
{
	switch (type) {
	case MEMORY_LOADER_CODE:
	case MEMORY_LOADER_DATA:
	case MEMORY_BOOT_CODE:
	case MEMORY_BOOT_DATA:
	case MEMORY_CONVENTIONAL:
		return E820_RAM;
	case MEMORY_ACPI_RECLAIM:
		return E820_ACPI;
	case MEMORY_ACPI_NVS:
		return E820_NVS;
	case MEMORY_UNUSABLE:
		return E820_UNUSABLE;
	case MEMORY_PERSISTENT:
		return E820_PERSISTENT;
	default:
		return E820_RESERVED;
	}
}

bool e820_next(u32 *cursor, struct e820_entry *out)
{
	u32 count;
	const struct memory_range *map = memory_map(&count);
	u32 i = *cursor;
	u64 base, end;
	u32 type;

	if (i >= count)
		return false;
	base = map[i].base;
	end = map[i].end;
	type = e820_type(map[i].type);
	for (i++; i < count && map[i].base == end && e820_type(map[i].type) == type; i++)
		end = map[i].end;
	*out = (struct e820_entry){ .base = base, .size = end - base, .type = type };
	*cursor = i;
	return true;
}
