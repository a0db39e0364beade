/* SPDX-License-Identifier: Apache-2.0 */
/* drivers/rom/smbios.c: valid entry points of both versions, and invalid ones. */
#include "tests/unit/fw_cfg.h"

#include "drivers/rom/rom.h"

enum { AREA = 0xf0000, AREA_SIZE = 0x10000, SIZE_2 = 31, SIZE_3 = 24 };

static u8 area[AREA_SIZE];
static const u8 tables[40] = "tables";

static u8 sum(const u8 *bytes, u32 size)
{
	u8 result = 0;

	for (u32 i = 0; i < size; i++)
		result = (u8)(result + bytes[i]);
	return result;
}

/* The installed entry point, after its tables; all zeroes if it was refused. */
static const u8 *place(const u8 *anchor, u32 anchor_size, u32 tables_size)
{
	host_memory_init();
	memset(area, 0xff, sizeof(area));
	host_memory_set(AREA, area, sizeof(area));
	bios_area_init();
	fake_start(true);
	fake_add("etc/smbios/smbios-tables", tables_size > sizeof(tables) ? NULL : tables,
		 tables_size);
	fake_add("etc/smbios/smbios-anchor", anchor, anchor_size);
	CHECK(fw_cfg_probe());
	rom_smbios_place();
	return area + align_up(sizeof(tables), 16);
}

/* What a VMM's tables ask for may be any power of two. */
TEST(the_bios_area_ends_where_it_ends)
{
	u64 address = 0;
	u8 *data;

	memset(area, 0, sizeof(area));
	host_memory_init();
	host_memory_set(AREA, area, sizeof(area));
	bios_area_init();
	CHECK_EQUAL(bios_area_allocate(16, 1, &data, &address), OK);
	CHECK_EQUAL(address, AREA);
	CHECK_EQUAL(bios_area_allocate(16, 1u << 20, &data, &address), ERR_NO_MEMORY);
	CHECK_EQUAL(bios_area_allocate(16, 1u << 31, &data, &address), ERR_NO_MEMORY);
	CHECK_EQUAL(bios_area_allocate(UINT32_MAX, 1, &data, &address), ERR_NO_MEMORY);
	CHECK_EQUAL(bios_area_allocate(0x10000 - 16, 1, &data, &address), OK);
	CHECK_EQUAL(bios_area_allocate(1, 1, &data, &address), ERR_NO_MEMORY);
}

TEST(version_2)
{
	const u8 anchor[SIZE_2] = {
		'_', 'S', 'M', '_', [5] = SIZE_2, [16] = '_', 'D', 'M', 'I', '_'
	};
	const u8 *placed = place(anchor, SIZE_2, sizeof(tables));

	CHECK(memcmp(area, tables, sizeof(tables)) == 0);
	CHECK(memcmp(placed, "_SM_", 4) == 0);
	CHECK_EQUAL(load_le32(placed + 24), AREA);
	CHECK_EQUAL(sum(placed, SIZE_2), 0);
	CHECK_EQUAL(sum(placed + 16, 15), 0);
}

TEST(version_3)
{
	const u8 anchor[SIZE_3] = { '_', 'S', 'M', '3', '_', [6] = SIZE_3 };
	const u8 *placed = place(anchor, SIZE_3, sizeof(tables));

	CHECK(memcmp(placed, "_SM3_", 5) == 0);
	CHECK_EQUAL(load_le64(placed + 16), AREA);
	CHECK_EQUAL(sum(placed, SIZE_3), 0);
}

TEST(invalid_entry_points_are_not_placed)
{
	const u8 anchor_3[SIZE_3] = { '_', 'S', 'M', '3', '_', [6] = SIZE_3 };
	u8 anchor[SIZE_2 + 40] = { '_', 'S', 'M', '_', [5] = SIZE_2 };

	CHECK_EQUAL(place(anchor, SIZE_2 - 1, sizeof(tables))[0], 0);
	CHECK_EQUAL(place(anchor, sizeof(anchor), sizeof(tables))[0], 0);
	CHECK_EQUAL(place(anchor, SIZE_2, 0)[0], 0);
	CHECK_EQUAL(place(anchor, SIZE_2, UINT32_MAX)[0], 0);
	anchor[5] = SIZE_2 + 1;
	CHECK_EQUAL(place(anchor, SIZE_2, sizeof(tables))[0], 0);
	CHECK_EQUAL(place(anchor + 1, 1, sizeof(tables))[0], 0);
	CHECK_EQUAL(place(anchor_3, SIZE_3 - 1, sizeof(tables))[0], 0);
}

TEST(files_that_are_missing)
{
	fake_start(true);
	fake_add("etc/smbios/smbios-anchor", "_SM_", 4);
	CHECK(fw_cfg_probe());
	fake.transfers = 0;
	rom_smbios_place();
	CHECK_EQUAL(fake.transfers, 0);
}
