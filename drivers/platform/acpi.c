// SPDX-License-Identifier: Apache-2.0
/*
 * ACPI 6.5 chapter 5: from the RSDP over XSDT or RSDT to the tables, and what FADT and MCFG say.
 * AML is not interpreted; the sleep types it would name are the same in all VMMs.
 */
#include "drivers/platform/acpi.h"

#include "core/arch.h"
#include "core/boot_info.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/power.h"
#include "core/time.h"
#include "lib/config.h"
#include "lib/util.h"

#include <asm/io.h>
#include <asm/timer.h>

enum {
	RSDP_SIZE = 20,     /* revision 0, and what its checksum covers */
	RSDP_SIZE_2 = 36,   /* revision 2 */
	RSDP_REVISION = 15, /* offsets */
	RSDP_RSDT = 16,
	RSDP_XSDT = 24,
	BIOS_AREA = 0xe0000,
	BIOS_AREA_SIZE = 0x20000,
	EBDA_SEGMENT = 0x40e, /* address of a word that says where the EBDA begins, in 16 bytes */
	EBDA_SEARCH_SIZE = 1024,

	HEADER_SIZE = 36,
	HEADER_LENGTH = 4,
	TABLE_SIZE_MAX = 4 * 1024 * 1024,
	TABLES_MAX = 256,

	FADT_FACS = 36,
	FADT_DSDT = 40,
	FADT_PM1A_CONTROL = 64,
	FADT_PM_TIMER = 76,
	FADT_FLAGS = 112,
	FADT_RESET = 116,
	FADT_RESET_VALUE = 128,
	FADT_X_FACS = 132,
	FADT_X_DSDT = 140,
	FADT_X_PM1A_CONTROL = 172,
	FADT_X_PM_TIMER = 208,
	FADT_SLEEP_CONTROL = 244,
	FLAG_RESET = 1 << 10,
	FLAG_HARDWARE_REDUCED = 1 << 20,

	MCFG_WINDOWS = 44,
	MCFG_WINDOW_SIZE = 16,
	ECAM_MAX = 16, /* Cloud Hypervisor's number of segments */

	SPACE_MEMORY = 0,
	SPACE_PORTS = 1,
	/* Type 5, enable: what Cloud Hypervisor, Alioth and QEMU microvm call S5. */
	SLEEP_CONTROL_OFF = 5 << 2 | 1 << 5,
	/* Type 0, enable: QEMU pc and q35, crosvm. */
	PM1A_CONTROL_OFF = 1 << 13,
	VMM_WAIT_US = 100 * 1000, /* it may take a moment to stop us */
};

/* A register of 8 or 16 bits. Address 0: there is none. */
struct generic_register {
	u8 space;
	u64 address;
};

static struct span root; /* XSDT or RSDT, at ... */
static u64 root_address;
static u32 pointer_size;
static struct generic_register sleep_control, pm1a_control, reset_register;
static u8 reset_value;
static struct ecam windows[ECAM_MAX];
static u32 window_count;

/* Fields past the end of a table are those of a later revision: zero. */
static u32 field_u32(struct span table, u32 offset)
{
	struct span field = span_part(table, offset, 4);

	return span_is_empty(field) ? 0 : load_le32(field.data);
}

static u64 field_u64(struct span table, u32 offset)
{
	return field_u32(table, offset) | (u64)field_u32(table, offset + 4) << 32;
}

static struct generic_register field_register(struct span table, u32 offset)
{
	struct span space = span_part(table, offset, 1);

	return (struct generic_register){ .space = span_is_empty(space) ? 0 : space.data[0],
					  .address = field_u64(table, offset + 4) };
}

/* The newer form ("X_...") of a register if it is there, else the older, which is a port. */
static struct generic_register field_register_x(struct span table, u32 offset, u32 port_offset)
{
	struct generic_register reg = field_register(table, offset);

	if (reg.address == 0)
		reg = (struct generic_register){ SPACE_PORTS, field_u32(table, port_offset) };
	return reg;
}

static bool checksum_is_right(struct span bytes)
{
	u8 sum = 0;

	for (size_t i = 0; i < bytes.size; i++)
		sum = (u8)(sum + bytes.data[i]);
	return sum == 0;
}

static bool has_signature(struct span table, const char *signature)
{
	return load_le32(table.data) == load_le32(signature);
}

/* All of the table at @address, unchecked but for its length. Empty if it cannot be. */
static struct span table_at(u64 address)
{
	struct span header = address ? arch_memory(address, HEADER_SIZE) : (struct span){ 0 };
	u32 length = field_u32(header, HEADER_LENGTH);

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

	return pointer_size == 8 ? field_u64(root, offset) : field_u32(root, offset);
}

/* The newer form of an address if it is there, else the older. */
static u64 field_address_x(struct span table, u32 offset, u32 offset_u32)
{
	u64 address = field_u64(table, offset);

	return address ? address : field_u32(table, offset_u32);
}

static u64 dsdt_address(struct span fadt)
{
	return field_address_x(fadt, FADT_X_DSDT, FADT_DSDT);
}

enum status acpi_find_table(const char *signature, u32 index, struct span *out)
{
	bool wants_dsdt = strcmp(signature, "DSDT") == 0;
	struct span table;

	/* Mapped anew: it was found before arch_mmu_init(). */
	root = arch_memory(root_address, root.size);
	for (u32 i = 0; i < table_count(); i++) {
		table = table_at(table_address(i));
		if (span_is_empty(table) ||
		    !has_signature(table, wants_dsdt ? "FACP" : signature) || index-- > 0)
			continue;
		if (!checksum_is_right(table))
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

/* @rsdp has at least RSDP_SIZE bytes, or none. */
static bool is_rsdp(struct span rsdp)
{
	return span_starts_with(rsdp, SPAN("RSD PTR ")) &&
	       checksum_is_right(span_part(rsdp, 0, RSDP_SIZE));
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
		log_warning("ACPI: no RSDP at 0x%lx, where the VMM says", boot_info.rsdp);
	}
	found = rsdp_search(BIOS_AREA, BIOS_AREA_SIZE);
	if (found)
		return found;
	/* Only two bytes of four: the word after it is another. */
	ebda = (field_u32(arch_memory(EBDA_SEGMENT, 4), 0) & 0xffff) << 4;
	return ebda ? rsdp_search(ebda, EBDA_SEARCH_SIZE) : 0;
}

/* A table in RAM that the VMM's map calls free must outlive us. */
static void reserve_table(u64 address)
{
	memory_reserve(address, table_at(address).size, MEMORY_ACPI_RECLAIM);
}

static bool root_set(u64 address, const char *signature, u32 size_of_pointer)
{
	struct span table = table_at(address);

	if (span_is_empty(table) || !has_signature(table, signature) || !checksum_is_right(table)) {
		log_warning("ACPI: no valid %s at 0x%lx", signature, address);
		return false;
	}
	memory_reserve(address, table.size, MEMORY_ACPI_RECLAIM);
	root = table;
	root_address = address;
	pointer_size = size_of_pointer;
	return true;
}

/* Sets root to XSDT or else RSDT. */
static bool root_find(u64 rsdp)
{
	struct span pointer = arch_memory(rsdp, RSDP_SIZE);
	u64 xsdt = 0;

	if (pointer.data[RSDP_REVISION] >= 2) {
		struct span pointer_2 = arch_memory(rsdp, RSDP_SIZE_2);

		if (checksum_is_right(pointer_2))
			xsdt = field_u64(pointer_2, RSDP_XSDT);
	}
	return (xsdt && root_set(xsdt, "XSDT", 8)) ||
	       root_set(field_u32(pointer, RSDP_RSDT), "RSDT", 4);
}

static void register_write(struct generic_register reg, u16 value, u32 size)
{
	if (reg.space == SPACE_PORTS && reg.address <= UINT16_MAX) {
		if (size == 1)
			port_write8((u16)reg.address, (u8)value);
		else
			port_write16((u16)reg.address, value);
	} else if (reg.space == SPACE_MEMORY && !arch_map(reg.address, size, MAP_DEVICE)) {
		if (size == 1)
			mmio_write8((volatile void *)(uintptr_t)reg.address, (u8)value);
		else
			mmio_write16((volatile void *)(uintptr_t)reg.address, value);
	} else {
		return;
	}
	delay_us(VMM_WAIT_US);
}

static void acpi_off(void)
{
	if (sleep_control.address)
		register_write(sleep_control, SLEEP_CONTROL_OFF, 1);
	if (pm1a_control.address)
		register_write(pm1a_control, PM1A_CONTROL_OFF, 2);
}

static void acpi_reset(void)
{
	if (reset_register.address)
		register_write(reset_register, reset_value, 1);
}

static void read_fadt(struct span fadt)
{
	struct generic_register timer = field_register_x(fadt, FADT_X_PM_TIMER, FADT_PM_TIMER);
	u32 flags = field_u32(fadt, FADT_FLAGS);
	u64 facs = field_address_x(fadt, FADT_X_FACS, FADT_FACS);

	if (timer.space == SPACE_PORTS && timer.address <= UINT16_MAX)
		timer_set_pm_port((u16)timer.address);
	if (flags & FLAG_HARDWARE_REDUCED)
		sleep_control = field_register(fadt, FADT_SLEEP_CONTROL);
	else
		pm1a_control = field_register_x(fadt, FADT_X_PM1A_CONTROL, FADT_PM1A_CONTROL);
	if (flags & FLAG_RESET) {
		reset_register = field_register(fadt, FADT_RESET);
		reset_value = (u8)field_u32(fadt, FADT_RESET_VALUE);
	}
	reserve_table(dsdt_address(fadt));
	memory_reserve(facs, table_at(facs).size, MEMORY_ACPI_NVS);
}

static void read_mcfg(struct span mcfg)
{
	struct reader r = { .rest = span_from(mcfg, MCFG_WINDOWS) };

	while (r.rest.size >= MCFG_WINDOW_SIZE && window_count < ECAM_MAX) {
		struct ecam window = { .base = read_le64(&r), .segment = read_le16(&r) };
		u64 end;

		window.bus_first = read_u8(&r);
		window.bus_last = read_u8(&r);
		read_le32(&r);
		if (window.base == 0 || window.base % MIB != 0 ||
		    window.bus_first > window.bus_last ||
		    add_overflows(window.base, (window.bus_last + 1ull) * MIB, &end))
			log_warning("ACPI: MCFG: window at 0x%lx of buses %u to %u ignored",
				    window.base, window.bus_first, window.bus_last);
		else
			windows[window_count++] = window;
	}
	if (r.rest.size >= MCFG_WINDOW_SIZE)
		log_warning("ACPI: MCFG: more than %d windows (ECAM_MAX)", ECAM_MAX);
}

bool acpi_ecam(u32 index, struct ecam *out)
{
	if (index >= window_count)
		return false;
	*out = windows[index];
	return true;
}

static const struct power_ops acpi_power = { .name = "ACPI", .off = acpi_off, .reset = acpi_reset };

void acpi_init(void)
{
	u64 rsdp = rsdp_find();
	struct span table;

	root = (struct span){ 0 };
	sleep_control = pm1a_control = reset_register = (struct generic_register){ 0 };
	window_count = 0;
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

	if (!acpi_find_table("FACP", 0, &table))
		read_fadt(table);
	if (IS_ENABLED(CONFIG_PCI_ECAM) && !acpi_find_table("MCFG", 0, &table))
		read_mcfg(table);
	power_register(&acpi_power);
}
