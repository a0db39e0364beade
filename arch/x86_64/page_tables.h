/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page tables of an identity map in four levels (Intel SDM volume 3, 4.5): arithmetic on tables
 * in memory, also compiled for the host. What is mapped, and when the processor is told, is
 * mmu.c's.
 */
#pragma once

#include "lib/status.h"
#include "lib/types.h"

#define PAGE_NO_EXECUTE (1ull << 63)

/* Deliberately not accessible, while 0 means not mapped yet. A bit that the processor ignores. */
#define PAGE_NO_ACCESS 0x200

enum { PAGE_TABLE_ENTRIES = 512 };

/* What the processor has: set before anything is mapped. */
extern bool page_tables_no_execute, page_tables_gib_pages;

/*
 * Maps [base, end), page aligned and below 256 TiB, to itself with @flags of <asm/registers.h> and
 * PAGE_NO_EXECUTE, or with PAGE_NO_ACCESS in place of PAGE_PRESENT. 1 GiB pages where the processor
 * has them, 4 KiB pages only where flags change within 2 MiB. 2 MiB that hold nothing yet are
 * mapped as a whole. ERR_NO_MEMORY when no page is left for a table: a part may be mapped then.
 */
enum status page_tables_map(u64 *root, u64 base, u64 end, u64 flags);

/*
 * Reserves @count pages of the ledger for tables. From now on new tables come from these alone.
 * ERR_NO_MEMORY: nothing is changed.
 */
enum status page_tables_reserve(u32 count);

/*
 * Which of PAGE_PRESENT, PAGE_WRITABLE and PAGE_NO_EXECUTE @address is mapped with; without
 * PAGE_PRESENT the others are those that were last set. *@end is the end of the page, of any size,
 * or of the range that is not mapped.
 */
u64 page_tables_flags(const u64 *root, u64 address, u64 *end);
