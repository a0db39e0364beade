// SPDX-License-Identifier: Apache-2.0
/*
 * ACPI 6.5 chapter 5: finds the tables through the RSDP and the XSDT or RSDT. Other files decode
 * FADT (acpi_fadt.c), MCFG (acpi_ecam.c) and MADT (acpi_madt.c). AML is not interpreted.
 */
#include "drivers/platform/acpi.h"

#include "core/arch.h"
#include "core/boot_info.h"
#include "core/log.h"
#include "core/memory.h"
#include "drivers/platform/acpi_tables.h"
#include "lib/config.h"
#include "lib/util.h"

enum {
	RSDP_SIZE = 20,     /* of revision 0, and the bytes that its checksum covers */
	RSDP_SIZE_2 = 36,   /* revision 2 */
	RSDP_REVISION = 15, /* offsets */
	RSDP_RSDT = 16,
	RSDP_XSDT = 24,
	BIOS_AREA = 0xe0000,
	BIOS_AREA_SIZE = 0x20000,
	EBDA_SEGMENT = 0x40e, /* address of a word with the segment at which the EBDA starts */
	EBDA_SEARCH_SIZE = 1024,

	HEADER_SIZE = 36,
	HEADER_LENGTH = 4,
	TABLE_SIZE_MAX = 4 * 1024 * 1024,
	TABLES_MAX = 256,

	FADT_FACS = 36,
	FADT_DSDT = 40,
	FADT_X_FACS = 132,
	FADT_X_DSDT = 140,
};

static struct span root; /* XSDT or RSDT, at ... */
static u64 root_address;
static u32 pointer_size;

u32 acpi_field_u32(struct span table, u32 offset)
{
	struct span field = span_part(table, offset, 4);

	return span_is_empty(field) ? 0 : load_le32(field.data);
}

u64 acpi_field_u64(struct span table, u32 offset)
{
	return acpi_field_u32(table, offset) | (u64)acpi_field_u32(table, offset + 4) << 32;
}

static bool has_signature(struct span table, const char *signature)
{
	return load_le32(table.data) == load_le32(signature);
}

/* The table at @address, of which only the length is checked. Empty if the length is invalid. */
static struct span table_at(u64 address)
{
	struct span header = address ? arch_memory(address, HEADER_SIZE) : (struct span){ 0 };
	u32 length = acpi_field_u32(header, HEADER_LENGTH);

	if (length < HEADER_SIZE || length > TABLE_SIZE_MAX)
		return (struct span){ 0 };
	return arch_memory(address, length);
}

static u32 table_count(void)
{
	return root.size ? (u32)min_u64((root.size - HEADER_SIZE) / pointer_size, TABLES_MAX) : 0;
}

static u64 table_address(u32 index)
{
	u32 offset = HEADER_SIZE + index * pointer_size;

	return pointer_size == 8 ? acpi_field_u64(root, offset) : acpi_field_u32(root, offset);
}

/* The newer field of an address if it is present, otherwise the older. */
static u64 field_address_x(struct span table, u32 offset, u32 offset_u32)
{
	u64 address = acpi_field_u64(table, offset);

	return address ? address : acpi_field_u32(table, offset_u32);
}

static u64 dsdt_address(struct span fadt)
{
	return field_address_x(fadt, FADT_X_DSDT, FADT_DSDT);
}

enum status acpi_find_table(const char *signature, u32 index, struct span *out)
{
	bool wants_dsdt = strcmp(signature, "DSDT") == 0;
	struct span table;

	/* Map it again, because it was found before arch_mmu_init(). */
	root = arch_memory(root_address, root.size);
	for (u32 i = 0; i < table_count(); i++) {
		table = table_at(table_address(i));
		if (span_is_empty(table) ||
		    !has_signature(table, wants_dsdt ? "FACP" : signature) || index-- > 0)
			continue;
		if (span_sum(table))
			return corrupt("ACPI: %s: wrong checksum", signature);
		if (wants_dsdt)
			table = table_at(dsdt_address(table));
		if (span_is_empty(table))
			return corrupt("ACPI: no %s", signature);
		*out = table;
		return OK;
	}
	return ERR_NOT_FOUND;
}

/* @rsdp has at least RSDP_SIZE bytes, or is empty. */
static bool is_rsdp(struct span rsdp)
{
	return span_starts_with(rsdp, SPAN("RSD PTR ")) &&
	       span_sum(span_part(rsdp, 0, RSDP_SIZE)) == 0;
}

/* The address of an RSDP on a 16-byte boundary of the area, or 0. */
static u64 rsdp_search(u64 base, u64 size)
{
	struct span area = arch_memory(base, size);

	for (u64 offset = 0; offset + RSDP_SIZE <= area.size; offset += 16)
		if (area.data[offset] == 'R' && is_rsdp(span_from(area, offset)))
			return base + offset;
	return 0;
}

static u64 rsdp_find(void)
{
	u64 found;
	u64 ebda;

	if (boot_info.rsdp) {
		if (is_rsdp(arch_memory(boot_info.rsdp, RSDP_SIZE)))
			return boot_info.rsdp;
		log_warning("ACPI: no RSDP at the VMM's address 0x%lx", boot_info.rsdp);
	}
	found = rsdp_search(BIOS_AREA, BIOS_AREA_SIZE);
	if (found)
		return found;
	/* Only two bytes are read, because the next word is another field. */
	ebda = (acpi_field_u32(arch_memory(EBDA_SEGMENT, 4), 0) & 0xffff) << 4;
	return ebda ? rsdp_search(ebda, EBDA_SEARCH_SIZE) : 0;
}

/* The operating system needs a table, even in RAM that the VMM's map reports as free. */
static void reserve_table(u64 address)
{
	memory_reserve(address, table_at(address).size, MEMORY_ACPI_RECLAIM);
}

static bool root_set(u64 address, const char *signature, u32 size_of_pointer)
{
	struct span table = table_at(address);

	if (span_is_empty(table) || !has_signature(table, signature) || span_sum(table)) {
		log_warning("ACPI: no valid %s at 0x%lx", signature, address);
		return false;
	}
	memory_reserve(address, table.size, MEMORY_ACPI_RECLAIM);
	root = table;
	root_address = address;
	pointer_size = size_of_pointer;
	return true;
}

/* Sets root to the XSDT or, if there is none, to the RSDT. */
static bool root_find(u64 rsdp)
{
	struct span pointer = arch_memory(rsdp, RSDP_SIZE);
	u64 xsdt = 0;

	if (pointer.data[RSDP_REVISION] >= 2) {
		struct span pointer_2 = arch_memory(rsdp, RSDP_SIZE_2);

		if (span_sum(pointer_2) == 0)
			xsdt = acpi_field_u64(pointer_2, RSDP_XSDT);
	}
	return (xsdt && root_set(xsdt, "XSDT", 8)) ||
	       root_set(acpi_field_u32(pointer, RSDP_RSDT), "RSDT", 4);
}

static void reserve_tables_of(struct span fadt)
{
	u64 facs = field_address_x(fadt, FADT_X_FACS, FADT_FACS);

	reserve_table(dsdt_address(fadt));
	memory_reserve(facs, table_at(facs).size, MEMORY_ACPI_NVS);
}

void acpi_init(void)
{
	u64 rsdp = rsdp_find();
	struct span table;

	root = (struct span){ 0 };
	acpi_fadt_read(root);
	acpi_mcfg_read(root);
	if (!rsdp) {
		log_info("ACPI: no tables");
		return;
	}
	if (!root_find(rsdp))
		return;
	boot_info.rsdp = rsdp;
	memory_reserve(rsdp, RSDP_SIZE_2, MEMORY_ACPI_RECLAIM);
	for (u32 i = 0; i < table_count(); i++)
		reserve_table(table_address(i));
	log_debug("ACPI: RSDP at 0x%lx, %u tables", rsdp, table_count());

	if (!acpi_find_table("FACP", 0, &table)) {
		acpi_fadt_read(table);
		reserve_tables_of(table);
	}
	if (IS_ENABLED(CONFIG_PCI_ECAM) && !acpi_find_table("MCFG", 0, &table))
		acpi_mcfg_read(table);
}
