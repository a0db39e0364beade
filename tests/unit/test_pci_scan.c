/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which buses, slots and functions are scanned, and unusual identifications and capability lists.
 */
#include "tests/unit/test.h"

#include "tests/unit/machine.h"

enum { ROOT_PORT = 4, UPSTREAM_PORT = 5, DOWNSTREAM_PORT = 6, PCI_BRIDGE = 7 };

static u8 bytes[65536];
static struct fake_virtio disk;
static struct fake_function functions[8];

static struct fake_function *add(u8 bus, u8 slot, u32 id, u8 header)
{
	struct fake_function *function = &functions[machine.function_count];

	*function = (struct fake_function){ .bus = bus, .device = slot };
	store_le32(function->config, id);
	function->config[0x0e] = header;
	fake_machine_add(&machine, function);
	return function;
}

static struct fake_function *add_bridge(u8 bus, u8 slot, u8 secondary)
{
	struct fake_function *bridge = add(bus, slot, 0x000c1b36, 1);

	bridge->config[PCI_BUS_NUMBERS + 1] = secondary;
	return bridge;
}

/* Adds a capability at the start of the list. */
static void add_capability(struct fake_function *function, u8 at, u8 id, u8 type)
{
	function->config[at] = id;
	function->config[at + 1] = function->config[PCI_CAPABILITIES];
	function->config[at + 2] = (u8)(type << 4 | 2);
	function->config[PCI_CAPABILITIES] = at;
}

static struct fake_function *add_disk(u8 bus, u8 slot)
{
	struct fake_function *function = &functions[machine.function_count];

	fake_virtio_disk(&disk, bytes, sizeof(bytes), 0);
	fake_function_virtio(&machine, function, bus, slot, &disk, MACHINE_BARS);
	return function;
}

static u32 disks_found(void)
{
	u32 before = disk_count();

	pci_probe();
	CHECK_EQUAL(machine.violations, 0);
	return disk_count() - before;
}

TEST(no_functions_are_logged)
{
	machine_start_pci();
	pci_probe();
	CHECK(was_logged("PCI: none"));
	machine_start_pci();
	add(0, 1, 0x12348086, 0);
	pci_probe();
	CHECK(!was_logged("PCI: none"));
	CHECK(was_logged("PCI 00:01.0: 8086:1234"));
}

TEST(only_two_vendor_ids_mean_no_function)
{
	static const struct {
		u32 id;
		bool is_present;
	} cases[] = {
		{ 0x00010000, false }, { 0x0001ffff, false }, { 0xffff0001, true },
		{ 0x00008000, true },  { 0x00007fff, true },  { 0x0000fffe, true },
		{ 0xffffffff, false }, { 0x00000001, true },
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		machine_start_pci();
		add(0, 31, cases[i].id, 0);
		pci_probe();
		CHECK_OF(pci_is_present() == cases[i].is_present, "%08x", cases[i].id);
	}
}

/* All eight functions of the multi-function device, but of no other. */
TEST(functions_1_to_7_are_read_where_there_is_a_function_0)
{
	machine_start_pci();
	machine.aliases_functions = false;
	add(0, 1, 0x12348086, PCI_HEADER_MULTIFUNCTION);
	pci_probe();
	CHECK_EQUAL(machine.config_reads, 32 + 7 + 1 + 1); /* and its class */
}

/* They are the same functions. */
TEST(ports_are_not_used_if_ecam_found_something)
{
	u64 before;

	machine_start_pci();
	machine.has_ports = true;
	before = host_port_accesses;
	add_disk(0, 1);
	CHECK_EQUAL(disks_found(), 1);
	CHECK_EQUAL(host_port_accesses, before);
}

/* Two accesses find out that the ports do not exist. */
TEST(nonexistent_ports_are_not_read)
{
	u64 before;

	machine_start();
	before = host_port_accesses;
	pci_probe();
	CHECK_EQUAL(host_port_accesses, before + 2);
	/* Also if configuration space cannot be mapped. */
	machine.ecam[machine.ecam_count++].base = HOST_MEMORY_BASE;
	before = host_port_accesses;
	pci_probe();
	CHECK_EQUAL(host_port_accesses, before + 2);
	CHECK(!pci_is_present());
}

TEST(all_256_buses_are_reached)
{
	for (u32 with_ports = 0; with_ports < 2; with_ports++) {
		machine_start_pci();
		if (with_ports) {
			machine.ecam_count = 0;
			machine.has_ports = true;
		}
		add_bridge(0, 1, 0xff);
		add_disk(0xff, 31);
		CHECK_EQUAL(disks_found(), 1);
	}
}

/* A header with another layout has its BARs elsewhere, whatever its identification. */
TEST(a_disk_with_another_header_is_ignored)
{
	for (u8 header = 1; header < 3; header++) {
		machine_start_pci();
		add_disk(0, 1)->config[0x0e] = header;
		store_le32(functions[0].config + PCI_BUS_NUMBERS, 0x010100);
		CHECK_EQUAL(disks_found(), 0);
		CHECK(was_logged("PCI 00:01.0: 1af4:1042"));
		CHECK_EQUAL(machine.config_writes, 0);
	}
}

/* It costs an exit less. */
TEST(an_enabled_device_is_not_enabled_again)
{
	const u16 commands[] = { 0x000, 0x002, 0x504, 0x407, 0x406 };

	for (u32 i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct pci_device device = { .config = (volatile u8 *)MACHINE_ECAM };
		bool is_on = (commands[i] & 6) == 6;

		machine_start_pci();
		store_le16(add(0, 0, 0x12348086, 0)->config + PCI_COMMAND, commands[i]);
		pci_enable(&device);
		CHECK_EQUAL(load_le16(functions[0].config + PCI_COMMAND), commands[i] | 6);
		CHECK_EQUAL(machine.config_writes, is_on ? 0 : 1);
	}
}

/* What looks like an upper half is another BAR. */
TEST(bars_have_32_or_64_bits)
{
	static const struct {
		u32 low;
		u64 base;
		u32 reads;
	} cases[] = {
		{ 0xfe000000, 0xfe000000, 1 },  { 0xfe000008, 0xfe000000, 1 },
		{ 0xfe000004, 0x1fe000000, 2 }, { 0xfe00000c, 0x1fe000000, 2 },
		{ 0x00000004, 0x100000000, 2 }, { 0xfe000002, 0xfe000000, 1 },
		{ 0xfffffff0, 0xfffffff0, 1 },
	};
	const struct pci_device device = { .config = (volatile u8 *)MACHINE_ECAM };

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 base = 0;

		machine_start_pci();
		add(0, 0, 0x12348086, 0);
		store_le32(functions[0].config + PCI_BAR0 + 16, cases[i].low);
		store_le32(functions[0].config + PCI_BAR0 + 20, 1);
		CHECK_EQUAL(pci_bar(&device, 4, &base), OK);
		CHECK_EQUAL(base, cases[i].base);
		CHECK_EQUAL(machine.config_reads, cases[i].reads);
		CHECK_EQUAL(pci_bar(&device, 5, &base), ERR_NOT_FOUND);
		CHECK_EQUAL(machine.config_writes, 0);
	}
}

/* The two lowest bits are reserved; capabilities cannot be inside the header. */
TEST(capabilities_are_after_the_header)
{
	static const struct {
		u8 pointer;
		u32 offset;
	} cases[] = {
		{ 0x40, 0x40 }, { 0x43, 0x40 }, { 0x44, 0x44 }, { 0xff, 0xfc },
		{ 0x3f, 0 },    { 0x3c, 0 },    { 0x04, 0 },    { 0, 0 },
	};
	const struct pci_device device = { .config = (volatile u8 *)MACHINE_ECAM };
	u32 left;

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		machine_start_pci();
		add(0, 0, 0x12348086, 0)->config[PCI_CAPABILITIES] = cases[i].pointer;
		functions[0].config[PCI_CAPABILITIES + 1] = 0x80; /* reserved */
		CHECK_EQUAL(pci_first_capability(&device, &left), cases[i].offset);
		left = 1;
		CHECK_EQUAL(pci_next_capability(0xaaaa0011u | (u32)cases[i].pointer << 8, &left),
			    cases[i].offset);
		CHECK_EQUAL(left, cases[i].offset ? 0 : 1);
	}
	left = 0;
	CHECK_EQUAL(pci_next_capability(0x4000, &left), 0);
}

/* Only as many as there is room for. */
TEST(a_circular_list_of_capabilities_has_48)
{
	const struct pci_device device = { .config = (volatile u8 *)MACHINE_ECAM };
	u32 left, count = 0;

	machine_start_pci();
	add(0, 0, 0x12348086, 0)->config[PCI_CAPABILITIES] = 0x40;
	for (u32 offset = pci_first_capability(&device, &left); offset;
	     offset = pci_next_capability(0x4000, &left))
		count++;
	CHECK_EQUAL(count, 48);
}

/* MSI-X is not PCI Express, whatever it has at the offset of the port type. */
TEST(only_below_root_and_downstream_ports_one_slot_is_read)
{
	static const struct {
		u8 id, type;
		bool single_slot;
	} cases[] = {
		{ PCI_CAPABILITY_EXPRESS, ROOT_PORT, true },
		{ PCI_CAPABILITY_EXPRESS, DOWNSTREAM_PORT, true },
		{ PCI_CAPABILITY_EXPRESS, UPSTREAM_PORT, false },
		{ PCI_CAPABILITY_EXPRESS, PCI_BRIDGE, false },
		{ 0x11, ROOT_PORT, false },
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		machine_start_pci();
		add_capability(add_bridge(0, 1, 1), 0x40, cases[i].id, cases[i].type);
		add_disk(1, 1);
		CHECK_EQUAL(disks_found(), !cases[i].single_slot);
	}
	/* It is not the first. */
	machine_start_pci();
	add_capability(add_bridge(0, 1, 1), 0x40, PCI_CAPABILITY_EXPRESS, ROOT_PORT);
	add_capability(&functions[0], 0x80, 0x11, UPSTREAM_PORT);
	add_disk(1, 1);
	CHECK_EQUAL(disks_found(), 0);
}

/* The first bridge to a bus determines its properties. */
TEST(a_known_bus_is_not_recorded_again)
{
	machine_start_pci();
	add_bridge(0, 1, 1);
	add_capability(add_bridge(0, 2, 1), 0x40, PCI_CAPABILITY_EXPRESS, ROOT_PORT);
	add_disk(1, 1);
	CHECK_EQUAL(disks_found(), 1);
	CHECK(was_logged("PCI 00:02.0: bridge to bus 01, not searched"));

	/* The DSDT, which names all root buses, does not change that, either. */
	machine_start_pci();
	machine_dsdt = SPAN("\x08_BBN\x01");
	add_capability(add_bridge(0, 1, 1), 0x40, PCI_CAPABILITY_EXPRESS, ROOT_PORT);
	add(0, 2, 0x000b1b36, 0);
	add_disk(1, 1);
	CHECK_EQUAL(disks_found(), 0);
}

/* It was already scanned. */
TEST(a_bridge_to_a_lower_bus_is_ignored)
{
	machine_start_pci();
	add_bridge(0, 1, 2);
	add_bridge(2, 1, 1);
	add_disk(1, 1);
	CHECK_EQUAL(disks_found(), 0);
	CHECK(was_logged("PCI 02:01.0: bridge to bus 01, not searched"));
}

TEST(expanders_are_recognized_by_vendor_and_device)
{
	static const struct {
		u32 id;
		bool is_expander;
	} cases[] = {
		{ 0x00091b36, true },  { 0x000b1b36, true },  { 0x000b8086, false },
		{ 0x00101b36, false }, { 0x00081b36, false }, { 0x000a1b36, false },
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		machine_start_pci();
		machine_dsdt = SPAN("\x08_BBN\x0a\xff");
		add(0, 2, cases[i].id, 0);
		add_disk(0xff, 1);
		CHECK_OF(disks_found() == cases[i].is_expander, "%08x", cases[i].id);
	}
}

static u32 secondary_of(const struct fake_function *bridge)
{
	return bridge->config[PCI_BUS_NUMBERS + 1];
}

/* Where some bridges have numbers and others have none. */
TEST(new_bus_numbers_follow_used_ones)
{
	machine_start_pci();
	add_bridge(0, 1, 5);
	add_bridge(0, 2, 3);
	add_bridge(0, 3, 0);
	add_bridge(0, 4, 0xfe);
	add_bridge(0, 5, 0);
	add_bridge(0, 6, 0);
	CHECK_EQUAL(disks_found(), 0);
	CHECK_EQUAL(secondary_of(&functions[2]), 6);
	CHECK_EQUAL(secondary_of(&functions[4]), 0xff);
	/* There is none left. */
	CHECK_EQUAL(load_le32(functions[5].config + PCI_BUS_NUMBERS), 0);
	CHECK_EQUAL(load_le32(functions[5].config + PCI_COMMAND), 0);
}

/* A window of MCFG with fewer buses: the numbers after it belong to others. */
TEST(buses_outside_the_window_are_ignored)
{
	machine_start_pci();
	machine_bus_last = 3;
	machine_dsdt = SPAN("\x08_BBN\x0a\x05");
	add(0, 1, 0x000b1b36, 0);
	add_bridge(0, 2, 4);
	add_bridge(0, 3, 0);
	add_bridge(0, 4, 3);
	add_disk(3, 1);
	CHECK_EQUAL(disks_found(), 1);
	CHECK(was_logged("PCI 00:02.0: bridge to bus 04, not searched"));
	CHECK_EQUAL(secondary_of(&functions[2]), 1);
}

static void expect_address(u8 root_bus, u32 depth, u8 device, u8 last)
{
	const struct device_address *address;

	CHECK_EQUAL(disks_found(), 1);
	address = last_disk()->address;
	CHECK_EQUAL(address->bus, DEVICE_PCI);
	CHECK_EQUAL(address->root_bus, root_bus);
	CHECK_EQUAL(address->depth, depth);
	CHECK_EQUAL(address->functions[0] >> 3, device);
	CHECK_EQUAL(address->functions[depth - 1] >> 3, last);
}

TEST(disks_have_their_device_address)
{
	machine_start_pci();
	add_disk(0, 9);
	expect_address(0, 1, 9, 9);

	machine_start_pci();
	add_bridge(0, 3, 5);
	add_bridge(5, 4, 7);
	add_disk(7, 6);
	expect_address(0, 3, 3, 6);
	CHECK_EQUAL(last_disk()->address->functions[1] >> 3, 4);

	/* Behind an expander. */
	machine_start_pci();
	machine_dsdt = SPAN("\x08_BBN\x0a\x40");
	add(0, 2, 0x000b1b36, 0);
	add_bridge(0x40, 1, 0x41);
	add_disk(0x41, 2);
	expect_address(0x40, 2, 1, 2);

	/* In another segment. */
	machine_start_pci();
	machine.ecam[0].segment = 3;
	add_disk(0, 1)->segment = 3;
	expect_address(0, 1, 1, 1);
	CHECK_EQUAL(last_disk()->address->segment, 3);
}

/* Where the numbers of the buses are ours. */
TEST(disks_behind_new_bridges_have_their_device_address)
{
	machine_start_pci();
	add_bridge(0, 3, 0);
	add_bridge(1, 4, 0);
	add_disk(2, 6);
	expect_address(0, 3, 3, 6);
	CHECK_EQUAL(last_disk()->address->functions[1] >> 3, 4);
}

TEST(an_address_that_is_too_deep_is_unknown)
{
	for (u8 depth = DEVICE_DEPTH_MAX; depth <= DEVICE_DEPTH_MAX + 1; depth++) {
		static struct fake_function bridges[DEVICE_DEPTH_MAX];

		machine_start_pci();
		add_disk(depth - 1, 1);
		for (u8 bus = 0; bus + 1 < depth; bus++) {
			bridges[bus] = (struct fake_function){ .bus = bus };
			store_le32(bridges[bus].config, 0x000c1b36);
			bridges[bus].config[0x0e] = 1;
			bridges[bus].config[PCI_BUS_NUMBERS + 1] = bus + 1;
			fake_machine_add(&machine, &bridges[bus]);
		}
		CHECK_EQUAL(disks_found(), 1);
		CHECK_EQUAL(last_disk()->address->depth, depth <= DEVICE_DEPTH_MAX ? depth : 0);
	}
}

TEST(class_is_read_from_the_device)
{
	struct fake_function *function;
	struct pci_device device = { .config = (volatile u8 *)MACHINE_ECAM };

	machine_start_pci();
	function = add(0, 0, 0x12348086, 0);
	store_le32(function->config + 8, 0x01080255);
	CHECK_EQUAL(pci_class(&device), 0x010802);
}
