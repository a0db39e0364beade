// SPDX-License-Identifier: Apache-2.0
/*
 * PVH's hvm_start_info (Xen's arch-x86/hvm/start_info.h), version 1: the memory map is new there
 * and needed.
 *
 *	 0 u32 magic		 8 u32 flags		16 u64 modules		32 u64 RSDP
 *	 4 u32 version		12 u32 module count	24 u64 command line
 *	40 u64 memory map	48 u32 memory map count	52 u32 reserved
 *
 * A module is 32 bytes: u64 address, u64 size, u64 command line, u64 reserved. A range of the
 * memory map is 24: u64 address, u64 size, u32 type (as in E820), u32 reserved.
 */
#include "core/arch.h"
#include "core/boot_info.h"
#include "core/log.h"
#include "drivers/platform/platform.h"
#include "lib/e820.h"
#include "lib/util.h"

enum {
	START_INFO_MAGIC = 0x336ec578,
	START_INFO_SIZE = 56,
	MODULE_SIZE = 32,
	RANGE_SIZE = 24,
};

static enum memory_type memory_type_from_e820(u32 type)
{
	switch (type) {
	case E820_RAM:
		return MEMORY_CONVENTIONAL;
	case E820_ACPI:
		return MEMORY_ACPI_RECLAIM;
	case E820_NVS:
		return MEMORY_ACPI_NVS;
	case E820_UNUSABLE:
		return MEMORY_UNUSABLE;
	case E820_PERSISTENT:
		return MEMORY_PERSISTENT;
	default:
		return MEMORY_RESERVED;
	}
}

static enum status read_memory_map(u64 address, u32 count)
{
	struct reader r;

	if (count > BOOT_RANGES_MAX) {
		log_warning("PVH: %u memory ranges, %d are used (BOOT_RANGES_MAX)", count,
			    BOOT_RANGES_MAX);
		count = BOOT_RANGES_MAX;
	}
	r = (struct reader){ .rest = arch_memory(address, (u64)count * RANGE_SIZE) };
	if (span_is_empty(r.rest))
		return corrupt("PVH: no memory map: %u ranges at 0x%lx", count, address);
	while (!span_is_empty(r.rest)) {
		u64 base = read_le64(&r);
		u64 size = read_le64(&r);
		u32 type = read_le32(&r);

		read_le32(&r);
		boot_info_add_range(base, size, memory_type_from_e820(type));
	}
	return OK;
}

/* Memory that stays in use: not in the first page, which arch_mmu_init() takes away. */
static struct span lasting_memory(u64 address, u64 size)
{
	return address < PAGE_SIZE ? (struct span){ 0 } : arch_memory(address, size);
}

static void read_modules(u64 address, u32 count)
{
	struct reader r;

	if (count > BOOT_MODULES_MAX) {
		log_warning("PVH: %u modules, %d are used (BOOT_MODULES_MAX)", count,
			    BOOT_MODULES_MAX);
		count = BOOT_MODULES_MAX;
	}
	r = (struct reader){ .rest = arch_memory(address, (u64)count * MODULE_SIZE) };
	if (count != 0 && span_is_empty(r.rest))
		log_warning("PVH: %u modules at 0x%lx", count, address);
	while (!span_is_empty(r.rest)) {
		u64 base = read_le64(&r);
		u64 size = read_le64(&r);
		struct span module = lasting_memory(base, size);

		read_bytes(&r, 16);
		if (span_is_empty(module))
			log_warning("PVH: module of 0x%lx bytes at 0x%lx ignored", size, base);
		else
			boot_info.modules[boot_info.module_count++] = module;
	}
}

static void read_command_line(u64 address)
{
	struct span text = lasting_memory(address, COMMAND_LINE_SIZE_MAX);

	if (address == 0)
		return;
	/* Near the end of what can be mapped there may be less than the most there could be. */
	if (span_is_empty(text))
		text = lasting_memory(address, PAGE_SIZE - address % PAGE_SIZE);
	if (span_is_empty(text)) {
		log_warning("PVH: command line at 0x%lx ignored", address);
		return;
	}
	boot_info.command_line = span_part(text, 0, strnlen((const char *)text.data, text.size));
}

static enum status pvh_describe(void)
{
	struct reader r;
	u32 version, module_count, range_count;
	u64 modules, command_line, rsdp, ranges;

	if (arch_entry.protocol != ENTRY_PROTOCOL_PVH)
		return ERR_UNRECOGNIZED;
	r = (struct reader){ .rest = arch_memory(arch_entry.argument, START_INFO_SIZE) };
	if (read_le32(&r) != START_INFO_MAGIC)
		return corrupt("PVH: no start information at 0x%lx", arch_entry.argument);
	version = read_le32(&r);
	read_le32(&r); /* flags: none matters to us */
	module_count = read_le32(&r);
	modules = read_le64(&r);
	command_line = read_le64(&r);
	rsdp = read_le64(&r);
	ranges = read_le64(&r);
	range_count = read_le32(&r);
	if (version == 0)
		return unsupported(
			"PVH: start information of version 0 has no memory map: use a newer VMM");

	boot_info.source = "PVH";
	boot_info.rsdp = rsdp;
	read_modules(modules, module_count);
	read_command_line(command_line);
	return read_memory_map(ranges, range_count);
}

const struct platform pvh_platform = { .name = "PVH", .describe = pvh_describe };
