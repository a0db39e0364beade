// SPDX-License-Identifier: Apache-2.0
/*
 * Linux's boot_params (Documentation/arch/x86/zero-page.rst), as a VMM fills them in for a kernel
 * that it starts by the 64-bit boot protocol.
 *
 *	offset	size
 *	0x070	8	RSDP: 0 on crosvm, where it must be searched for
 *	0x0c0	4, 4, 4	upper halves of: initrd, its size, command line
 *	0x1e8	1	ranges in the memory map
 *	0x202	4	"HdrS"
 *	0x218	4, 4	initrd, its size
 *	0x228	4	command line
 *	0x2d0	20 each	memory map: u64 address, u64 size, u32 type (E820)
 */
#include "core/arch.h"
#include "core/boot_info.h"
#include "core/log.h"
#include "drivers/platform/handover.h"
#include "drivers/platform/platform.h"

enum {
	PARAMS_SIZE = 4096,
	PARAMS_RSDP = 0x070,
	PARAMS_EXT_RAMDISK_IMAGE = 0x0c0,
	PARAMS_EXT_RAMDISK_SIZE = 0x0c4,
	PARAMS_EXT_COMMAND_LINE = 0x0c8,
	PARAMS_RANGE_COUNT = 0x1e8,
	PARAMS_MAGIC = 0x202,
	PARAMS_RAMDISK_IMAGE = 0x218,
	PARAMS_RAMDISK_SIZE = 0x21c,
	PARAMS_COMMAND_LINE = 0x228,
	PARAMS_RANGES = 0x2d0,
	RANGE_SIZE = 20,
	RANGES_MAX = 128,
};

/* A number whose two halves are stored apart. */
static u64 field(struct span params, u32 low, u32 high)
{
	return load_le32(params.data + low) | (u64)load_le32(params.data + high) << 32;
}

static enum status read_memory_map(struct span params)
{
	u32 count = params.data[PARAMS_RANGE_COUNT];
	struct reader r;

	if (count == 0)
		return corrupt("Linux boot parameters: no memory map");
	if (count > RANGES_MAX) {
		log_warning("Linux boot parameters: %u memory ranges, %d are used", count,
			    RANGES_MAX);
		count = RANGES_MAX;
	}
	r = (struct reader){ .rest = span_part(params, PARAMS_RANGES, count * RANGE_SIZE) };
	while (!span_is_empty(r.rest)) {
		u64 base = read_le64(&r);
		u64 size = read_le64(&r);

		handover_add_range(base, size, read_le32(&r));
	}
	return OK;
}

static enum status linux_describe(void)
{
	struct span params;
	u64 initrd_size;

	if (arch_entry.protocol != ENTRY_PROTOCOL_LINUX)
		return ERR_UNRECOGNIZED;
	params = arch_memory(arch_entry.argument, PARAMS_SIZE);
	if (!span_starts_with(span_from(params, PARAMS_MAGIC), SPAN("HdrS")))
		return corrupt("Linux boot parameters: none at 0x%lx", arch_entry.argument);

	boot_info.source = "the Linux boot protocol";
	boot_info.rsdp = load_le64(params.data + PARAMS_RSDP);
	initrd_size = field(params, PARAMS_RAMDISK_SIZE, PARAMS_EXT_RAMDISK_SIZE);
	if (initrd_size)
		handover_add_module(field(params, PARAMS_RAMDISK_IMAGE, PARAMS_EXT_RAMDISK_IMAGE),
				    initrd_size);
	handover_set_command_line(field(params, PARAMS_COMMAND_LINE, PARAMS_EXT_COMMAND_LINE));
	return read_memory_map(params);
}

const struct platform linux_platform = { .name = "Linux boot protocol",
					 .describe = linux_describe };
