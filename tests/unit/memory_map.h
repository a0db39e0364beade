/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the ledger of memory: what must hold for it at any time. */
#pragma once

#include "core/memory.h"
#include "tests/host/host.h"
#include "tests/unit/test.h"

enum { HOLE = -1 }; /* instead of a type: nothing is described there */

#define PAGE(n) ((u64)(n) * PAGE_SIZE)

/* Sorted, disjoint, page-aligned, not empty, no neighbours of one kind. */
static void check_order(void)
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
