// SPDX-License-Identifier: Apache-2.0
/*
 * A machine whose VMM has assigned nothing: bus numbers, BARs, windows, and devices that do not
 * fit.
 */
#include "tests/unit/test.h"

#include "tests/unit/machine.h"

#include "drivers/pci/place.h"

enum { DEVICE_ID = 0x12348086, BAR_PREFETCHABLE = 8 | PCI_BAR_64_BIT };

static struct fake_function functions[FAKE_FUNCTIONS_MAX];
static const struct ecam ecam = { .base = MACHINE_ECAM, .bus_last = 255 };

static struct fake_function *add(u8 bus, u8 slot, u64 size, u32 flags)
{
	struct fake_function *function = &functions[machine.function_count];

	*function = (struct fake_function){ .bus = bus, .device = slot, .bar_sizes = { size } };
	store_le32(function->config, DEVICE_ID);
	store_le32(function->config + PCI_BAR0, flags);
	fake_machine_add(&machine, function);
	return function;
}

static struct fake_function *add_bridge(u8 bus, u8 slot)
{
	struct fake_function *bridge = add(bus, slot, 0, 0);

	bridge->config[0x0e] = PCI_HEADER_TYPE_BRIDGE;
	return bridge;
}

static u64 bar(const struct fake_function *function)
{
	u64 low = load_le32(function->config + PCI_BAR0);

	return (low & 7) == PCI_BAR_64_BIT ?
		       (low & ~15ull) | (u64)load_le32(function->config + PCI_BAR0 + 4) << 32 :
		       low & ~15ull;
}

static u8 line_of(u8 slot, u8 pin)
{
	return (u8)(slot * 4 + pin);
}

static void place(void)
{
	const struct pci_placement placement = {
		.ecam = &ecam,
		.ports = { 0xc000, 0x10000 },
		.low = { 0xc0000000, 0xc4000000 },
		.high = { 8 * GIB, 16 * GIB },
		.interrupt_line = line_of,
	};

	CHECK_EQUAL(pci_place_all(&placement), OK);
	CHECK_EQUAL(machine.violations, 0);
}

TEST(bars_are_placed_without_gaps_and_switched_on)
{
	machine_start_pci();
	machine.aliases_functions = false;

	struct fake_function *small = add(0, 1, 0x1000, 0), *large = add(0, 2, 0x100000, 0);

	place();
	CHECK_EQUAL(bar(large), 0xc0000000);
	CHECK_EQUAL(bar(small), 0xc0100000);
	CHECK_EQUAL(load_le16(small->config + PCI_COMMAND), PCI_COMMAND_MEMORY);
}

TEST(the_largest_is_left_out_wherever_it_is)
{
	for (u8 first = 0; first < 2; first++) {
		machine_start_pci();
		struct fake_function *huge = NULL, *disk;

		if (first)
			huge = add(0, 1, 64 * GIB, BAR_PREFETCHABLE);
		disk = add(0, 2, 0x4000, BAR_PREFETCHABLE);
		if (!first)
			huge = add(0, 3, 64 * GIB, BAR_PREFETCHABLE);
		place();
		CHECK_EQUAL(bar(huge), 0);
		CHECK_EQUAL(load_le16(huge->config + PCI_COMMAND), 0);
		CHECK_EQUAL(bar(disk), 8 * GIB);
		CHECK(was_logged("no room for 0x1000000000 bytes"));
	}
}

TEST(what_does_not_fit_below_4_gib_goes_above)
{
	machine_start_pci();
	struct fake_function *large = add(0, 1, 4 * GIB, BAR_PREFETCHABLE);

	place();
	CHECK_EQUAL(bar(large), 8 * GIB);
}

TEST(bridges_get_numbers_and_windows)
{
	machine_start_pci();
	struct fake_function *outer = add_bridge(0, 3), *inner = add_bridge(1, 4);
	struct fake_function *device = add(2, 5, 0x200000, 0);
	struct fake_function *next = add_bridge(0, 6);

	device->config[0x3d] = 2;
	place();
	CHECK_EQUAL(load_le32(outer->config + PCI_BUS_NUMBERS), 0x020100);
	CHECK_EQUAL(load_le32(inner->config + PCI_BUS_NUMBERS), 0x020201);
	CHECK_EQUAL(load_le32(next->config + PCI_BUS_NUMBERS), 0x030300);
	CHECK_EQUAL(bar(device), 0xc0000000);
	CHECK_EQUAL(load_le32(outer->config + PCI_MEMORY_WINDOW), 0xc010c000);
	CHECK_EQUAL(load_le32(inner->config + PCI_MEMORY_WINDOW), 0xc010c000);
	/* Closed. */
	CHECK_EQUAL(load_le32(next->config + PCI_MEMORY_WINDOW), 0x0000fff0);
	/* INTB in slot 5 is INTC of slot 4, and INTC again of slot 3. */
	CHECK_EQUAL(device->config[0x3c], 3 * 4 + ((1 + 5 + 4) & 3));
}

TEST(a_mask_with_holes_is_not_a_bar)
{
	machine_start_pci();
	struct fake_function *odd = add(0, 1, 0x3000, 0);

	place();
	CHECK_EQUAL(bar(odd), 0);
}

/* Each bridge has another behind it: the depth is limited. */
TEST(bridges_in_a_chain_end)
{
	machine_start_pci();
	for (u8 bus = 0; bus < 12; bus++)
		add_bridge(bus, 1);
	place();
	CHECK_EQUAL(load_le32(functions[7].config + PCI_BUS_NUMBERS), 0x080807);
	CHECK_EQUAL(load_le32(functions[8].config + PCI_BUS_NUMBERS), 0);
}

/* There are 255 numbers for the buses behind bridges. */
TEST(bus_numbers_run_out)
{
	machine_start_pci();
	machine.aliases_functions = false;
	for (u16 i = 0; i < 256; i++) {
		struct fake_function *bridge = add_bridge(0, (u8)(i / 8));

		bridge->function = i % 8;
		bridge->config[0x0e] |= 0x80; /* several functions */
	}
	place();
	CHECK_EQUAL(load_le32(functions[0].config + PCI_BUS_NUMBERS), 0x010100);
	CHECK_EQUAL(load_le32(functions[254].config + PCI_BUS_NUMBERS), 0xffff00);
	CHECK_EQUAL(load_le32(functions[255].config + PCI_BUS_NUMBERS), 0);
	CHECK(was_logged("00:1f.7: no number for the bus behind it"));
}

TEST(the_last_bar_of_a_bridge_has_no_upper_half)
{
	machine_start_pci();
	machine.aliases_functions = false;

	struct fake_function *bridge = add_bridge(0, 1), *disk = add(1, 0, 0x1000, 0);

	bridge->bar_sizes[1] = 0x1000;
	store_le32(bridge->config + PCI_BAR0 + 4, PCI_BAR_64_BIT);
	place();
	CHECK_EQUAL(bridge->config[0x19], 1); /* the number of the bus behind it */
	CHECK(bar(disk) != 0);
}
