// SPDX-License-Identifier: Apache-2.0
/*
 * The identity map. RAM is mapped once, from the ledger; other memory (device windows, tables in
 * reserved memory) is mapped when it is first needed. With UEFI, all of it below 4 GiB is mapped
 * from the start: programs use registers of the chipset that no protocol tells of.
 */
#include "core/arch.h"
#include "core/boot.h"
#include "core/memory.h"
#include "core/panic.h"
#include "lib/config.h"
#include "lib/util.h"

#include <asm/cpu.h>
#include <asm/registers.h>

#include "arch/x86_64/page_tables.h"
#include "arch/x86_64/x86_64.h"

enum {
	IDENTITY_BITS_MAX = 47, /* the lower half of 48 bits of virtual address */
};

#define DEVICE_FLAGS (PAGE_PRESENT | PAGE_WRITABLE | PAGE_NO_EXECUTE | PAGE_UNCACHED)

static u64 *root;                           /* NULL: the initial page tables are still active */
static u64 memory_end = MEMORY_BELOW_4_GIB; /* the end of memory mapped by the active tables */
static u64 physical_end;
/* How RAM is mapped. */
static u64 memory_flags = PAGE_PRESENT | PAGE_WRITABLE | PAGE_NO_EXECUTE;

static enum status map_pages(u64 base, u64 end, u64 flags)
{
	enum status status =
		page_tables_map(root, align_down(base, PAGE_SIZE), align_up(end, PAGE_SIZE), flags);

	cr3_write((u64)root);
	return status;
}

static bool is_image(u64 base, u64 end)
{
	return base < (u64)image_end && end > (u64)image_start;
}

enum status arch_map(u64 base, u64 size, enum map_kind kind)
{
	u64 end;

	if (add_overflows(base, size, &end) || end > memory_end)
		return ERR_INVALID;
	if (!root)
		return OK;
	/* Our own image keeps its protection, whatever the VMM's tables refer to. */
	if (is_image(base, end))
		return ERR_INVALID;
	return map_pages(base, end, kind == MAP_DEVICE ? DEVICE_FLAGS : memory_flags);
}

enum status arch_protect(u64 base, u64 size, u32 access)
{
	u64 flags = (access & ACCESS_READ ? PAGE_PRESENT : PAGE_NO_ACCESS) |
		    (access & ACCESS_WRITE ? PAGE_WRITABLE : 0u) |
		    (access & ACCESS_EXECUTE ? 0 : PAGE_NO_EXECUTE);

	if ((base | size) % PAGE_SIZE || !memory_is_ram(base, size) || base + size > memory_end ||
	    is_image(base, base + size))
		return ERR_INVALID;
	if (!root)
		return ERR_UNSUPPORTED;
	return map_pages(base, base + size, flags);
}

enum status arch_stack_create(u64 size, u64 *top)
{
	u64 base;
	enum status status = memory_allocate(size + PAGE_SIZE, PAGE_SIZE, MEMORY_ANYWHERE,
					     MEMORY_BOOT_DATA, &base);

	if (status)
		return status;
	*top = base + PAGE_SIZE + align_up(size, PAGE_SIZE);
	/* Continues without it if no page is left for a table. */
	if (!root || map_pages(base, base + PAGE_SIZE, PAGE_NO_ACCESS))
		log_warning("no guard page below the stack at 0x%lx", base);
	return OK;
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
 * The first contiguous run of RAM at or above @floor. Searched again each time, because the ledger
 * changes when a table is allocated.
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

static enum status map_memory_and_image(void)
{
	const struct {
		char *base;
		char *end;
		u64 flags;
	} parts[] = {
		{ NULL, (char *)PAGE_SIZE, PAGE_NO_ACCESS },
		{ image_start, text_start, PAGE_PRESENT | PAGE_NO_EXECUTE },
		{ text_start, data_start, PAGE_PRESENT },
		{ data_start, image_end, PAGE_PRESENT | PAGE_WRITABLE | PAGE_NO_EXECUTE },
		{ stack_guard_page, stack_guard_page + PAGE_SIZE, PAGE_NO_ACCESS },
	};
	enum status status = OK, first_failure = OK;

	for (u64 base = 0, end = 0; find_memory(end, &base, &end);) {
		status = page_tables_map(root, base, min_u64(end, physical_end), memory_flags);
		if (!first_failure)
			first_failure = status;
	}
	for (u32 i = 0; i < ARRAY_SIZE(parts); i++) {
		status = page_tables_map(root, (u64)parts[i].base, (u64)parts[i].end,
					 parts[i].flags);
		if (!first_failure)
			first_failure = status;
	}
	return first_failure;
}

void arch_mmu_init(void)
{
	static _Alignas(PAGE_SIZE) u64 first_table[PAGE_TABLE_ENTRIES];

	physical_end = 1ull << min_u64(physical_address_bits(), IDENTITY_BITS_MAX);
	page_tables_no_execute = cpu_extended_features >> EXTENDED_NO_EXECUTE_BIT & 1;
	page_tables_gib_pages = cpu_extended_features >> EXTENDED_GIB_PAGES_BIT & 1;
	root = first_table;
	if ((IS_ENABLED(CONFIG_EFI) && page_tables_map(root, 0, MEMORY_BELOW_4_GIB, DEVICE_FLAGS)) ||
	    map_memory_and_image()) {
		root = NULL;
		log_warning(
			"no memory for page tables: only 4 GiB can be used, all writable and executable");
		return;
	}
	memory_end = physical_end;
	cr3_write((u64)root);
}

/*
 * Includes the first MiB: Linux reads the BIOS data area in page 0 to find room for a trampoline
 * and runs it there, both before it has its own page tables
 * (arch/x86/boot/compressed/pgtable_64.c); GRUB reads that page, too.
 */
void arch_allow_execution(void)
{
	memory_flags &= ~PAGE_NO_EXECUTE;
	if (!root)
		return;
	/*
	 * RAM next to other memory may need a page table of its own, which can fail. Mapping the
	 * first MiB and updating the processor do not depend on that.
	 */
	if (map_memory_and_image() | map_pages(0, MIB, memory_flags))
		log_warning("no memory for page tables: some RAM is not executable");
}

enum status arch_restrict_execution(u32 table_pages)
{
	enum status status;

	if (!root || !page_tables_no_execute)
		return ERR_UNSUPPORTED;
	/* GRUB reads the BIOS data area in page 0. */
	status = map_pages(0, MIB, memory_flags);
	return status ? status : page_tables_reserve(table_pages);
}

u64 arch_access(u64 address, u32 *access)
{
	u64 end;
	u64 flags = page_tables_flags(root, address, &end);

	*access = (flags & PAGE_PRESENT ? ACCESS_READ : 0) |
		  (flags & PAGE_WRITABLE ? ACCESS_WRITE : 0) |
		  (flags & PAGE_NO_EXECUTE ? 0 : ACCESS_EXECUTE);
	return end;
}

void kernel_enter(u64 entry, u64 argument);

void arch_enter_kernel(const struct kernel *kernel)
{
	arch_allow_execution();
	kernel_enter(kernel->entry, kernel->argument);
	__builtin_unreachable();
}
