/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two access methods for configuration space: ports, and memory at an address from a table or
 * the DSDT.
 */
#include "tests/unit/test.h"

#include "tests/unit/machine.h"

/* The accesses to the ports, as text. */
static char accesses[256];

static void record_ports(void *context, u64 port, u32 size, bool write, u64 *value)
{
	size_t used = strlen(accesses);

	(void)context;
	if (!write)
		*value = 0x12345678;
	snprintf(accesses + used, sizeof(accesses) - used, "%s%u %" PRIx64 " %" PRIx64 ", ",
		 write ? "write" : "read", size * 8, port, *value);
}

static const char *recorded(void)
{
	static char text[sizeof(accesses)];

	strcpy(text, accesses);
	accesses[0] = '\0';
	return text;
}

TEST(ports_take_an_address_and_give_data)
{
	const struct pci_device device = { .bus = 0x81, .device = 0x1f, .function = 5 };

	host_handlers_forget();
	host_port_handler(0xcf8, 8, record_ports, NULL);
	CHECK_EQUAL(pci_read32(&device, 0x34), 0x12345678);
	CHECK_TEXT(recorded(), "write32 cf8 8081fd34, read32 cfc 12345678, ");
	pci_write32(&device, 0xfc, 0xfedcba98);
	CHECK_TEXT(recorded(), "write32 cf8 8081fdfc, write32 cfc fedcba98, ");
	pci_write16(&device, 0x04, 0x0107);
	CHECK_TEXT(recorded(), "write32 cf8 8081fd04, write16 cfc 107, ");
	pci_write16(&device, 0x06, 0xf900);
	CHECK_TEXT(recorded(), "write32 cf8 8081fd04, write16 cfe f900, ");
}

/* Keeps all bits except those in @context; reads as ones if that is NULL. */
static void address_port(void *context, u64 port, u32 size, bool write, u64 *value)
{
	static u64 kept;

	(void)port;
	if (write)
		kept = size == 4 && context ? *value & *(u32 *)context : UINT64_MAX;
	else
		*value = kept;
}

TEST(ports_exist_where_the_address_is_kept)
{
	u32 all = UINT32_MAX, none = 0;

	host_handlers_forget();
	CHECK(!pci_ports_exist());
	host_port_handler(0xcf8, 4, address_port, NULL);
	CHECK(!pci_ports_exist());
	host_port_handler(0xcf8, 4, address_port, &none);
	CHECK(!pci_ports_exist());
	host_port_handler(0xcf8, 4, address_port, &all);
	CHECK(pci_ports_exist());
}

TEST(memory_is_read_and_written_in_one_access)
{
	struct fake_function function = { .device = 3 };
	const struct pci_device device = {
		.config = (volatile u8 *)(MACHINE_ECAM + 3 * 0x8000), .device = 7, /* irrelevant
										    */
	};

	machine_start_pci();
	fake_machine_add(&machine, &function);
	store_le32(function.config + 0x34, 0x11223344);
	function.config[0x0e] = PCI_HEADER_TYPE_BRIDGE;
	CHECK_EQUAL(pci_read32(&device, 0x34), 0x11223344);
	pci_write32(&device, PCI_BUS_NUMBERS, 0x55667788);
	pci_write16(&device, PCI_COMMAND, 0x99aa);
	CHECK_EQUAL(load_le32(function.config + PCI_BUS_NUMBERS), 0x55667788);
	CHECK_EQUAL(load_le32(function.config + PCI_COMMAND), 0x99aa);
	CHECK_EQUAL(machine.config_reads, 1);
	CHECK_EQUAL(machine.config_writes, 2);
	CHECK_EQUAL(machine.violations, 0);
}

/* QEMU microvm has no MCFG: "Method (_CBA) { Return (0xe1000000) }". */
TEST(window_of_the_dsdt_is_used_where_there_is_no_table)
{
	struct ecam window;

	machine_start();
	CHECK(!pci_ecam_window(0, &window));
	machine_dsdt = SPAN("DSDT _CBA \x14\x0b_CBA\x00\xa4\x0c\x00\x00\x00\xe1");
	CHECK(pci_ecam_window(0, &window));
	CHECK_EQUAL(window.base, 0xe1000000);
	CHECK_EQUAL(window.segment, 0);
	CHECK_EQUAL(window.bus_first, 0);
	CHECK_EQUAL(window.bus_last, 255);
	CHECK(!pci_ecam_window(1, &window));
	/* Cut off. */
	machine_dsdt.size--;
	CHECK(!pci_ecam_window(0, &window));
	machine_dsdt = SPAN("\xe1_CBA\x00\xa4\x0b\x00\x00\x00\xe1");
	CHECK(!pci_ecam_window(0, &window));
}

TEST(window_of_the_table_comes_first)
{
	struct ecam window;

	machine_start_pci();
	machine_dsdt = SPAN("_CBA\x00\xa4\x0c\x00\x00\x00\xe1");
	CHECK(pci_ecam_window(0, &window));
	CHECK_EQUAL(window.base, MACHINE_ECAM);
	CHECK(!pci_ecam_window(1, &window));
}

/* The DSDT may contain anything. */
TEST(window_of_the_dsdt_in_ram_is_refused)
{
	machine_start();
	machine_dsdt = SPAN("_CBA\x00\xa4\x0c\x00\x00\x00\x10");
	pci_probe();
	CHECK(!pci_is_present());
	CHECK(was_logged("PCI configuration space: registers at 0x10000000: that is RAM"));
	CHECK_EQUAL(machine.violations, 0);
}
