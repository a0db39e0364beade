// SPDX-License-Identifier: Apache-2.0
/* ACPI: the meaning of each field, truncated tables, and all kinds of registers. */
#include "core/memory.h"
#include "tests/unit/acpi_tables.h"

static u8 big_table[4 * MIB + 1];

/* Is there a table of that signature? */
static bool has_table(const char *signature)
{
	struct span table;

	return acpi_find_table(signature, 0, &table) == OK;
}

static bool was_logged(const char *text)
{
	return memory_console_has(&acpi_log, text);
}

static bool was_refused(void)
{
	return was_logged("no RSDP") || was_logged("no valid");
}

/*
 * The last write to any port or memory from acpi_init() to power off or reset. Earlier tests may
 * have registered further methods.
 */
static struct write written(void (*run)(void *context))
{
	last_write = (struct write){ 0 };

	host_port_handler(0, 0x10000, record_write, NULL);
	host_mmio_handler(0, UINT64_MAX, record_write, NULL);
	acpi_init();
	host_run(run, NULL);
	return last_write;
}

/* Completes the FADT with the given flags and size; the test has filled in the other fields. */
static void finish_fadt(u32 flags, u32 size)
{
	store_le32(at(FADT + 112), flags);
	finish_table(FADT, "FACP", size);
}

enum { RESET = 1 << 10, HARDWARE_REDUCED = 1 << 20 };

TEST(valid_tables_are_accepted)
{
	setup();
	acpi_init();
	CHECK(!was_refused());
	CHECK_EQUAL(boot_info.rsdp, RSDP);
}

TEST(rsdp_of_every_revision)
{
	/* Before revision 2 there is no XSDT; bytes after the first 20 do not belong to it. */
	for (u8 revision = 0; revision < 2; revision++) {
		setup();
		put_rsdp(RSDP, revision);
		at(RSDP)[33] = 0x55;
		acpi_init();
		CHECK(has_table("MCFG"));
		CHECK(!has_table("FACP"));
		CHECK(!was_refused());
	}
	/* The checksum includes the last of the 36 bytes. */
	setup();
	at(RSDP)[35] = 0x77;
	fix_checksum(at(RSDP), 36, 32);
	acpi_init();
	CHECK(has_table("FACP"));
}

TEST(rsdt_has_pointers_of_four_bytes)
{
	setup();
	put_rsdp(RSDP, 0);
	store_le32(at(RSDT + 40), FADT);
	store_le32(at(RSDT + 44), SECOND_MCFG);
	finish_table(RSDT, "RSDT", 48);
	finish_table(SECOND_MCFG, "SSDT", 36); /* only a header */
	acpi_init();
	CHECK(has_table("MCFG"));
	CHECK(has_table("FACP"));
	CHECK(has_table("SSDT"));
	CHECK(!was_refused());
}

/* Its own entry, and the DSDT's. */
TEST(xsdt_has_pointers_of_eight_bytes)
{
	const u64 address = 0x123456789a0, xsdt = 0x23456789ab0;
	static u8 table[36];
	struct span found;

	setup();
	memcpy(table, "SSDT", 4);
	store_le32(table + 4, sizeof(table));
	fix_checksum(table, sizeof(table), 9);
	host_memory_set(address, table, sizeof(table));
	store_le64(at(FADT + 140), address);
	finish_table(FADT, "FACP", FADT_SIZE);
	store_le64(at(XSDT + 44), address);
	finish_table(XSDT, "XSDT", 52);
	host_memory_set(xsdt, at(XSDT), 52);
	store_le64(at(RSDP + 24), xsdt);
	fix_checksum(at(RSDP), 36, 32);
	acpi_init();
	CHECK_EQUAL(acpi_find_table("SSDT", 0, &found), OK);
	CHECK(found.data == table);
	CHECK_EQUAL(acpi_find_table("DSDT", 0, &found), OK);
	CHECK(found.data == table);
}

TEST(a_root_with_another_name_is_ignored)
{
	setup();
	finish_table(XSDT, "XSDX", 52);
	acpi_init();
	CHECK(was_logged("no valid XSDT at 0xa0040"));
	CHECK(has_table("MCFG"));
	CHECK(!has_table("FACP"));
	/* Without any root table, a kernel cannot use the RSDP, either. */
	setup();
	finish_table(XSDT, "XSDX", 52);
	finish_table(RSDT, "RSDX", 40);
	memset(at(RSDP), 0, 36);
	put_rsdp(BIOS_RSDP, 2);
	boot_info.rsdp = 0;
	acpi_init();
	CHECK(was_logged("no valid RSDT at 0xa0140"));
	CHECK(!has_table("MCFG"));
	CHECK_EQUAL(boot_info.rsdp, 0);
}

/* Zeroes have a correct checksum, and so may other data. */
TEST(an_rsdp_begins_with_its_signature)
{
	setup();
	boot_info.rsdp = 0xf0000;
	put_rsdp(0xf8000, 2);
	at(0xf8000)[7]++;
	at(0xf8000)[8]--;
	put_rsdp(0xff000, 2);
	acpi_init();
	CHECK(was_logged("warning: ACPI: no RSDP at the VMM's address 0xf0000"));
	CHECK_EQUAL(boot_info.rsdp, 0xff000);
	/* The signature alone is not enough, either. */
	setup();
	at(RSDP)[9]++;
	acpi_init();
	CHECK(was_logged("warning: ACPI: no RSDP at the VMM's address 0xa0000"));
	CHECK(was_logged("ACPI: no tables"));
}

/* At the end of the BIOS area, and where only 16 bytes can be read. */
TEST(an_rsdp_of_16_bytes_is_ignored)
{
	static u8 rsdp[16];

	setup();
	memcpy(rsdp, at(RSDP), sizeof(rsdp));
	host_memory_set(0x200000, rsdp, sizeof(rsdp));
	memcpy(at(0xffff0), rsdp, sizeof(rsdp));
	boot_info.rsdp = 0x200000;
	acpi_init();
	CHECK(was_logged("no RSDP at the VMM's address 0x200000"));
	CHECK(was_logged("ACPI: no tables"));
	CHECK_EQUAL(boot_info.rsdp, 0x200000);
}

/* The extended part cannot be read. */
TEST(an_rsdp_may_be_truncated_after_20_bytes)
{
	static u8 rsdp[20];

	setup();
	memcpy(rsdp, at(RSDP), 20);
	host_memory_set(0x200000, rsdp, 20);
	boot_info.rsdp = 0x200000;
	acpi_init();
	CHECK(has_table("MCFG"));
	CHECK(!has_table("FACP"));
	CHECK(!was_refused());
}

TEST(a_root_without_tables_has_none)
{
	setup();
	finish_table(XSDT, "XSDT", 36);
	acpi_init();
	CHECK(!has_table("FACP"));
	CHECK(!was_refused());
}

TEST(no_more_than_256_tables_are_read)
{
	enum { LONG_XSDT = 0xb0000 };

	setup();
	store_le64(at(RSDP + 24), LONG_XSDT);
	fix_checksum(at(RSDP), 36, 32);
	store_le64(at(LONG_XSDT + 36 + 8 * 255), MCFG);
	store_le64(at(LONG_XSDT + 36 + 8 * 256), FADT);
	finish_table(LONG_XSDT, "XSDT", 36 + 8 * 257);
	acpi_init();
	CHECK(has_table("MCFG"));
	CHECK(!has_table("FACP"));
}

TEST(a_table_may_have_4_mib)
{
	const u64 address = 0x20000000;

	for (u32 over = 0; over < 2; over++) {
		setup();
		memset(big_table, 0, sizeof(big_table));
		memcpy(big_table, "SSDT", 4);
		store_le32(big_table + 4, 4 * (u32)MIB + over);
		fix_checksum(big_table, 4 * MIB + over, 9);
		host_memory_set(address, big_table, sizeof(big_table));
		store_le64(at(XSDT + 44), address);
		finish_table(XSDT, "XSDT", 52);
		acpi_init();
		CHECK_EQUAL(has_table("SSDT"), !over);
	}
}

/* An odd segment, and a machine with neither RSDP nor EBDA. */
TEST(the_ebda_may_begin_at_any_16_bytes)
{
	setup();
	memset(at(RSDP), 0, 36);
	put_rsdp(EBDA + 0x10 + 0x3e0, 2); /* the last place */
	store_le16(page_0 + 0x40e, (EBDA + 0x10) >> 4);
	boot_info.rsdp = 0;
	acpi_init();
	CHECK(has_table("FACP"));
	CHECK_EQUAL(boot_info.rsdp, EBDA + 0x10 + 0x3e0);

	setup();
	memset(area, 0, sizeof(area));
	boot_info.rsdp = 0;
	acpi_init();
	CHECK(was_logged("ACPI: no tables"));
	CHECK(!was_refused());
	CHECK_EQUAL(boot_info.rsdp, 0);
}

/* ACPI 1.0: 116 bytes; all addresses are 32-bit ports. */
TEST(older_fields_are_used_if_the_newer_are_missing_or_0)
{
	enum { OLD_SIZE = 116 };
	const u32 sizes[] = { OLD_SIZE, FADT_SIZE };
	struct write last;
	struct span dsdt;

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		setup();
		memset(at(FADT), 0, FADT_SIZE);
		memset(at(FADT + 44), 0xff, 64); /* the fields between them */
		store_le32(at(FADT + 40), DSDT);
		store_le32(at(FADT + 64), 0x1004);
		store_le32(at(FADT + 76), 0x1008);
		finish_fadt(0, sizes[i]);
		last = written(run_off);
		CHECK(last.count > 0);
		CHECK_EQUAL(last.address, 0x1004);
		CHECK_EQUAL(last.size, 2);
		CHECK_EQUAL(last.value, 0x2000);
		CHECK_EQUAL(host_pm_port, 0x1008);
		CHECK_EQUAL(acpi_find_table("DSDT", 0, &dsdt), OK);
		CHECK(dsdt.data == at(DSDT));
	}
}

TEST(newer_fields_take_precedence)
{
	struct write last;
	struct span dsdt;

	setup();
	store_le32(at(FADT + 40), MCFG);
	store_le32(at(FADT + 64), 0x1004);
	store_le32(at(FADT + 76), 0x1008);
	put_register(FADT + 172, 1, 0x2004);
	put_register(FADT + 208, 1, 0x2008);
	finish_fadt(0, FADT_SIZE);
	last = written(run_off);
	CHECK(last.count > 0);
	CHECK_EQUAL(last.address, 0x2004);
	CHECK_EQUAL(host_pm_port, 0x2008);
	CHECK_EQUAL(acpi_find_table("DSDT", 0, &dsdt), OK);
	CHECK(dsdt.data == at(DSDT));
}

TEST(truncated_fields_are_0)
{
	setup();
	store_le32(at(FADT + 76), 0x1008);
	finish_table(FADT, "FACP", 79);
	CHECK_EQUAL(written(run_off).count, 0);
	CHECK_EQUAL(host_pm_port, 0);
}

TEST(flags_decide_which_registers_exist)
{
	setup();
	store_le32(at(FADT + 64), 0x1004);
	finish_fadt(HARDWARE_REDUCED, FADT_SIZE);
	CHECK_EQUAL(written(run_off).address, 0x600);
	CHECK_EQUAL(written(run_reset).count, 0);
	finish_fadt(0, FADT_SIZE);
	CHECK_EQUAL(written(run_off).address, 0x1004);
	CHECK_EQUAL(written(run_reset).count, 0);
	put_register(FADT + 244, 0, 0);
	finish_fadt(HARDWARE_REDUCED | RESET, FADT_SIZE);
	CHECK_EQUAL(written(run_off).count, 0);
	CHECK_EQUAL(written(run_reset).address, 0x600);
}

TEST(registers_are_at_16_bit_ports_or_in_memory_that_can_be_reached)
{
	static const struct {
		u8 space;
		u64 address;
		bool is_written;
	} cases[] = {
		{ 1, 1, true },           { 1, 0xffff, true },
		{ 1, 0x10000, false },    { 1, 0x100000600, false },
		{ 0, 0xfea00204, true },  { 0, 0x4000000000, true },
		{ 0, 1ull << 60, false }, { 0, UINT64_MAX, false },
		{ 1, 0, false },          { 2, 0xfea00204, false },
		{ 0x7f, 0x600, false },
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct write last;
		u64 before;

		setup();
		put_register(FADT + 116, cases[i].space, cases[i].address);
		put_register(FADT + 172, cases[i].space, cases[i].address);
		put_register(FADT + 208, cases[i].space, cases[i].address);
		finish_fadt(RESET, FADT_SIZE);
		before = host_ticks;
		last = written(run_reset);
		CHECK_OF((last.count > 0) == cases[i].is_written, "%u writes in case %u",
			 last.count, i);
		CHECK_EQUAL(last.address, last.count ? cases[i].address : 0);
		CHECK_EQUAL(last.size, last.count ? 1 : 0);
		/* The VMM is given a tenth of a second. */
		CHECK_EQUAL((host_ticks - before) / (HOST_TICKS_PER_SECOND / 10), last.count);
		last = written(run_off);
		CHECK_OF((last.count > 0) == cases[i].is_written, "%u writes in case %u",
			 last.count, i);
		CHECK_EQUAL(last.size, last.count ? 2 : 0);
		CHECK_EQUAL(host_pm_port, cases[i].space == 1 && last.count ? cases[i].address : 0);
	}
}

/*
 * Each table is on a separate page in memory that the VMM reports as free; the RSDP crosses a page
 * boundary.
 */
TEST(all_tables_are_reserved)
{
	enum { RSDP_PLACE = PAGE_SIZE - 32 };
	const u64 tables[] = { RSDP, XSDT, FADT, MCFG, DSDT };
	const u64 first = HOST_MEMORY_BASE + 0x800000;
	static u8 pages[5][4 * PAGE_SIZE];
	const struct memory_range *map;
	u32 count, found = 0;

	setup();
	store_le64(at(FADT + 140), first + 16 * PAGE_SIZE);
	finish_table(FADT, "FACP", FADT_SIZE);
	store_le64(at(XSDT + 36), first + 8 * PAGE_SIZE);
	store_le64(at(XSDT + 44), first + 12 * PAGE_SIZE);
	finish_table(XSDT, "XSDT", 52);
	store_le64(at(RSDP + 24), first + 4 * PAGE_SIZE);
	fix_checksum(at(RSDP), 36, 32);
	for (u32 i = 0; i < ARRAY_SIZE(tables); i++) {
		memcpy(pages[i] + (i ? 0 : RSDP_PLACE), at(tables[i]), i ? 0x180 : 36);
		host_memory_set(first + 4 * i * PAGE_SIZE, pages[i], sizeof(pages[i]));
	}
	boot_info.rsdp = first + RSDP_PLACE;
	acpi_init();
	map = memory_map(&count);
	for (u32 i = 0; i < count; i++) {
		if (map[i].type == MEMORY_ACPI_RECLAIM) {
			CHECK_EQUAL(map[i].base, first + 4 * found * PAGE_SIZE);
			CHECK_EQUAL(map[i].end, map[i].base + (found ? 1 : 2) * PAGE_SIZE);
			found++;
		}
	}
	CHECK_EQUAL(found, ARRAY_SIZE(tables));
}

TEST(windows_end_with_the_address_space_and_the_table)
{
	struct ecam window;

	setup();
	put_window(MCFG, 0, 0xffffffffffd00000, 7, 0, 1);
	put_window(MCFG, 1, 0xffffffffffe00000, 8, 0, 1);
	put_window(MCFG, 2, 0xe0000000, 9, 0, 0);
	finish_table(MCFG, "MCFG", 44 + 16 * 2 + 15);
	acpi_init();
	CHECK(acpi_ecam(0, &window));
	CHECK_EQUAL(window.segment, 7);
	CHECK_EQUAL(window.bus_last, 1);
	CHECK(!acpi_ecam(1, &window));
	CHECK(was_logged("window at 0xffffffffffe00000 of buses 0 to 1 ignored"));
}

TEST(windows_past_the_16th_are_named)
{
	struct ecam window;

	for (u32 count = 16; count < 18; count++) {
		setup();
		for (u32 i = 0; i < count; i++)
			put_window(SECOND_MCFG, i, (i + 1) * MIB, (u16)i, 0, 0);
		finish_table(SECOND_MCFG, "MCFG", 44 + 16 * count);
		store_le64(at(XSDT + 44), SECOND_MCFG);
		finish_table(XSDT, "XSDT", 52);
		acpi_init();
		CHECK(acpi_ecam(15, &window));
		CHECK_EQUAL(window.base, 16 * MIB);
		CHECK(!acpi_ecam(16, &window));
		CHECK_EQUAL(was_logged("more than 16 windows"), count > 16);
	}
}
