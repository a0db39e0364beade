// SPDX-License-Identifier: Apache-2.0
/*
 * PVH's hvm_start_info (Xen's arch-x86/hvm/start_info.h), of version 1, which introduced the memory
 * map that we need.
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
#include "drivers/platform/handover.h"
#include "drivers/platform/platform.h"
#include "lib/util.h"

enum {
	START_INFO_MAGIC = 0x336ec578,
	START_INFO_SIZE = 56,
	MODULE_SIZE = 32,
	RANGE_SIZE = 24,
};

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
		handover_add_range(base, size, type);
	}
	return OK;
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

		read_bytes(&r, 16);
		handover_add_module(base, size);
	}
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
	read_le32(&r); /* flags: none is needed */
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
	handover_set_command_line(command_line);
	return read_memory_map(ranges, range_count);
}

const struct platform pvh_platform = { .name = "PVH", .describe = pvh_describe };
