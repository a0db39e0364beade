/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page tables for an identity map with four levels (Intel SDM volume 3, 4.5). This is only
 * arithmetic on tables in memory, which is also compiled for the host. mmu.c decides what to map
 * and informs the processor.
 */
#pragma once

#include "lib/status.h"
#include "lib/types.h"

#define PAGE_NO_EXECUTE (1ull << 63)

/*
 * Deliberately inaccessible, as opposed to not mapped yet, which is 0. The processor ignores this
 * bit.
 */
#define PAGE_NO_ACCESS 0x200

enum { PAGE_TABLE_ENTRIES = 512 };

/* Processor features, set before anything is mapped. */
extern bool page_tables_no_execute, page_tables_gib_pages;

/*
 * Maps [base, end), page aligned and below 256 TiB, to itself with @flags of <asm/registers.h> and
 * PAGE_NO_EXECUTE, or with PAGE_NO_ACCESS in place of PAGE_PRESENT. Uses 1 GiB pages if the
 * processor supports them, and 4 KiB pages only where flags change within 2 MiB; 2 MiB in which
 * nothing is mapped yet are mapped as a whole. ERR_NO_MEMORY when no page is left for a table; part
 * of the range may then be mapped.
 */
enum status page_tables_map(u64 *root, u64 base, u64 end, u64 flags);

/*
 * Reserves @count pages of the ledger for tables. From now on new tables use only these pages.
 * ERR_NO_MEMORY: nothing is changed.
 */
enum status page_tables_reserve(u32 count);

/*
 * Which of PAGE_PRESENT, PAGE_WRITABLE and PAGE_NO_EXECUTE are set for @address; without
 * PAGE_PRESENT the others are those that were set last. *@end is the end of the page, whatever its
 * size, or of the unmapped range.
 */
u64 page_tables_flags(const u64 *root, u64 address, u64 *end);
