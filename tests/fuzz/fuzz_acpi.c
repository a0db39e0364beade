// SPDX-License-Identifier: Apache-2.0
/*
 * ACPI tables: the input is the memory from 0xa0000 on, with the RSDP at its start. Random bytes
 * would fail the checksums, so these are corrected before each run.
 */
#include "core/boot_info.h"
#include "core/log.h"
#include "drivers/platform/acpi.h"
#include "lib/util.h"
#include "tests/host/host.h"

enum { AREA = 0xa0000, INPUT_SIZE_MAX = 64 * 1024, ROOT_ENTRIES_MAX = 32 };

/* The host's RAM is not allocated at this stage. Pointers into it lead to zeroes. */
static u8 ram[HOST_MEMORY_SIZE];
static u8 area[INPUT_SIZE_MAX];
static size_t area_size;

static void fix_checksum(u64 address, size_t size, size_t where)
{
	u64 offset = address - AREA;
	u8 sum = 0;

	if (address < AREA || offset > area_size || size > area_size - offset || size <= where)
		return;
	area[offset + where] = 0;
	for (size_t i = 0; i < size; i++)
		sum = (u8)(sum + area[offset + i]);
	area[offset + where] = (u8)-sum;
}

static u64 number_at(u64 address, u32 size)
{
	u64 offset = address - AREA;

	if (address < AREA || offset > area_size || size > area_size - offset)
		return 0;
	return size == 8 ? load_le64(area + offset) : load_le32(area + offset);
}

static void fix_root(u64 root, u32 pointer_size)
{
	for (u32 i = 0; i < ROOT_ENTRIES_MAX; i++) {
		u64 table = number_at(root + 36 + i * pointer_size, pointer_size);

		fix_checksum(table, number_at(table + 4, 4), 9);
	}
	fix_checksum(root, number_at(root + 4, 4), 9);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct ecam window;
	struct span table;
	volatile u8 sum = 0;

	area_size = min_u64(size, sizeof(area));
	memcpy(area, data, area_size);
	fix_root(number_at(AREA + 24, 8), 8);
	fix_root(number_at(AREA + 16, 4), 4);
	fix_checksum(AREA, 20, 8);
	fix_checksum(AREA, 36, 32);

	log_set_threshold(LOG_NONE);
	host_memory_init();
	host_memory_forget();
	host_memory_set(HOST_MEMORY_BASE, ram, sizeof(ram));
	host_memory_set(AREA, area, area_size);
	boot_info.rsdp = AREA;
	acpi_init();
	for (u32 i = 0; acpi_ecam(i, &window); i++)
		sum = (u8)(sum + window.bus_last);
	sum = (u8)(sum + acpi_processor_count());
	if (!acpi_find_table("DSDT", 0, &table) || !acpi_find_table("APIC", 1, &table))
		for (size_t i = 0; i < table.size; i++)
			sum = (u8)(sum + table.data[i]);
	return 0;
}
