/* SPDX-License-Identifier: Apache-2.0 */
/* Walks page tables as a processor does (Intel SDM volume 3, 4.5). */
#pragma once

#include "arch/x86_64/include/asm/registers.h"
#include "arch/x86_64/page_tables.h"
#include "tests/unit/test.h"

#define ADDRESS_MASK 0x000ffffffffff000ull
#define RW (PAGE_PRESENT | PAGE_WRITABLE)
#define NX PAGE_NO_EXECUTE

enum { NOT_MAPPED = 0 };

/* The flags of the entry that maps @address, which must map it to itself, and the page's size. */
static inline u64 page_walk(const u64 *root, u64 address, u64 *size)
{
	const u64 *table = root;

	for (u32 shift = 39;; shift -= 9) {
		u64 entry = table[address >> shift & 511];
		bool is_last = shift == 12 || (entry & PAGE_LARGE);

		*size = 1ull << shift;
		if (!(entry & PAGE_PRESENT))
			return NOT_MAPPED;
		if (is_last) {
			u64 mapped = (entry & ADDRESS_MASK) + (address & (*size - 1));

			CHECK(shift < 39);
			CHECK_EQUAL(entry & ADDRESS_MASK & (*size - 1), 0);
			CHECK_EQUAL(mapped, address);
			CHECK(entry & PAGE_ACCESSED && entry & PAGE_DIRTY);
			return entry & ~(ADDRESS_MASK | PAGE_ACCESSED | PAGE_DIRTY | PAGE_LARGE);
		}
		/* Only the last level restricts access. */
		CHECK_EQUAL(entry & ~ADDRESS_MASK & ~(u64)(PAGE_ACCESSED | PAGE_DIRTY), RW);
		table = (const u64 *)(uintptr_t)(entry & ADDRESS_MASK);
	}
}
