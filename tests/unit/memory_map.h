/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the memory ledger and of what is in it. */
#pragma once

#include "core/memory.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/unit/test.h"

enum { HOLE = -1 }; /* used as a type: not in the ledger */

#define PAGE(n) ((u64)(n) * PAGE_SIZE)

/*
 * Checks that ranges are sorted, disjoint, page-aligned and not empty, and that adjacent ranges
 * differ.
 */
static inline void check_order(void)
{
	u32 count;
	const struct memory_range *map = memory_map(&count);

	for (u32 i = 0; i < count; i++) {
		CHECK(map[i].base < map[i].end);
		CHECK_EQUAL(map[i].base % PAGE_SIZE, 0);
		CHECK_EQUAL(map[i].end % PAGE_SIZE, 0);
		if (i) {
			CHECK(map[i - 1].end <= map[i].base);
			CHECK(map[i - 1].end != map[i].base || map[i - 1].type != map[i].type ||
			      map[i - 1].is_allocated != map[i].is_allocated);
		}
	}
}

/* The type of the memory at @address; HOLE: it is not in the ledger. */
static inline int type_at(u64 address)
{
	u32 count;
	const struct memory_range *map = memory_map(&count);

	for (u32 i = 0; i < count; i++)
		if (map[i].base <= address && address < map[i].end)
			return (int)map[i].type;
	return HOLE;
}
