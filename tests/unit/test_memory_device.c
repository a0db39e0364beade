/* SPDX-License-Identifier: Apache-2.0 */
/* Device registers in the ledger: they must be where there is no memory. */
#include "lib/util.h"
#include "tests/unit/memory_map.h"

static bool is_device(u64 base, u64 end)
{
	u32 count;
	const struct memory_range *map = memory_map(&count);

	for (u32 i = 0; i < count; i++)
		if (map[i].base == base && map[i].end == end)
			return map[i].type == MEMORY_MAPPED_IO && !map[i].is_allocated;
	return false;
}

static void start(void)
{
	boot_info = (struct boot_info){ .source = "test" };
	boot_info_add_range(MIB, 64 * MIB, MEMORY_CONVENTIONAL);
	boot_info_add_range(128 * MIB, MIB, MEMORY_RESERVED);
	host_memory_describe();
}

TEST(registers_become_whole_pages)
{
	start();
	CHECK_EQUAL(memory_add_device(256 * MIB + 0x200, 2), OK);
	CHECK(is_device(256 * MIB, 256 * MIB + PAGE(1)));
	CHECK_EQUAL(memory_add_device(256 * MIB + 0x208, 1), OK);
	CHECK(is_device(256 * MIB, 256 * MIB + PAGE(1)));
	CHECK_EQUAL(memory_add_device(256 * MIB + 0xfff, 2), OK);
	CHECK(is_device(256 * MIB, 256 * MIB + PAGE(2)));
	CHECK_EQUAL(memory_add_device(128 * MIB + PAGE(2), 4), OK);
	CHECK(is_device(128 * MIB + PAGE(2), 128 * MIB + PAGE(3)));
	check_order();
}

TEST(registers_cannot_be_in_memory)
{
	u64 key;

	start();
	key = memory_map_key();
	CHECK_EQUAL(memory_add_device(2 * MIB, 4), ERR_INVALID);
	CHECK_EQUAL(memory_add_device(65 * MIB - 1, 2), ERR_INVALID);
	CHECK_EQUAL(memory_map_key(), key);
	CHECK_EQUAL(memory_add_device(65 * MIB, 2), OK);
	check_order();
}
