/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processors in the MADT (ACPI 6.5, 5.2.12). From byte 44 on there are entries, each with u8
 * type and u8 size:
 *
 *	type 0	local APIC	4 u32 flags, bit 0: enabled
 *	type 9	local x2APIC	8 u32 flags, the same
 */
#include "drivers/platform/acpi.h"
#include "drivers/platform/acpi_tables.h"

enum {
	MADT_ENTRIES = 44,
	ENTRY_HEAD_SIZE = 2,
	LOCAL_APIC = 0,
	LOCAL_APIC_FLAGS = 4,
	LOCAL_X2APIC = 9,
	LOCAL_X2APIC_FLAGS = 8,
	FLAG_ENABLED = 1 << 0,
};

static bool is_enabled_processor(struct span entry)
{
	u8 type = entry.data[0];

	if (type != LOCAL_APIC && type != LOCAL_X2APIC)
		return false;
	return acpi_field_u32(entry, type == LOCAL_APIC ? LOCAL_APIC_FLAGS : LOCAL_X2APIC_FLAGS) &
	       FLAG_ENABLED;
}

u32 acpi_processor_count(void)
{
	struct span table, rest;
	u32 count = 0;

	if (acpi_find_table("APIC", 0, &table))
		return 0;
	rest = span_from(table, MADT_ENTRIES);
	while (rest.size >= ENTRY_HEAD_SIZE) {
		u8 size = rest.data[1];

		if (size < ENTRY_HEAD_SIZE || size > rest.size)
			break;
		count += is_enabled_processor(span_part(rest, 0, size));
		rest = span_from(rest, size);
	}
	return count;
}
