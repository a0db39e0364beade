/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arch/x86_64/mmu.c: access rights of memory, and what happens when no page is left for a table.
 * Its functions are renamed here to distinguish them from the host's (tests/host.mk).
 */
#include <asm/cpu.h>

#include "arch/x86_64/x86_64.h"
#include "core/arch.h"
#include "core/boot.h"
#include "core/log.h"
#include "core/memory.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/host/memory_console.h"
#include "tests/unit/fresh.h"
#include "tests/unit/page_walk.h"

#define LOW_END 0x9f000
#define HIGH_BASE (4 * GIB)
#define HIGH_END (6 * GIB + 3 * PAGE_SIZE)
#define DEVICE 0xfe000000ull
#define HIGH_DEVICE (256 * GIB)
#define ALL_FEATURES (1u << EXTENDED_NO_EXECUTE_BIT | 1u << EXTENDED_GIB_PAGES_BIT)

/* The layout of firmware.ld.S and long_mode.S. */
asm(".pushsection .data\n"
    ".globl image_start, text_start, data_start, stack_guard_page, image_end\n"
    ".balign 4096\n"
    "image_start:      .skip 4096\n"
    "text_start:       .skip 2 * 4096\n"
    "data_start:       .skip 4096\n"
    "stack_guard_page: .skip 4096\n"
    "                  .skip 4096\n"
    "image_end:\n"
    ".popsection");

u32 cpu_extended_features = ALL_FEATURES;

static u32 address_bits = 40;
static struct memory_console console;
static u64 entered[2];

u32 physical_address_bits(void)
{
	return address_bits;
}

void kernel_enter(u64 entry, u64 argument);

void kernel_enter(u64 entry, u64 argument)
{
	entered[0] = entry;
	entered[1] = argument;
	arch_halt();
}

static void describe(void)
{
	host_memory_init();
	memory_console_init(&console, "");
	log_set_threshold(LOG_WARNING);
	boot_info_add_range(0, LOW_END, MEMORY_CONVENTIONAL);
	boot_info_add_range(HIGH_BASE, HIGH_END - HIGH_BASE, MEMORY_CONVENTIONAL);
	host_memory_end = 4 * GIB; /* the rest is not real */
	host_memory_describe();
}

static void set_up(void)
{
	describe();
	arch_mmu_init();
}

static u64 flags_at(u64 address)
{
	u64 size;

	return page_walk((const u64 *)(uintptr_t)host_cr3, address, &size);
}

static u64 flags_of(const char *address)
{
	return flags_at((uintptr_t)address);
}

static u64 size_at(u64 address)
{
	u64 size;

	(void)page_walk((const u64 *)(uintptr_t)host_cr3, address, &size);
	return size;
}

/* Counts pages of any size below @table that are writable and executable. */
static u64 writable_and_executable(const u64 *table, u32 level)
{
	u64 count = 0;

	for (u32 i = 0; i < PAGE_TABLE_ENTRIES; i++) {
		if (!(table[i] & PAGE_PRESENT))
			continue;
		if (level && !(table[i] & PAGE_LARGE))
			count += writable_and_executable(
				(const u64 *)(uintptr_t)(table[i] & ADDRESS_MASK), level - 1);
		else
			count += (table[i] & (PAGE_WRITABLE | NX)) == PAGE_WRITABLE;
	}
	return count;
}

static void check_image(void)
{
	CHECK_EQUAL(flags_of(image_start), PAGE_PRESENT | NX);
	CHECK_EQUAL(flags_of(text_start), PAGE_PRESENT);
	CHECK_EQUAL(flags_of(data_start - 1), PAGE_PRESENT);
	CHECK_EQUAL(flags_of(data_start), RW | NX);
	CHECK_EQUAL(flags_of(stack_guard_page - 1), RW | NX);
	CHECK_EQUAL(flags_of(stack_guard_page), NOT_MAPPED);
	CHECK_EQUAL(flags_of(stack_guard_page + PAGE_SIZE), RW | NX);
	CHECK_EQUAL(flags_of(image_end - 1), RW | NX);
}

FRESH_TEST(memory_is_not_executed_and_code_not_written)
{
	set_up();
	CHECK_TEXT(console.text, "");
	CHECK_EQUAL(host_cr3_writes, 1);
	CHECK_EQUAL(arch_memory_end(), 1ull << 40);
	check_image();
	CHECK_EQUAL(flags_at(0), NOT_MAPPED);
	CHECK_EQUAL(flags_at(PAGE_SIZE), RW | NX);
	CHECK_EQUAL(flags_at(LOW_END - 1), RW | NX);
	CHECK_EQUAL(flags_at(HOST_MEMORY_BASE), RW | NX);
	CHECK_EQUAL(flags_at(HOST_MEMORY_BASE + HOST_MEMORY_SIZE - 1), RW | NX);
	CHECK_EQUAL(flags_at(HOST_MEMORY_BASE + HOST_MEMORY_SIZE), RW | NX | PAGE_UNCACHED);
	CHECK_EQUAL(flags_at(DEVICE), RW | NX | PAGE_UNCACHED); /* for UEFI programs */
	CHECK_EQUAL(flags_at(HIGH_DEVICE), NOT_MAPPED);
	CHECK_EQUAL(flags_at(HIGH_BASE), RW | NX);
	CHECK_EQUAL(size_at(HIGH_BASE), 1 * GIB);
	CHECK_EQUAL(flags_at(HIGH_END - 1), RW | NX);
	CHECK_EQUAL(flags_at(HIGH_END + 2 * MIB), NOT_MAPPED);
	CHECK_EQUAL(writable_and_executable((const u64 *)(uintptr_t)host_cr3, 3), 0);
}

FRESH_TEST(a_processor_without_large_pages_and_no_execute)
{
	cpu_extended_features = 0;
	set_up();
	CHECK_EQUAL(flags_at(HIGH_BASE), RW);
	CHECK_EQUAL(size_at(HIGH_BASE), 2 * MIB);
	CHECK_EQUAL(flags_of(text_start), PAGE_PRESENT);
	CHECK_EQUAL(arch_restrict_execution(4), ERR_UNSUPPORTED);
}

/* The VMM reports RAM that this processor cannot address. */
FRESH_TEST(memory_past_the_processors_addresses)
{
	address_bits = 32;
	set_up();
	CHECK_EQUAL(arch_memory_end(), 4 * GIB);
	CHECK_EQUAL(flags_at(HOST_MEMORY_BASE), RW | NX);
	CHECK_EQUAL(flags_at(HIGH_BASE), NOT_MAPPED);
	CHECK_EQUAL(arch_map(4 * GIB - PAGE_SIZE, PAGE_SIZE, MAP_DEVICE), OK);
	CHECK_EQUAL(arch_map(4 * GIB - PAGE_SIZE, PAGE_SIZE + 1, MAP_DEVICE), ERR_INVALID);
	CHECK_EQUAL(arch_map(HIGH_BASE, PAGE_SIZE, MAP_MEMORY), ERR_INVALID);
}

/* Four levels, of which only the lower half is used. */
FRESH_TEST(more_addresses_than_the_tables_have)
{
	address_bits = 52;
	set_up();
	CHECK_EQUAL(arch_memory_end(), 1ull << 47);
	CHECK_EQUAL(arch_map((1ull << 47) - PAGE_SIZE, PAGE_SIZE, MAP_DEVICE), OK);
	CHECK_EQUAL(arch_map(1ull << 47, PAGE_SIZE, MAP_DEVICE), ERR_INVALID);
	CHECK_EQUAL(arch_map(UINT64_MAX, 2, MAP_DEVICE), ERR_INVALID);
}

FRESH_TEST(devices_are_mapped_when_asked_for)
{
	struct span span;

	set_up();
	CHECK_EQUAL(arch_map(DEVICE + 0x10, 4, MAP_DEVICE), OK);
	CHECK_EQUAL(host_cr3_writes, 2); /* the processor may have cached that nothing was mapped */
	CHECK_EQUAL(flags_at(DEVICE), RW | NX | PAGE_UNCACHED);
	CHECK_EQUAL(arch_map(HIGH_DEVICE, 4, MAP_DEVICE), OK);
	CHECK_EQUAL(flags_at(HIGH_DEVICE), RW | NX | PAGE_UNCACHED);
	span = arch_memory(0xf0000, 16); /* tables in reserved memory */
	CHECK_EQUAL((uintptr_t)span.data, 0xf0000);
	CHECK_EQUAL(span.size, 16);
	CHECK_EQUAL(flags_at(0xf0000), RW | NX);
	CHECK_EQUAL(flags_at(0), NOT_MAPPED);
	CHECK_EQUAL(arch_memory(0xf0000, 0).size, 0);
	CHECK_EQUAL(arch_memory(1ull << 40, 1).size, 0);
}

FRESH_TEST(our_own_image_cannot_be_remapped)
{
	u64 start = (uintptr_t)image_start;
	u64 end = (uintptr_t)image_end;

	address_bits = 52; /* reach it */
	set_up();
	CHECK_EQUAL(arch_map((uintptr_t)text_start, 1, MAP_MEMORY), ERR_INVALID);
	CHECK_EQUAL(arch_map(start - PAGE_SIZE, PAGE_SIZE + 1, MAP_DEVICE), ERR_INVALID);
	CHECK_EQUAL(arch_map(end - 1, PAGE_SIZE, MAP_MEMORY), ERR_INVALID);
	CHECK_EQUAL(arch_memory(start, end - start).size, 0);
	CHECK_EQUAL(arch_map(start - PAGE_SIZE, PAGE_SIZE, MAP_DEVICE), OK);
	CHECK_EQUAL(arch_map(end, PAGE_SIZE, MAP_DEVICE), OK);
	check_image();
}

FRESH_TEST(protection_of_a_part_of_a_large_page)
{
	static const struct {
		u32 access;
		u64 flags;
	} cases[] = {
		{ ACCESS_READ | ACCESS_WRITE | ACCESS_EXECUTE, RW },
		{ ACCESS_READ | ACCESS_WRITE, RW | NX },
		{ ACCESS_READ | ACCESS_EXECUTE, PAGE_PRESENT },
		{ ACCESS_READ, PAGE_PRESENT | NX },
		{ 0, NOT_MAPPED },
		{ ACCESS_WRITE | ACCESS_EXECUTE, NOT_MAPPED },
	};
	u64 base = HIGH_BASE + GIB + 2 * MIB;
	u32 access;

	set_up();
	CHECK_EQUAL(size_at(base), 1 * GIB);
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 writes = host_cr3_writes;

		CHECK_EQUAL(arch_protect(base + PAGE_SIZE, 2 * PAGE_SIZE, cases[i].access), OK);
		CHECK_EQUAL(host_cr3_writes, writes + 1);
		CHECK_EQUAL(flags_at(base), RW | NX);
		CHECK_EQUAL(flags_at(base + PAGE_SIZE), cases[i].flags);
		CHECK_EQUAL(flags_at(base + 3 * PAGE_SIZE - 1), cases[i].flags);
		CHECK_EQUAL(flags_at(base + 3 * PAGE_SIZE), RW | NX);
		CHECK_EQUAL(size_at(base + 2 * MIB), 2 * MIB);
		CHECK_EQUAL(arch_access(base + PAGE_SIZE, &access), base + 2 * PAGE_SIZE);
		/* The access of inaccessible pages is remembered nevertheless. */
		CHECK_EQUAL(access, cases[i].access);
	}
	CHECK_EQUAL(arch_access(base, &access), base + PAGE_SIZE);
	CHECK_EQUAL(access, ACCESS_READ | ACCESS_WRITE);
}

FRESH_TEST(protection_requires_whole_pages_of_memory)
{
	address_bits = 52;
	set_up();
	CHECK_EQUAL(arch_protect(HIGH_BASE + 1, PAGE_SIZE, ACCESS_READ), ERR_INVALID);
	CHECK_EQUAL(arch_protect(HIGH_BASE, PAGE_SIZE - 1, ACCESS_READ), ERR_INVALID);
	CHECK_EQUAL(arch_protect(HIGH_BASE, 0, ACCESS_READ), ERR_INVALID);
	CHECK_EQUAL(arch_protect(HIGH_END - PAGE_SIZE, 2 * PAGE_SIZE, ACCESS_READ), ERR_INVALID);
	CHECK_EQUAL(arch_protect(DEVICE, PAGE_SIZE, ACCESS_READ), ERR_INVALID);
}

/* It is in RAM, as on a real machine. */
FRESH_TEST(protection_of_our_own_image_cannot_be_changed)
{
	address_bits = 52;
	describe();
	boot_info_add_range((uintptr_t)image_start, 8 * PAGE_SIZE, MEMORY_CONVENTIONAL);
	host_memory_describe();
	arch_mmu_init();
	check_image();
	CHECK_EQUAL(flags_of(image_end), RW | NX);
	CHECK_EQUAL(arch_protect((uintptr_t)text_start, PAGE_SIZE, ACCESS_WRITE), ERR_INVALID);
	CHECK_EQUAL(arch_protect((uintptr_t)image_end - PAGE_SIZE, 2 * PAGE_SIZE, ACCESS_READ),
		    ERR_INVALID);
	CHECK_EQUAL(arch_protect((uintptr_t)image_end, PAGE_SIZE, ACCESS_READ), OK);
	arch_allow_execution();
	CHECK_EQUAL(flags_of(image_end), RW);
	check_image();
}

FRESH_TEST(memory_past_the_processors_addresses_is_not_protected)
{
	address_bits = 32;
	set_up();
	CHECK_EQUAL(arch_protect(HIGH_BASE, PAGE_SIZE, ACCESS_READ), ERR_INVALID);
}

FRESH_TEST(a_page_below_the_stack_faults)
{
	u64 top;

	set_up();
	CHECK_EQUAL(arch_stack_create(3 * PAGE_SIZE - 1, &top), OK);
	CHECK_EQUAL(flags_at(top - 1), RW | NX);
	CHECK_EQUAL(flags_at(top - 3 * PAGE_SIZE), RW | NX);
	CHECK_EQUAL(flags_at(top - 3 * PAGE_SIZE - 1), NOT_MAPPED);
	CHECK_TEXT(console.text, "");
	host_allocations_left = 0;
	CHECK_EQUAL(arch_stack_create(PAGE_SIZE, &top), ERR_NO_MEMORY);
	CHECK_TEXT(console.text, "");
}

/* Only the allocation of the stack succeeds; its guard page needs a table. */
FRESH_TEST(a_missing_guard_page_is_reported)
{
	u64 top;

	set_up();
	host_allocations_left = 1;
	CHECK_EQUAL(arch_stack_create(PAGE_SIZE, &top), OK);
	CHECK(memory_console_has(&console, "warning: no guard page below the stack at 0x"));
	CHECK_EQUAL(flags_at(top - 1), RW | NX);
}

/* However many tables were allocated, the initial page tables stay active. */
FRESH_TEST(lack_of_memory_for_page_tables_is_reported)
{
	u64 top, tables;

	describe();
	CHECK_EQUAL(arch_memory_end(), 4 * GIB);
	for (tables = 0;; tables++) {
		CHECK(tables < 100);
		memory_console_init(&console, "");
		host_allocations_left = tables;
		arch_mmu_init();
		if (host_cr3)
			break;
		CHECK(memory_console_has(
			&console, "warning: no memory for page tables: only 4 GiB can be used, "
				  "all writable and executable"));
		CHECK_EQUAL(arch_memory_end(), 4 * GIB);
		CHECK_EQUAL(arch_map(DEVICE, PAGE_SIZE, MAP_DEVICE), OK);
		CHECK_EQUAL(arch_map(HIGH_BASE, PAGE_SIZE, MAP_MEMORY), ERR_INVALID);
		CHECK_EQUAL(arch_protect(HOST_MEMORY_BASE, PAGE_SIZE, ACCESS_READ),
			    ERR_UNSUPPORTED);
		CHECK_EQUAL(arch_restrict_execution(1), ERR_UNSUPPORTED);
		arch_allow_execution();
		host_allocations_left = UINT64_MAX;
		CHECK_EQUAL(arch_stack_create(PAGE_SIZE, &top), OK);
		CHECK(memory_console_has(&console, "no guard page below the stack"));
		CHECK_EQUAL(host_cr3_writes, 0);
	}
	CHECK(tables > 2);
	CHECK_TEXT(console.text, "");
	check_image();
}

FRESH_TEST(a_table_that_is_missing_later_changes_nothing_else)
{
	set_up();
	host_allocations_left = 0;
	CHECK_EQUAL(arch_map(512 * GIB, PAGE_SIZE, MAP_DEVICE), ERR_NO_MEMORY);
	CHECK_EQUAL(arch_memory(512 * GIB, 1).size, 0);
	CHECK_EQUAL(arch_protect(HIGH_BASE, PAGE_SIZE, ACCESS_READ), ERR_NO_MEMORY);
	CHECK_EQUAL(flags_at(HIGH_BASE), RW | NX);
	/* A whole page needs no table. */
	CHECK_EQUAL(arch_protect(HIGH_BASE, GIB, ACCESS_READ), OK);
	CHECK_EQUAL(flags_at(HIGH_BASE), PAGE_PRESENT | NX);
	check_image();
}

FRESH_TEST(all_memory_but_the_image_may_be_executed)
{
	set_up();
	CHECK_EQUAL(arch_protect(HIGH_BASE, PAGE_SIZE, ACCESS_READ), OK);
	arch_allow_execution();
	CHECK_TEXT(console.text, "");
	CHECK_EQUAL(flags_at(0), RW);
	CHECK_EQUAL(flags_at(MIB - 1), RW);
	CHECK_EQUAL(flags_at(HOST_MEMORY_BASE), RW);
	CHECK_EQUAL(flags_at(HIGH_BASE), RW);
	CHECK_EQUAL(flags_at(HIGH_END - 1), RW);
	check_image();
	/* This includes later mappings of memory, but not of devices. */
	CHECK_EQUAL(arch_map(3 * GIB, PAGE_SIZE, MAP_MEMORY), OK);
	CHECK_EQUAL(flags_at(3 * GIB), RW);
	CHECK_EQUAL(arch_map(DEVICE, PAGE_SIZE, MAP_DEVICE), OK);
	CHECK_EQUAL(flags_at(DEVICE), RW | NX | PAGE_UNCACHED);
}

/* The last pages of RAM share 2 MiB with unmapped memory, so they need a table. */
FRESH_TEST(memory_that_cannot_be_made_executable_is_reported)
{
	u64 writes;

	set_up();
	host_allocations_left = 0;
	writes = host_cr3_writes;
	arch_allow_execution();
	CHECK_TEXT(console.text,
		   "warning: no memory for page tables: some RAM is not executable\r\n");
	CHECK_EQUAL(flags_at(HIGH_END - 1), RW | NX);
	CHECK_EQUAL(flags_at(HIGH_BASE), RW);
	CHECK_EQUAL(flags_at(0), RW);
	CHECK_EQUAL(host_cr3_writes, writes + 1);
	check_image();
}

FRESH_TEST(restricted_execution_takes_tables_from_a_reserve)
{
	u64 key, base = HIGH_BASE + GIB;

	set_up();
	host_allocations_left = 0;
	CHECK_EQUAL(arch_restrict_execution(2), ERR_NO_MEMORY);
	host_allocations_left = UINT64_MAX;
	CHECK_EQUAL(arch_restrict_execution(2), OK);
	CHECK_EQUAL(flags_at(0), RW | NX);
	CHECK_EQUAL(flags_at(HIGH_BASE), RW | NX);
	CHECK_EQUAL(writable_and_executable((const u64 *)(uintptr_t)host_cr3, 3), 0);
	key = memory_map_key();
	CHECK_EQUAL(arch_protect(base, PAGE_SIZE, ACCESS_READ | ACCESS_EXECUTE), OK);
	CHECK_EQUAL(arch_protect(base + 2 * MIB, PAGE_SIZE, ACCESS_READ), ERR_NO_MEMORY);
	CHECK_EQUAL(flags_at(base), PAGE_PRESENT);
	CHECK_EQUAL(flags_at(base + 2 * MIB), RW | NX);
	CHECK_EQUAL(memory_map_key(), key);
}

static void enter(void *kernel)
{
	arch_enter_kernel(kernel);
}

FRESH_TEST(a_kernel_finds_memory_that_it_may_execute)
{
	struct kernel kernel = { .entry = 0x1000200, .argument = 0x90000 };

	set_up();
	CHECK_EQUAL(host_run(enter, &kernel), HOST_HALTED);
	CHECK_EQUAL(entered[0], kernel.entry);
	CHECK_EQUAL(entered[1], kernel.argument);
	CHECK_EQUAL(flags_at(0), RW);
	CHECK_EQUAL(flags_at(HIGH_BASE), RW);
	check_image();
}
