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

enum { PAGE_TABLE_ENTRIES = 512 };

/* What the processor has: set before anything is mapped. */
extern bool page_tables_no_execute, page_tables_gib_pages;

/*
 * Maps [base, end), page aligned and below 256 TiB, to itself with @flags of <asm/registers.h> and
 * PAGE_NO_EXECUTE; without PAGE_PRESENT it is not accessible. 1 GiB pages where the processor has
 * them, 4 KiB pages only where flags change within 2 MiB. 2 MiB that hold nothing yet are mapped as
 * a whole. ERR_NO_MEMORY when no page is left for a table: a part may be mapped then.
 */
enum status page_tables_map(u64 *root, u64 base, u64 end, u64 flags);
