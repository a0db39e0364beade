// SPDX-License-Identifier: Apache-2.0
/*
 * The boot information of Multiboot2 (specification 2.0, section 3.6): u32 total size, u32
 * reserved, then tags at multiples of 8, each with u32 type and u32 size, which includes these 8
 * bytes.
 *
 *	type	what follows
 *	0	nothing: the last tag
 *	1	the command line and a NUL
 *	3	a module: u32 start, u32 end, its command line and a NUL
 *	6	u32 size of a range, u32 version, ranges: u64 address, u64 size, u32 type (E820)
 *	14	a copy of the RSDP of ACPI 1.0
 *	15	a copy of a later RSDP
 */
#include "core/arch.h"
#include "core/boot_info.h"
#include "core/log.h"
#include "core/memory.h"
#include "drivers/platform/handover.h"
#include "drivers/platform/platform.h"
#include "lib/util.h"

enum {
	HEAD_SIZE = 8, /* of the information, and of a tag */
	INFORMATION_SIZE_MAX = MIB,
	TAG_ALIGNMENT = 8,

	TAG_END = 0,
	TAG_COMMAND_LINE = 1,
	TAG_MODULE = 3,
	TAG_MEMORY_MAP = 6,
	TAG_RSDP = 14,
	TAG_RSDP_2 = 15,

	RANGE_SIZE = 20, /* what we read of it */
	RSDP_SIZE = 20,
};

static void read_command_line(struct span content)
{
	boot_info.command_line =
		span_part(content, 0, strnlen((const char *)content.data, content.size));
}

static void read_module(struct span content)
{
	struct reader r = { .rest = content };
	u32 start = read_le32(&r);
	u32 end = read_le32(&r);

	if (r.overrun || end < start)
		log_warning("Multiboot2: module from 0x%x to 0x%x ignored", start, end);
	else if (boot_info.module_count == BOOT_MODULES_MAX)
		log_warning("Multiboot2: more than %d modules (BOOT_MODULES_MAX)",
			    BOOT_MODULES_MAX);
	else
		handover_add_module(start, end - start);
}

static void read_memory_map(struct span content)
{
	struct reader r = { .rest = content };
	u32 size = read_le32(&r);

	read_le32(&r); /* version: later ones keep these fields */
	if (size < RANGE_SIZE) {
		log_warning("Multiboot2: memory ranges of %u bytes", size);
		return;
	}
	while (r.rest.size >= size) {
		struct reader range = { .rest = read_bytes(&r, size) };
		u64 base = read_le64(&range);
		u64 range_size = read_le64(&range);

		handover_add_range(base, range_size, read_le32(&range));
	}
}

/* The copy replaces the original: like the tables, it is kept for the operating system. */
static void read_rsdp(struct span content)
{
	if (content.size >= RSDP_SIZE)
		boot_info.rsdp = (uintptr_t)content.data;
}

/*
 * Removes the next tag, including its head, from the start of @rest. Empty if there is no room for
 * one.
 */
static struct span take_tag(struct span *rest)
{
	struct span head = span_part(*rest, 0, HEAD_SIZE), tag;
	u32 size = span_is_empty(head) ? 0 : load_le32(head.data + 4);

	if (size < HEAD_SIZE)
		return (struct span){ 0 };
	tag = span_part(*rest, 0, size);
	*rest = span_from(*rest, min_u64(align_up((u64)size, TAG_ALIGNMENT), rest->size));
	return tag;
}

static enum status read_tags(struct span rest)
{
	bool has_rsdp_2 = false;

	for (;;) {
		struct span tag = take_tag(&rest);
		struct span content = span_from(tag, HEAD_SIZE);
		u32 type;

		if (span_is_empty(tag))
			return corrupt("Multiboot2: information ends in the middle of a tag");
		type = load_le32(tag.data);
		if (type == TAG_END)
			break;
		if (type == TAG_COMMAND_LINE)
			read_command_line(content);
		else if (type == TAG_MODULE)
			read_module(content);
		else if (type == TAG_MEMORY_MAP)
			read_memory_map(content);
		else if (type == TAG_RSDP_2 || (type == TAG_RSDP && !has_rsdp_2))
			read_rsdp(content);
		has_rsdp_2 |= type == TAG_RSDP_2;
	}
	if (boot_info.range_count == 0)
		return corrupt("Multiboot2: no memory map");
	return OK;
}

static enum status multiboot2_describe(void)
{
	struct span head;
	u32 size;

	if (arch_entry.protocol != ENTRY_PROTOCOL_MULTIBOOT2)
		return ERR_UNRECOGNIZED;
	head = arch_memory(arch_entry.argument, HEAD_SIZE);
	size = span_is_empty(head) ? 0 : load_le32(head.data);
	/* The content of the first page would be lost. */
	if (arch_entry.argument < PAGE_SIZE || size < HEAD_SIZE || size > INFORMATION_SIZE_MAX)
		return corrupt("Multiboot2: no information at 0x%lx", arch_entry.argument);
	boot_info.source = "Multiboot2";
	return read_tags(span_from(arch_memory(arch_entry.argument, size), HEAD_SIZE));
}

const struct platform multiboot2_platform = { .name = "Multiboot2",
					      .describe = multiboot2_describe };
