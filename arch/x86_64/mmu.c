// SPDX-License-Identifier: Apache-2.0
/*
 * Identity mapping in four levels (Intel SDM volume 3, 4.5). RAM is mapped once, from the ledger;
 * what else is used (device windows, tables in reserved memory) when it is first asked for. 1 GiB
 * pages where the processor has them, 4 KiB pages only where protection or the kind of memory
 * changes within 2 MiB.
 */
#include "core/arch.h"
#include "core/boot.h"
#include "core/memory.h"
#include "core/panic.h"
#include "lib/util.h"

#include <asm/cpu.h>
#include <asm/registers.h>

#include "arch/x86_64/x86_64.h"

#define PAGE_NO_EXECUTE (1ull << 63)
#define ADDRESS_MASK 0x000ffffffffff000ull

enum {
	TABLE_ENTRIES = 512,
	LEVEL_4_KIB = 0, /* a table at this level maps pages of this size */
	LEVEL_2_MIB = 1,
	LEVEL_1_GIB = 2,
	LEVEL_ROOT = 3,
	CPUID_ADDRESS_SIZES = 0x80000008,
	IDENTITY_BITS_MAX = 47, /* the lower half of 48 bits of virtual address */
};

static u64 *root;                           /* NULL: the entry's tables are still in force */
static u64 memory_end = MEMORY_BELOW_4_GIB; /* what the tables in force reach */
static bool has_no_execute;
static bool has_gib_pages;

static u32 level_shift(u32 level)
{
	return 12 + 9 * level;
}

static u64 level_size(u32 level)
{
	return 1ull << level_shift(level);
}

/* The entry of @table, which is of @level, for @address. */
static u64 *entry_for(u64 *table, u32 level, u64 address)
{
	return &table[address >> level_shift(level) & (TABLE_ENTRIES - 1)];
}

/*
 * The entry that maps @base at @level; 0 flags map nothing. Set from the start, the accessed and
 * dirty bits make equal mappings equal entries.
 */
static u64 leaf(u64 base, u32 level, u64 flags)
{
	if (!(flags & PAGE_PRESENT))
		return 0;
	if (!has_no_execute)
		flags &= ~PAGE_NO_EXECUTE;
	return base | flags | PAGE_ACCESSED | PAGE_DIRTY | (level ? PAGE_LARGE : 0);
}

static bool is_table(u64 entry, u32 level)
{
	return level != LEVEL_4_KIB && (entry & PAGE_PRESENT) && !(entry & PAGE_LARGE);
}

static u64 *table_at(u64 entry)
{
	return (u64 *)(entry & ADDRESS_MASK);
}

/* A table that maps what @entry of @level maps. */
static u64 *table_split(u64 *entry, u32 level)
{
	u64 value = *entry;
	u64 size = value ? level_size(level - 1) : 0;
	u64 page;
	u64 *table;

	if (memory_allocate(PAGE_SIZE, PAGE_SIZE, MEMORY_ANYWHERE, MEMORY_BOOT_DATA, &page))
		return NULL;
	table = (u64 *)page;
	if (level - 1 == LEVEL_4_KIB)
		value &= ~(u64)PAGE_LARGE;
	for (u32 i = 0; i < TABLE_ENTRIES; i++, value += size)
		table[i] = value;
	*entry = page | PAGE_PRESENT | PAGE_WRITABLE;
	return table;
}

/* Maps [base, end), page aligned, within @table of @level. */
static enum status map_range(u64 *table, u32 level, u64 base, u64 end, u64 flags)
{
	u64 size = level_size(level);

	while (base < end) {
		u64 *entry = entry_for(table, level, base);
		u64 page_base = align_down(base, size);
		u64 page_end = page_base + size;
		u64 part_end = min_u64(end, page_end);
		u64 wanted = leaf(page_base, level, flags);
		bool whole = base == page_base && part_end == page_end;

		/*
		 * 2 MiB that hold nothing yet are taken as a whole: all RAM is mapped from the
		 * start, so what else lies there are neighbouring device windows or tables, soon
		 * asked for as well.
		 */
		if (level == LEVEL_2_MIB && !*entry)
			whole = true;
		if (level == LEVEL_ROOT || (level == LEVEL_1_GIB && !has_gib_pages) ||
		    is_table(*entry, level))
			whole = false;

		if (whole) {
			*entry = wanted;
			/* RAM is large: mostly the neighbours follow. */
			while (wanted && end - part_end >= size && (u64)++entry % PAGE_SIZE &&
			       !*entry) {
				wanted += size;
				*entry = wanted;
				part_end += size;
			}
		} else if (*entry != wanted) {
			u64 *below = is_table(*entry, level) ? table_at(*entry) :
							       table_split(entry, level);
			enum status status =
				below ? map_range(below, level - 1, base, part_end, flags) :
					ERR_NO_MEMORY;
			if (status)
				return status;
		}
		base = part_end;
	}
	return OK;
}

static enum status map_pages(u64 base, u64 end, u64 flags)
{
	enum status status = map_range(root, LEVEL_ROOT, align_down(base, PAGE_SIZE),
				       align_up(end, PAGE_SIZE), flags);

	cr3_write((u64)root);
	return status;
}

enum status arch_map(u64 base, u64 size, enum map_kind kind)
{
	u64 end;

	if (add_overflows(base, size, &end) || end > memory_end)
		return ERR_INVALID;
	if (!root)
		return OK;
	/* Our own image keeps its protection, whatever the VMM's tables point to. */
	if (base < (u64)image_end && end > (u64)image_start)
		return ERR_INVALID;
	return map_pages(base, end,
			 PAGE_PRESENT | PAGE_WRITABLE | PAGE_NO_EXECUTE |
				 (kind == MAP_DEVICE ? PAGE_UNCACHED : 0));
}

struct span arch_memory(u64 base, u64 size)
{
	if (size == 0 || arch_map(base, size, MAP_MEMORY))
		return (struct span){ 0 };
	return span_of((const void *)base, size);
}

u64 arch_memory_end(void)
{
	return memory_end;
}

/*
 * The first run of neighbouring RAM at or above @floor. The ledger changes with each table we take:
 * look anew.
 */
static bool find_memory(u64 floor, u64 *base, u64 *end)
{
	u32 count;
	const struct memory_range *ranges = memory_map(&count);
	bool found = false;

	for (u32 i = 0; i < count; i++) {
		if (!memory_range_is_ram(&ranges[i]) || ranges[i].end <= floor)
			continue;
		if (found && ranges[i].base != *end)
			break;
		if (!found)
			*base = max_u64(ranges[i].base, floor);
		*end = ranges[i].end;
		found = true;
	}
	return found;
}

static enum status map_memory_and_image(u64 physical_end)
{
	const struct {
		char *base;
		char *end;
		u64 flags;
	} parts[] = {
		{ NULL, (char *)PAGE_SIZE, 0 },
		{ image_start, text_start, PAGE_PRESENT | PAGE_NO_EXECUTE },
		{ text_start, data_start, PAGE_PRESENT },
		{ data_start, image_end, PAGE_PRESENT | PAGE_WRITABLE | PAGE_NO_EXECUTE },
		{ stack_guard_page, stack_guard_page + PAGE_SIZE, 0 },
	};
	enum status status;

	for (u64 base = 0, end = 0; find_memory(end, &base, &end);) {
		end = min_u64(end, physical_end);
		if (base >= end)
			break;
		status = map_range(root, LEVEL_ROOT, base, end,
				   PAGE_PRESENT | PAGE_WRITABLE | PAGE_NO_EXECUTE);
		if (status)
			return status;
	}
	for (u32 i = 0; i < ARRAY_SIZE(parts); i++) {
		status = map_range(root, LEVEL_ROOT, (u64)parts[i].base, (u64)parts[i].end,
				   parts[i].flags);
		if (status)
			return status;
	}
	return OK;
}

void arch_mmu_init(void)
{
	static _Alignas(PAGE_SIZE) u64 first_table[TABLE_ENTRIES];
	u32 bits = cpuid(CPUID_ADDRESS_SIZES, 0).eax & 0xff;
	u64 physical_end = 1ull << min_u64(bits, IDENTITY_BITS_MAX);

	has_no_execute = cpu_extended_features >> EXTENDED_NO_EXECUTE_BIT & 1;
	has_gib_pages = cpu_extended_features >> EXTENDED_GIB_PAGES_BIT & 1;
	root = first_table;
	if (map_memory_and_image(physical_end)) {
		root = NULL;
		log_warning("no memory for page tables: only the first 4 GiB can be used");
		return;
	}
	memory_end = physical_end;
	cr3_write((u64)root);
}

static void allow_execution(u64 *table, u32 level, u64 base, u64 end)
{
	u64 size = level_size(level);

	for (; base < end; base = align_down(base, size) + size) {
		u64 *entry = entry_for(table, level, base);

		if (is_table(*entry, level))
			allow_execution(table_at(*entry), level - 1, base,
					min_u64(end, align_down(base, size) + size));
		else
			*entry &= ~PAGE_NO_EXECUTE;
	}
}

void kernel_enter(u64 entry, u64 argument);

void arch_enter_kernel(const struct kernel *kernel)
{
	u32 count;
	const struct memory_range *ranges = memory_map(&count);

	if (root) {
		for (u32 i = 0; i < count; i++)
			if (ranges[i].type == MEMORY_LOADER_CODE)
				allow_execution(root, LEVEL_ROOT, ranges[i].base, ranges[i].end);
		/*
		 * Linux reads the BIOS data area in page 0 to find room for a trampoline, and runs
		 * it there, both before it has page tables of its own
		 * (arch/x86/boot/compressed/pgtable_64.c). Below our image nothing else needed
		 * pages of 4 KiB.
		 */
		*table_at(*table_at(*root)) = leaf(0, LEVEL_2_MIB, PAGE_PRESENT | PAGE_WRITABLE);
		cr3_write((u64)root);
	}
	kernel_enter(kernel->entry, kernel->argument);
	__builtin_unreachable();
}
