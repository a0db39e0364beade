// SPDX-License-Identifier: Apache-2.0
/* Functions that all platform descriptions use. */
#include "drivers/platform/handover.h"

#include "core/arch.h"
#include "core/boot_info.h"
#include "core/log.h"
#include "lib/e820.h"
#include "lib/util.h"

void handover_add_range(u64 base, u64 size, u32 e820_type)
{
	static const u8 types[] = {
		MEMORY_RESERVED,
		[E820_RAM] = MEMORY_CONVENTIONAL,
		[E820_RESERVED] = MEMORY_RESERVED,
		[E820_ACPI] = MEMORY_ACPI_RECLAIM,
		[E820_NVS] = MEMORY_ACPI_NVS,
		[E820_UNUSABLE] = MEMORY_UNUSABLE,
		[E820_UNUSABLE + 1] = MEMORY_RESERVED,
		[E820_PERSISTENT] = MEMORY_PERSISTENT,
	};

	boot_info_add_range(base, size,
			    e820_type < ARRAY_SIZE(types) ? types[e820_type] : MEMORY_RESERVED);
}

/* Memory that stays in use must not be in the first page, which arch_mmu_init() unmaps. */
static struct span lasting_memory(u64 address, u64 size)
{
	return address < PAGE_SIZE ? (struct span){ 0 } : arch_memory(address, size);
}

void handover_add_module(u64 base, u64 size)
{
	struct span module = lasting_memory(base, size);

	if (span_is_empty(module))
		log_warning("%s: module of 0x%lx bytes at 0x%lx ignored", boot_info.source, size,
			    base);
	else
		boot_info.modules[boot_info.module_count++] = module;
}

void handover_set_command_line(u64 address)
{
	struct span text = lasting_memory(address, COMMAND_LINE_SIZE_MAX);

	if (address == 0)
		return;
	/* Near the end of mappable memory, fewer bytes than the maximum may remain. */
	if (span_is_empty(text))
		text = lasting_memory(address, PAGE_SIZE - address % PAGE_SIZE);
	if (span_is_empty(text)) {
		log_warning("%s: command line at 0x%lx ignored", boot_info.source, address);
		return;
	}
	boot_info.command_line = span_part(text, 0, strnlen((const char *)text.data, text.size));
}
