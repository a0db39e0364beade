/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SMBIOS of fw_cfg, in two files: the entry point and the tables it points to (DMTF DSP0134
 * 3.7, 5.2). The entry point goes into the BIOS area, where operating systems search for it.
 *
 *	3.x, "_SM3_"	 5 u8 checksum, 6 u8 length, 12 u32 size at most, 16 u64 tables
 *	2.x, "_SM_"	 4 u8 checksum, 5 u8 length, 16 "_DMI_", 21 u8 its checksum, 22 u16 size,
 *			24 u32 tables
 */
#include "core/log.h"
#include "core/memory.h"
#include "drivers/platform/fw_cfg.h"
#include "drivers/rom/rom.h"
#include "lib/util.h"

enum {
	ANCHOR_SIZE_MAX = 64,
	ANCHOR_SIZE_2 = 31,
	ANCHOR_SIZE_3 = 24,
	TABLES_SIZE_MAX = 1024 * 1024,
	TABLES_IN_AREA_MAX = 32 * 1024,
};

static void fix_checksum(u8 *bytes, u32 size, u32 at)
{
	bytes[at] -= span_sum(span_of(bytes, size));
}

static enum status place_tables(u32 size, u8 **data, u64 *address)
{
	enum status status;

	if (size <= TABLES_IN_AREA_MAX && !bios_area_allocate(size, 16, data, address))
		return OK;
	status = memory_allocate(size, PAGE_SIZE, MEMORY_BELOW_4_GIB, MEMORY_RUNTIME_DATA, address);
	*data = (u8 *)(uintptr_t)*address;
	return status;
}

static bool point_to(u8 *anchor, u32 size, u64 tables)
{
	struct span bytes = span_of(anchor, size);

	if (span_starts_with(bytes, SPAN("_SM3_")) && size >= ANCHOR_SIZE_3) {
		store_le64(anchor + 16, tables);
		fix_checksum(anchor, ANCHOR_SIZE_3, 5);
		return anchor[6] == ANCHOR_SIZE_3;
	}
	if (span_starts_with(bytes, SPAN("_SM_")) && size >= ANCHOR_SIZE_2) {
		store_le32(anchor + 24, (u32)tables);
		fix_checksum(anchor + 16, ANCHOR_SIZE_2 - 16, 21 - 16);
		fix_checksum(anchor, ANCHOR_SIZE_2, 4);
		return anchor[5] == ANCHOR_SIZE_2;
	}
	return false;
}

void rom_smbios_place(void)
{
	const struct fw_cfg_file *anchor_file = fw_cfg_find("etc/smbios/smbios-anchor");
	const struct fw_cfg_file *tables_file = fw_cfg_find("etc/smbios/smbios-tables");
	u8 anchor[ANCHOR_SIZE_MAX] = { 0 };
	u8 *tables, *place;
	u64 address, ignored;

	if (!anchor_file || !tables_file || anchor_file->size > sizeof(anchor) ||
	    tables_file->size == 0 || tables_file->size > TABLES_SIZE_MAX)
		return;
	if (fw_cfg_read(anchor_file->item, 0, anchor_file->size, anchor) ||
	    place_tables(tables_file->size, &tables, &address) ||
	    fw_cfg_read(tables_file->item, 0, tables_file->size, tables))
		return log_warning("SMBIOS: no tables");
	if (!point_to(anchor, anchor_file->size, address) ||
	    bios_area_allocate(anchor_file->size, 16, &place, &ignored))
		return log_warning("SMBIOS: no entry point");
	memcpy(place, anchor, anchor_file->size);
}
