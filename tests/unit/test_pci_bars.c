/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses for BARs and bridges that have none. Each test continues in the device hole where the
 * previous one stopped, and the last one fills it.
 */
#include "tests/unit/test.h"

#include "tests/unit/machine.h"

enum { DISK_ID = 0x10421af4, OTHER_ID = 0x12348086 };

static struct fake_function functions[24];

/* Function 0 in slot @slot of @bus with memory BARs of @sizes, all of type @flags. */
static struct fake_function *add(u32 id, u8 bus, u8 slot, u64 size, u32 flags)
{
	struct fake_function *function = &functions[machine.function_count];

	*function = (struct fake_function){ .bus = bus, .device = slot, .bar_sizes = { size } };
	store_le32(function->config, id);
	store_le32(function->config + PCI_BAR0, flags);
	fake_machine_add(&machine, function);
	return function;
}

static struct fake_function *add_bridge(u8 bus, u8 slot)
{
	struct fake_function *bridge = add(0x000c1b36, bus, slot, 0, 0);

	bridge->config[0x0e] = PCI_HEADER_TYPE_BRIDGE;
	return bridge;
}

/* What the scan would pass to a driver. */
static struct pci_device device_of(const struct fake_function *function)
{
	struct pci_device device = {
		.name = "the device",
		.config = (volatile u8 *)(MACHINE_ECAM + function->bus * MIB +
					  function->device * 0x8000ull),
		.window = { .base = MACHINE_ECAM, .bus_last = 255 },
		.bus = function->bus,
		.device = function->device,
		.header_type = function->config[0x0e],
	};

	return device;
}

/*
 * A machine with one BAR of that size. Returns the assigned address; 0: none, with the reason in
 * assign_status.
 */
static enum status assign_status;

static u64 assign(u64 size, u32 flags)
{
	struct fake_function *function;
	struct pci_device device;
	u64 base = 0, stored;

	machine_start_pci();
	function = add(OTHER_ID, 0, 1, size, flags);
	store_le16(function->config + PCI_COMMAND, 0x407);
	device = device_of(function);
	assign_status = pci_bar(&device, 0, &base);
	CHECK_EQUAL(base == 0, assign_status != OK);
	stored = load_le32(function->config + PCI_BAR0) & ~(u32)PCI_BAR_FLAGS;
	if (flags & PCI_BAR_64_BIT)
		stored |= (u64)load_le32(function->config + PCI_BAR0 + 4) << 32;
	CHECK_EQUAL(stored, base);
	CHECK_EQUAL(was_logged("the device: BAR 0 put at"), base != 0);
	CHECK_EQUAL(load_le16(function->config + PCI_COMMAND), 0x407);
	CHECK_EQUAL(machine.violations, 0);
	return base;
}

/* The first MiB of the hole is the VMM's. */
TEST(bars_are_consecutive_and_aligned_to_their_size)
{
	CHECK_EQUAL(assign(0x1000, 0), 0xc0100000);
	CHECK_EQUAL(assign(0x10, 0), 0xc0101000);
	CHECK_EQUAL(assign(0x1000, PCI_BAR_64_BIT), 0xc0102000);
	CHECK_EQUAL(assign(0x4000, 0), 0xc0104000);
	CHECK_EQUAL(assign(0x4000, PCI_BAR_64_BIT), 0xc0108000);
	CHECK_EQUAL(assign(0x40000, PCI_BAR_64_BIT), 0xc0140000);
	/* Prefetchable BARs are treated like others. */
	CHECK_EQUAL(assign(0x1000, 8), 0xc0180000);
	CHECK_EQUAL(assign(0x1000, 8 | PCI_BAR_64_BIT), 0xc0181000);
}

TEST(invalid_sizes_get_no_address)
{
	CHECK_EQUAL(assign(0, 0), 0);
	CHECK_EQUAL(assign(0, PCI_BAR_64_BIT), 0);
	CHECK_EQUAL(assign(0x3000, 0), 0);
	CHECK_EQUAL(assign(0x3000, PCI_BAR_64_BIT), 0);
	CHECK_EQUAL(assign_status, ERR_NOT_FOUND);
	CHECK_EQUAL(assign(0x80000000, 0), 0);
	CHECK_EQUAL(assign_status, ERR_NO_MEMORY);
	CHECK(was_logged("warning: PCI the device: no room for a BAR of 0x80000000 bytes"));
	CHECK_EQUAL(assign(2 * GIB, PCI_BAR_64_BIT), 0);
	CHECK_EQUAL(assign(4 * GIB, PCI_BAR_64_BIT), 0);
	CHECK(was_logged("no room for a BAR of 0x100000000 bytes"));
	CHECK_EQUAL(assign(1ull << 63, PCI_BAR_64_BIT), 0);
	CHECK_EQUAL(assign(0x1000, PCI_BAR_IO), 0);
	CHECK_EQUAL(assign_status, ERR_NOT_FOUND);
}

TEST(more_addresses_than_can_be_noted)
{
	struct fake_function *function;
	struct pci_device device;
	u64 base;

	machine_start_pci();
	for (u8 slot = 1; slot < 13; slot++) {
		function = add(OTHER_ID, 0, slot, 0x1000, 0);
		for (u32 i = 0; i < PCI_BAR_COUNT; i++) {
			function->bar_sizes[i] = 0x1000;
			store_le32(function->config + PCI_BAR0 + 4 * i,
				   0xd0000000 + slot * 0x10000u + i * 0x1000);
		}
	}
	function = add(OTHER_ID, 0, 13, 0x3000, 0);
	device = device_of(function);
	pci_forget_placed();
	CHECK_EQUAL(pci_bar(&device, 0, &base), ERR_NOT_FOUND);
	CHECK(was_logged("more than 64 addresses, the one at 0xd00b4000 may be used twice"));
	pci_forget_placed();
}

/* There is no BAR 6 that could be its upper half. */
TEST(the_last_bar_has_32_bits_whatever_its_type)
{
	struct fake_function *function;
	struct pci_device device;
	u64 base;

	machine_start_pci();
	function = add(OTHER_ID, 0, 1, 0, 0);
	function->bar_sizes[5] = 0x1000;
	store_le32(function->config + PCI_BAR0 + 20, PCI_BAR_64_BIT);
	store_le32(function->config + PCI_BAR0 + 24, 0xfffffff0);
	device = device_of(function);
	CHECK_EQUAL(pci_bar(&device, 5, &base), OK);
	CHECK_EQUAL(base, 0xc0182000);
	CHECK_EQUAL(load_le32(function->config + PCI_BAR0 + 20), 0xc0182000 | PCI_BAR_64_BIT);
	CHECK_EQUAL(load_le32(function->config + PCI_BAR0 + 24), 0xfffffff0);
	CHECK_EQUAL(pci_bar(&device, 6, &base), ERR_NOT_FOUND);
}

static void describe(u64 base, u64 size)
{
	boot_info_add_range(base, size, MEMORY_RESERVED);
	host_memory_describe();
}

TEST(only_ranges_in_the_ledger_are_avoided)
{
	describe(0xc0300000, MIB);
	CHECK_EQUAL(assign(MIB, 0), 0xc0200000);
	CHECK_EQUAL(assign(MIB, 0), 0xc0400000);
	describe(0xc0540000, 0x1000); /* in the middle of what would be next */
	CHECK_EQUAL(assign(MIB, 0), 0xc0600000);
}

TEST(a_bar_beyond_the_processors_addresses_is_put_below_them)
{
	static const u32 halves[] = { 0x3fff, 0x4000, 0x2000000 };
	struct fake_function *function;
	struct pci_device device;
	u64 base;

	host_physical_end = 1ull << 46;
	for (u32 i = 0; i < ARRAY_SIZE(halves); i++) {
		machine_start_pci();
		function = add(OTHER_ID, 0, 1, 0x1000, PCI_BAR_64_BIT);
		store_le32(function->config + PCI_BAR0, 0x3000 | PCI_BAR_64_BIT);
		store_le32(function->config + PCI_BAR0 + 4, halves[i]);
		device = device_of(function);
		CHECK_EQUAL(pci_bar(&device, 0, &base), OK);
		if (halves[i] == 0x3fff)
			CHECK_EQUAL(base, 0x3fff00003000);
		else
			CHECK_EQUAL(base >> 24, 0xc0);
		CHECK_EQUAL(load_le32(function->config + PCI_BAR0 + 4), base >> 32);
		CHECK_EQUAL(load_le32(function->config + PCI_BAR0), (u32)base | PCI_BAR_64_BIT);
	}
	host_physical_end = UINT64_MAX;
}

/* The address of a BAR of a device on the first bus of that window. */
static u64 assign_beside(u64 size, struct ecam window)
{
	struct pci_device device;
	u64 base = 0;

	machine_start_pci();
	device = device_of(add(OTHER_ID, 0, 1, size, 0));
	device.bus = window.bus_first;
	device.window = window;
	if (pci_bar(&device, 0, &base))
		CHECK_EQUAL(base, 0);
	return base;
}

TEST(only_configuration_space_is_avoided)
{
	const struct ecam buses_16_to_31 = { 0xc1000000, 0, 16, 31 };
	const struct ecam buses_0_to_15 = { 0xc4000000, 0, 0, 15 };
	const struct ecam bus_0 = { 0xc7100000, 0, 0, 0 }; /* smaller than the BAR */

	CHECK_EQUAL(assign_beside(16 * MIB, buses_16_to_31), 0xc1000000);
	CHECK_EQUAL(assign_beside(MIB, buses_16_to_31), 0xc3000000);
	describe(0xc5000000, 16 * MIB); /* directly after it */
	CHECK_EQUAL(assign_beside(16 * MIB, buses_0_to_15), 0xc6000000);
	CHECK_EQUAL(assign_beside(8 * MIB, bus_0), 0xc7800000);
}

/* A machine with one bridge, whose buses may be numbered up to @bus_last. */
static u8 number_buses(struct fake_function *bridge, u8 bus_last)
{
	struct pci_device device = device_of(bridge);

	return pci_assign_bridge(&device, 1, bus_last);
}

static void check_bridge(const struct fake_function *bridge, u32 numbers, u32 window)
{
	CHECK_EQUAL(load_le32(bridge->config + PCI_BUS_NUMBERS), numbers);
	CHECK_EQUAL(load_le32(bridge->config + PCI_MEMORY_WINDOW), window);
	CHECK_EQUAL(load_le32(bridge->config + PCI_PREFETCHABLE_WINDOW), numbers ? 0xfff0 : 0);
	CHECK_EQUAL(load_le16(bridge->config + PCI_COMMAND), numbers ? 6 : 0);
}

TEST(windows_cover_devices_behind_the_bridge_in_whole_mib)
{
	struct fake_function *bridge, *disks[2], *other;

	machine_start_pci();
	bridge = add_bridge(0, 1);
	disks[0] = add(DISK_ID, 1, 0, MIB, 0);
	disks[1] = add(DISK_ID, 1, 2, 0x1000, 0);
	other = add(OTHER_ID, 1, 1, 0x1000, 0);
	CHECK_EQUAL(number_buses(bridge, 255), 1);
	check_bridge(bridge, 0x00010100, 0xc810c800);
	CHECK_EQUAL(load_le32(disks[0]->config + PCI_BAR0), 0xc8000000);
	CHECK_EQUAL(load_le32(disks[1]->config + PCI_BAR0), 0xc8100000);
	/* It has no driver. */
	CHECK_EQUAL(load_le32(other->config + PCI_BAR0), 0);

	machine_start_pci();
	bridge = add_bridge(0, 1);
	CHECK_EQUAL(number_buses(bridge, 255), 1);
	check_bridge(bridge, 0x00010100, 0xfff0);

	CHECK_EQUAL(assign(0x1000, 0), 0xc8200000);
	machine_start_pci();
	bridge = add_bridge(0, 1);
	disks[0] = add(DISK_ID, 1, 31, MIB, 0);
	CHECK_EQUAL(number_buses(bridge, 255), 1);
	check_bridge(bridge, 0x00010100, 0xc830c830);
	CHECK_EQUAL(machine.violations, 0);
}

/* Two 32-bit BARs, one for ports, one 64-bit BAR with an address, and one without. */
TEST(all_bars_of_a_disk_behind_a_bridge_are_assigned)
{
	struct fake_function *bridge, *disk;
	u8 *bars;

	machine_start_pci();
	bridge = add_bridge(0, 1);
	disk = add(DISK_ID, 1, 0, 0x1000, 0);
	bars = disk->config + PCI_BAR0;
	disk->bar_sizes[1] = disk->bar_sizes[3] = disk->bar_sizes[5] = 0x1000;
	store_le32(bars + 8, 0xc001);
	store_le64(bars + 12, 0xd0000000 | PCI_BAR_64_BIT);
	CHECK_EQUAL(number_buses(bridge, 255), 1);
	CHECK_EQUAL(load_le32(bars), 0xc8400000);
	CHECK_EQUAL(load_le32(bars + 4), 0xc8401000);
	CHECK_EQUAL(load_le32(bars + 8), 0xc001);
	CHECK_EQUAL(load_le64(bars + 12), 0xd0000000 | PCI_BAR_64_BIT);
	CHECK_EQUAL(load_le32(bars + 20), 0xc8402000);
	CHECK_EQUAL(machine.violations, 0);
}

/* While the buses behind a bridge are scanned, all numbers up to the last are routed to it. */
static u32 numbers_seen;

static void see_numbers(void *context, u64 address, u32 size, bool write, u64 *value)
{
	struct fake_function *bridge = context;

	(void)address, (void)size, (void)write;
	numbers_seen = load_le32(bridge->config + PCI_BUS_NUMBERS);
	*value = UINT32_MAX;
}

TEST(a_bridge_forwards_all_bus_numbers_during_the_scan)
{
	struct fake_function *bridge;

	machine_start_pci();
	bridge = add_bridge(0, 1);
	host_mmio_handler(MACHINE_ECAM + MIB, MIB, see_numbers, bridge);
	CHECK_EQUAL(number_buses(bridge, 7), 1);
	CHECK_EQUAL(numbers_seen, 0x070100);
	check_bridge(bridge, 0x010100, 0xfff0);
}

/* As on a PC without MCFG. */
TEST(bridges_are_opened_through_ports_too)
{
	struct fake_function *bridge, *disk;
	struct pci_device device;

	machine_start();
	machine.has_ports = true;
	bridge = add_bridge(0, 1);
	disk = add(DISK_ID, 1, 3, 0x1000, 0);
	device = device_of(bridge);
	device.config = NULL;
	CHECK_EQUAL(pci_assign_bridge(&device, 1, 255), 1);
	check_bridge(bridge, 0x00010100, 0xc850c850);
	CHECK_EQUAL(load_le32(disk->config + PCI_BAR0), 0xc8500000);
	CHECK_EQUAL(machine.violations, 0);
}

TEST(no_more_buses_are_numbered_than_there_are)
{
	struct fake_function *bridge, *second, *third;

	machine_start_pci();
	bridge = add_bridge(0, 1);
	second = add_bridge(1, 0);
	third = add_bridge(1, 1);
	CHECK_EQUAL(number_buses(bridge, 2), 2);
	check_bridge(bridge, 0x020100, 0xfff0);
	check_bridge(second, 0x020201, 0xfff0);
	check_bridge(third, 0, 0);
}

/* Each nested bridge is a recursion: at most eight. A bridge next to them is not affected. */
TEST(nesting_of_bridges_is_limited)
{
	struct fake_function *bridges[9], *beside;

	machine_start_pci();
	for (u8 i = 0; i < ARRAY_SIZE(bridges); i++)
		bridges[i] = add_bridge(i, 0);
	beside = add_bridge(1, 1);
	CHECK_EQUAL(number_buses(bridges[0], 255), 9);
	for (u32 i = 0; i < 8; i++)
		check_bridge(bridges[i], (i ? 8u : 9u) << 16 | (i + 1) << 8 | i, 0xfff0);
	check_bridge(bridges[8], 0, 0);
	check_bridge(beside, 0x090901, 0xfff0);
}

/* A range that the VMM lets end with the 64-bit address space. */
TEST(addresses_do_not_wrap)
{
	describe(0xca000000, 0ull - 0xca000000 - 1);
	CHECK_EQUAL(assign(32 * MIB, 0), 0);
	CHECK(was_logged("no room for a BAR of 0x2000000 bytes"));
	boot_info.range_count--;
	host_memory_describe();
	CHECK_EQUAL(assign(32 * MIB, 0), 0xca000000);
}

static u64 assign_big(u64 size)
{
	return assign_beside(size, (struct ecam){ .base = 2 * GIB });
}

/* Addresses assigned by the VMM are not in the ledger. */
TEST(bars_placed_by_the_vmm_are_avoided)
{
	u64 next = assign(0x1000, 0) + 0x1000, base;
	u64 taken = align_up(next, 0x10000), window = align_up(taken + 0x10000, MIB);
	struct fake_function *function, *bridge;
	struct pci_device device;

	machine_start_pci();
	add(OTHER_ID, 0, 1, 0x10000, (u32)taken);
	bridge = add_bridge(0, 2);
	bridge->config[PCI_BUS_NUMBERS + 1] = 5;
	store_le32(bridge->config + PCI_MEMORY_WINDOW, (u32)window | (u32)(window >> 16));
	function = add(OTHER_ID, 0, 3, 0x10000, 0);
	device = device_of(function);
	pci_forget_placed();
	CHECK_EQUAL(pci_bar(&device, 0, &base), OK);
	CHECK(base >= taken + 0x10000);
	CHECK_EQUAL(load_le32(functions[0].config + PCI_BAR0), taken); /* unchanged */

	function = add(OTHER_ID, 0, 4, 0x80000, 0);
	device = device_of(function);
	CHECK_EQUAL(pci_bar(&device, 0, &base), OK);
	CHECK(base + 0x80000 <= window || base >= window + MIB);
	function = add(OTHER_ID, 0, 5, MIB, 0);
	device = device_of(function);
	CHECK_EQUAL(pci_bar(&device, 0, &base), OK);
	CHECK(base >= window + MIB);
	CHECK_EQUAL(machine.violations, 0);
}

/* Up to the I/O APIC, to the last byte. */
TEST(the_hole_is_filled)
{
	CHECK_EQUAL(assign_big(256 * MIB), 0xd0000000);
	CHECK_EQUAL(assign_big(256 * MIB), 0xe0000000);
	CHECK_EQUAL(assign_big(256 * MIB), 0);
	CHECK_EQUAL(assign_big(128 * MIB), 0xf0000000);
	CHECK_EQUAL(assign_big(128 * MIB), 0);
	CHECK_EQUAL(assign_big(64 * MIB), 0xf8000000);
	CHECK_EQUAL(assign_big(32 * MIB), 0xfc000000);
	CHECK_EQUAL(assign_big(4096), 0);
	CHECK_EQUAL(assign_big(64 * MIB), 0);
}
