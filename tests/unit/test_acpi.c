// SPDX-License-Identifier: Apache-2.0
/* ACPI tables of the VMMs, and broken ones. */
#include "core/memory.h"
#include "tests/unit/acpi_tables.h"

TEST(finds_cloud_hypervisors_windows_and_timer)
{
	struct ecam window;

	setup();
	acpi_init();
	CHECK(acpi_ecam(0, &window));
	CHECK_EQUAL(window.base, 0xe8000000);
	CHECK_EQUAL(window.segment, 0);
	CHECK(acpi_ecam(1, &window));
	CHECK_EQUAL(window.base, 0xe8100000);
	CHECK_EQUAL(window.segment, 1);
	CHECK_EQUAL(window.bus_first, 0);
	CHECK_EQUAL(window.bus_last, 0);
	CHECK(!acpi_ecam(2, &window));
	CHECK_EQUAL(host_pm_port, 0x608);
}

TEST(finds_tables_and_the_dsdt)
{
	struct span table;

	setup();
	acpi_init();
	CHECK_EQUAL(acpi_find_table("MCFG", 0, &table), OK);
	CHECK_EQUAL(table.size, 76);
	CHECK(table.data == at(MCFG));
	CHECK_EQUAL(acpi_find_table("MCFG", 1, &table), ERR_NOT_FOUND);
	CHECK_EQUAL(acpi_find_table("APIC", 0, &table), ERR_NOT_FOUND);
	CHECK_EQUAL(acpi_find_table("DSDT", 0, &table), OK);
	CHECK(table.data == at(DSDT));
	CHECK_EQUAL(table.size, 100);
	CHECK_EQUAL(acpi_find_table("DSDT", 1, &table), ERR_NOT_FOUND);
}

TEST(counts_tables_with_the_same_signature)
{
	struct span table;

	setup();
	store_le64(at(XSDT + 52), SECOND_MCFG);
	finish_table(XSDT, "XSDT", 60);
	finish_table(SECOND_MCFG, "MCFG", 44);
	acpi_init();
	CHECK_EQUAL(acpi_find_table("MCFG", 1, &table), OK);
	CHECK(table.data == at(SECOND_MCFG));
}

TEST(powers_off_and_resets_by_hardware_reduced_registers)
{
	last_write = (struct write){ 0 };

	setup();
	host_port_handler(0x600, 1, record_write, NULL);
	acpi_init();
	CHECK_EQUAL(host_run(run_off, NULL), HOST_HALTED);
	CHECK(last_write.count > 0);
	CHECK_EQUAL(last_write.value, 0x34);
	CHECK_EQUAL(last_write.size, 1);
	CHECK_EQUAL(host_run(run_reset, NULL), HOST_RESET);
	CHECK_EQUAL(last_write.value, 1);
}

TEST(powers_off_by_pm1a_and_resets_in_memory)
{
	last_write = (struct write){ 0 };

	setup();
	store_le32(at(FADT + 112), 1 << 10);
	store_le32(at(FADT + 64), 0x604);
	store_le32(at(FADT + 76), 0x608);
	put_register(FADT + 208, 0, 0);
	put_register(FADT + 116, 0, 0xfea00204);
	at(FADT + 128)[0] = 0x42;
	finish_table(FADT, "FACP", FADT_SIZE);
	host_port_handler(0x604, 2, record_write, NULL);
	host_mmio_handler(0xfea00200, 8, record_write, NULL);
	acpi_init();
	CHECK_EQUAL(host_pm_port, 0x608);
	CHECK_EQUAL(host_run(run_off, NULL), HOST_HALTED);
	CHECK_EQUAL(last_write.address, 0x604);
	CHECK_EQUAL(last_write.value, 0x2000);
	CHECK_EQUAL(last_write.size, 2);
	CHECK_EQUAL(host_run(run_reset, NULL), HOST_RESET);
	CHECK_EQUAL(last_write.address, 0xfea00204);
	CHECK_EQUAL(last_write.value, 0x42);
	CHECK_EQUAL(last_write.size, 1);
}

TEST(a_fadt_without_registers_gives_none)
{
	last_write = (struct write){ 0 };

	/* Firecracker: hardware-reduced, no sleep control, no reset. Truncated as in ACPI 1.0. */
	setup();
	store_le32(at(FADT + 112), 1 << 20);
	put_register(FADT + 244, 0, 0);
	finish_table(FADT, "FACP", 116);
	host_port_handler(0, 0x10000, record_write, NULL);
	acpi_init();
	CHECK_EQUAL(host_run(run_off, NULL), HOST_HALTED);
	CHECK_EQUAL(host_run(run_reset, NULL), HOST_RESET);
	CHECK_EQUAL(last_write.count, 0);
	CHECK_EQUAL(host_pm_port, 0);
}

TEST(registers_in_other_spaces_are_not_touched)
{
	last_write = (struct write){ 0 };

	setup();
	put_register(FADT + 116, 2, 0x1234); /* PCI configuration space */
	put_register(FADT + 244, 1, 0x123456600);
	put_register(FADT + 208, 0, 0x608);
	finish_table(FADT, "FACP", FADT_SIZE);
	host_port_handler(0, 0x10000, record_write, NULL);
	acpi_init();
	CHECK_EQUAL(host_run(run_off, NULL), HOST_HALTED);
	CHECK_EQUAL(host_run(run_reset, NULL), HOST_RESET);
	CHECK_EQUAL(last_write.count, 0);
	CHECK_EQUAL(host_pm_port, 0);
}

TEST(searches_the_bios_area_if_the_vmm_gives_no_rsdp)
{
	struct span table;

	/* Firecracker's address. */
	setup();
	memset(at(RSDP), 0, 36);
	put_rsdp(BIOS_RSDP, 2);
	boot_info.rsdp = 0;
	acpi_init();
	CHECK_EQUAL(acpi_find_table("FACP", 0, &table), OK);
	/* The last possible place, with a false one before it. */
	setup();
	memset(at(RSDP), 0, 36);
	put_rsdp(BIOS_RSDP, 2);
	at(BIOS_RSDP)[8]++;
	put_rsdp(0xfffd0, 2);
	boot_info.rsdp = 0;
	acpi_init();
	CHECK_EQUAL(acpi_find_table("FACP", 0, &table), OK);
}

TEST(searches_the_ebda)
{
	struct span table;

	setup();
	memset(at(RSDP), 0, 36);
	put_rsdp(EBDA + 0x3d0, 2);
	store_le16(page_0 + 0x40e, EBDA >> 4);
	store_le16(page_0 + 0x410, 0xffff);
	boot_info.rsdp = 0;
	acpi_init();
	CHECK_EQUAL(acpi_find_table("FACP", 0, &table), OK);
}

TEST(a_wrong_rsdp_causes_a_search)
{
	struct span table;

	setup();
	boot_info.rsdp = 0xfffffffffffffff0;
	put_rsdp(BIOS_RSDP, 2);
	acpi_init();
	CHECK_EQUAL(acpi_find_table("FACP", 0, &table), OK);
}

TEST(no_tables_at_all)
{
	struct span table;
	struct ecam window;

	setup();
	memset(area, 0, sizeof(area));
	acpi_init();
	CHECK_EQUAL(acpi_find_table("FACP", 0, &table), ERR_NOT_FOUND);
	CHECK_EQUAL(acpi_find_table("DSDT", 0, &table), ERR_NOT_FOUND);
	CHECK(!acpi_ecam(0, &window));
}

TEST(falls_back_to_the_rsdt)
{
	struct span table;

	/* Its pointers have 4 bytes, and here it lists only MCFG. */
	setup();
	at(XSDT)[20]++;
	acpi_init();
	CHECK_EQUAL(acpi_find_table("MCFG", 0, &table), OK);
	CHECK_EQUAL(acpi_find_table("FACP", 0, &table), ERR_NOT_FOUND);
	/* Revision 0 has no XSDT. */
	setup();
	put_rsdp(RSDP, 0);
	acpi_init();
	CHECK_EQUAL(acpi_find_table("FACP", 0, &table), ERR_NOT_FOUND);
	/* A wrong extended checksum. */
	setup();
	at(RSDP)[33] = 1;
	acpi_init();
	CHECK_EQUAL(acpi_find_table("FACP", 0, &table), ERR_NOT_FOUND);
	CHECK_EQUAL(acpi_find_table("MCFG", 0, &table), OK);
}

TEST(tables_with_impossible_lengths_are_skipped)
{
	const u32 lengths[] = { 0, 35, 5 << 20, 0x7fffffff, 0xffffffff, sizeof(area) };
	struct span table;

	for (u32 i = 0; i < ARRAY_SIZE(lengths); i++) {
		setup();
		store_le32(at(FADT + 4), lengths[i]);
		acpi_init();
		CHECK_EQUAL(acpi_find_table("FACP", 0, &table), ERR_NOT_FOUND);
		CHECK_EQUAL(acpi_find_table("MCFG", 0, &table), OK);
		setup();
		store_le32(at(XSDT + 4), lengths[i]);
		store_le32(at(RSDT + 4), lengths[i]);
		acpi_init();
		CHECK_EQUAL(acpi_find_table("MCFG", 0, &table), ERR_NOT_FOUND);
	}
}

TEST(wrong_checksums_and_pointers)
{
	struct span table;
	struct ecam window;

	setup();
	at(MCFG)[60]++;
	acpi_init();
	CHECK_EQUAL(acpi_find_table("MCFG", 0, &table), ERR_CORRUPT);
	CHECK(!acpi_ecam(0, &window));
	setup();
	store_le64(at(XSDT + 36), 0xffffffffffffff00);
	finish_table(XSDT, "XSDT", 52);
	acpi_init();
	CHECK_EQUAL(acpi_find_table("FACP", 0, &table), ERR_NOT_FOUND);
	CHECK(acpi_ecam(0, &window));
	setup();
	store_le64(at(FADT + 140), 0x10);
	finish_table(FADT, "FACP", FADT_SIZE);
	acpi_init();
	CHECK_EQUAL(acpi_find_table("DSDT", 0, &table), ERR_CORRUPT);
}

TEST(impossible_windows_are_left_out)
{
	struct ecam window;

	setup();
	put_window(MCFG, 0, 0, 0, 0, 255);
	put_window(MCFG, 1, 0xb0000000, 0, 5, 4);
	put_window(MCFG, 2, 0xb0001000, 0, 0, 1);
	put_window(MCFG, 3, 0xfffffffffff00000, 0, 0, 1);
	put_window(MCFG, 4, 0xb0000000, 3, 5, 5);
	finish_table(MCFG, "MCFG", 44 + 16 * 5 + 7); /* and a partial one */
	acpi_init();
	CHECK(acpi_ecam(0, &window));
	CHECK_EQUAL(window.segment, 3);
	CHECK(!acpi_ecam(1, &window));
	/* More than any machine has. */
	setup();
	for (u32 i = 0; i < 20; i++)
		put_window(SECOND_MCFG, i, (i + 1) * MIB, (u16)i, 0, 0);
	finish_table(SECOND_MCFG, "MCFG", 44 + 16 * 20);
	store_le64(at(XSDT + 44), SECOND_MCFG);
	finish_table(XSDT, "XSDT", 52);
	acpi_init();
	CHECK(acpi_ecam(15, &window));
	CHECK(!acpi_ecam(16, &window));
	/* Shorter than its header. */
	setup();
	finish_table(MCFG, "MCFG", 36);
	acpi_init();
	CHECK(!acpi_ecam(0, &window));
}

TEST(tables_in_free_memory_are_reserved)
{
	enum {
		TABLE = HOST_MEMORY_BASE + 0x800ff0, /* across pages */
		FACS = HOST_MEMORY_BASE + 0x900000,
		SIZE = 0x40,
	};
	static u8 bytes[SIZE], facs[SIZE];

	memcpy(bytes, "SSDT", 4);
	store_le32(bytes + 4, SIZE);
	store_le32(facs + 4, SIZE);
	for (u32 with_newer = 0; with_newer < 2; with_newer++) {
		const struct memory_range *map;
		u32 count, found = 0;

		setup();
		host_memory_set(TABLE, bytes, SIZE);
		store_le64(at(XSDT + 52), TABLE);
		finish_table(XSDT, "XSDT", 60);
		host_memory_set(FACS, facs, SIZE);
		/* The newer pointer takes precedence. */
		store_le32(at(FADT + 36), with_newer ? FACS + PAGE_SIZE : FACS);
		store_le64(at(FADT + 132), with_newer ? FACS : 0);
		finish_table(FADT, "FACP", FADT_SIZE);
		acpi_init();
		map = memory_map(&count);
		for (u32 i = 0; i < count; i++) {
			if (map[i].type == MEMORY_ACPI_RECLAIM) {
				found++;
				CHECK_EQUAL(map[i].base, HOST_MEMORY_BASE + 0x800000);
				CHECK_EQUAL(map[i].end, HOST_MEMORY_BASE + 0x802000);
			} else if (map[i].type == MEMORY_ACPI_NVS) {
				found++;
				CHECK_EQUAL(map[i].base, FACS);
				CHECK_EQUAL(map[i].end, FACS + PAGE_SIZE);
			}
		}
		CHECK_EQUAL(found, 2);
	}
}

enum { MADT = 0xa0600, ENTRIES = 44 };

/* The processor count for a MADT with these entries. */
static u32 processors(const u8 *entries, u32 size)
{
	setup();
	store_le64(at(XSDT + 52), MADT);
	finish_table(XSDT, "XSDT", 60);
	memset(at(MADT), 0, ENTRIES);
	memcpy(at(MADT + ENTRIES), entries, size);
	finish_table(MADT, "APIC", ENTRIES + size);
	acpi_init();
	return acpi_processor_count();
}

#define PROCESSORS(...) processors((const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))

TEST(enabled_processors_count)
{
	CHECK_EQUAL(PROCESSORS(0, 8, 0, 0, 1, 0, 0, 0), 1);
	/* Also a processor that is not present yet, an I/O APIC, an x2APIC. */
	CHECK_EQUAL(PROCESSORS(0, 8, 0, 0, 1, 0, 0, 0, 0, 8, 1, 1, 2, 0, 0, 0, 1, 12, 1, 1, 1, 1, 1,
			       1, 1, 1, 1, 1, 9, 16, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0),
		    2);
}

TEST(truncated_and_endless_lists_end)
{
	CHECK_EQUAL(PROCESSORS(0, 8, 0, 0, 1, 0, 0, 0, 0, 8, 1, 1, 1), 1);
	CHECK_EQUAL(PROCESSORS(0, 8, 0, 0, 1, 0, 0, 0, 0), 1);
	CHECK_EQUAL(PROCESSORS(0, 0, 0, 8, 0, 0, 1, 0, 0, 0), 0);
	CHECK_EQUAL(PROCESSORS(0, 1, 0, 8, 0, 0, 1, 0, 0, 0), 0);
	/* Too short for its flags. */
	CHECK_EQUAL(PROCESSORS(0, 6, 0, 0, 1, 0, 9, 8, 1, 1, 1, 1, 1, 1), 0);
	CHECK_EQUAL(PROCESSORS(0), 0);
}

TEST(no_madt)
{
	setup();
	acpi_init();
	CHECK_EQUAL(acpi_processor_count(), 0);
}
