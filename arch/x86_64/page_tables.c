// SPDX-License-Identifier: Apache-2.0
/* Page tables for an identity map. Tables are allocated from the ledger and never freed. */
#include "arch/x86_64/page_tables.h"

#include "core/memory.h"
#include "lib/util.h"

#include "arch/x86_64/include/asm/registers.h"

#define ADDRESS_MASK 0x000ffffffffff000ull

enum {
	LEVEL_4_KIB = 0, /* a table at this level maps pages of this size */
	LEVEL_2_MIB = 1,
	LEVEL_1_GIB = 2,
	LEVEL_ROOT = 3,
};

bool page_tables_no_execute, page_tables_gib_pages;

/* Reserved pages, each with the address of the next in its first word. */
static u64 *spare;
static bool spare_only;

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
	return &table[address >> level_shift(level) & (PAGE_TABLE_ENTRIES - 1)];
}

/*
 * The entry that maps @base at @level. The accessed and dirty bits are set from the start, so that
 * equal mappings have equal entries.
 */
static u64 leaf(u64 base, u32 level, u64 flags)
{
	if (!(flags & PAGE_PRESENT))
		return flags;
	if (!page_tables_no_execute)
		flags &= ~PAGE_NO_EXECUTE;
	return base | flags | PAGE_ACCESSED | PAGE_DIRTY | (level ? PAGE_LARGE : 0);
}

static bool is_table(u64 entry, u32 level)
{
	return level != LEVEL_4_KIB && (entry & PAGE_PRESENT) && !(entry & PAGE_LARGE);
}

static u64 *table_at(u64 entry)
{
	return (u64 *)(uintptr_t)(entry & ADDRESS_MASK);
}

static u64 *table_allocate(void)
{
	u64 *table = spare;
	u64 page;

	if (table)
		spare = table_at(*table);
	else if (!spare_only &&
		 !memory_allocate(PAGE_SIZE, PAGE_SIZE, MEMORY_ANYWHERE, MEMORY_BOOT_DATA, &page))
		table = table_at(page);
	return table;
}

/* Splits @entry of @level into a table with the same mapping. */
static u64 *table_split(u64 *entry, u32 level)
{
	u64 value = *entry;
	u64 size = value & PAGE_PRESENT ? level_size(level - 1) : 0;
	u64 *table = table_allocate();

	if (!table)
		return NULL;
	if (level - 1 == LEVEL_4_KIB)
		value &= ~(u64)PAGE_LARGE;
	for (u32 i = 0; i < PAGE_TABLE_ENTRIES; i++, value += size)
		table[i] = value;
	*entry = (u64)(uintptr_t)table | PAGE_PRESENT | PAGE_WRITABLE;
	return table;
}

static enum status map_range(u64 *table, u32 level, u64 base, u64 end, u64 flags)
{
	u64 size = level_size(level);
	u64 page_base = align_down(base, size);
	u64 *entry = entry_for(table, level, base);
	u64 wanted = leaf(page_base, level, flags);
	u64 wanted_step = flags & PAGE_PRESENT ? size : 0;
	bool can_be_leaf = level < (page_tables_gib_pages ? LEVEL_ROOT : LEVEL_1_GIB);

	if (level == LEVEL_4_KIB) {
		for (; base < end; base += size, wanted += wanted_step)
			*entry++ = wanted;
		return OK;
	}
	for (; base < end; entry++, wanted += wanted_step) {
		u64 part_end = min_u64(end, page_base + size);
		/*
		 * 2 MiB without any mapping are mapped as a whole: all RAM is already mapped, so
		 * the rest can only be adjacent device windows or tables, which are soon needed,
		 * too.
		 */
		bool whole = part_end - base == size || (level == LEVEL_2_MIB && !*entry);

		if (whole && can_be_leaf && !is_table(*entry, level)) {
			*entry = wanted;
		} else if (*entry != wanted) {
			u64 *below = is_table(*entry, level) ? table_at(*entry) :
							       table_split(entry, level);
			enum status status =
				below ? map_range(below, level - 1, base, part_end, flags) :
					ERR_NO_MEMORY;
			if (status)
				return status;
		}
		base = page_base = part_end;
	}
	return OK;
}

enum status page_tables_map(u64 *root, u64 base, u64 end, u64 flags)
{
	return map_range(root, LEVEL_ROOT, base, end, flags);
}

enum status page_tables_reserve(u32 count)
{
	u64 base;
	enum status status = memory_allocate(count * (u64)PAGE_SIZE, PAGE_SIZE, MEMORY_ANYWHERE,
					     MEMORY_BOOT_DATA, &base);

	if (status)
		return status;
	for (u32 i = 0; i < count; i++, base += PAGE_SIZE) {
		u64 *page = table_at(base);

		*page = (u64)(uintptr_t)spare;
		spare = page;
	}
	spare_only = true;
	return OK;
}

u64 page_tables_flags(const u64 *root, u64 address, u64 *end)
{
	u32 level = LEVEL_ROOT;
	u64 entry = root[address >> level_shift(level) & (PAGE_TABLE_ENTRIES - 1)];

	while (is_table(entry, level)) {
		level--;
		entry = *entry_for(table_at(entry), level, address);
	}
	*end = align_down(address, level_size(level)) + level_size(level);
	return entry & (PAGE_PRESENT | PAGE_WRITABLE | PAGE_NO_EXECUTE);
}
