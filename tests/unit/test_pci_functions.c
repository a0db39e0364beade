/* SPDX-License-Identifier: Apache-2.0 */
/* drivers/pci/functions.c: functions found by the scan, and what their BARs decode. */
#include "tests/unit/test.h"

#include "core/pci.h"
#include "tests/unit/machine.h"

enum { COMMAND = 0x04, MEMORY = 2, PORTS = 1, INTERRUPT_LINE = 0x3c };

static struct fake_function functions[4];
static u32 added;

static struct fake_function *add(u8 bus, u8 slot, u8 header)
{
	struct fake_function *function = &functions[added++];

	*function = (struct fake_function){ .bus = bus, .device = slot };
	store_le32(function->config, 0x12348086);
	store_le16(function->config + COMMAND, MEMORY | PORTS);
	function->config[0x0e] = header;
	fake_machine_add(&machine, function);
	return function;
}

/* Scans, and returns the first new function. */
static struct pci_function *scan(void)
{
	struct pci_function *last = pci_function_first();

	while (last && last->next)
		last = last->next;
	pci_probe();
	return last ? last->next : pci_function_first();
}

static void start(bool has_ecam)
{
	if (has_ecam)
		machine_start_pci();
	else
		machine_start();
	machine.has_ports = !has_ecam;
	machine.aliases_functions = false;
	added = 0;
}

static struct pci_region region(const struct pci_function *function, u32 index)
{
	struct pci_region out;

	function->ops->measure(function, index, &out);
	return out;
}

TEST(functions_are_registered_with_their_addresses)
{
	struct pci_function *first;

	start(true);
	add(0, 1, 1)->config[PCI_BUS_NUMBERS + 1] = 1;
	add(0, 2, 0);
	add(1, 5, 0);
	first = scan();
	CHECK(first && first->next && first->next->next && !first->next->next->next);
	CHECK(first->is_bridge && first->region_count == 2);
	CHECK(!first->next->is_bridge && first->next->region_count == 6);
	CHECK_EQUAL(first->config_size, 4096);
	CHECK_EQUAL(first->next->device, 2);
	first = first->next->next;
	CHECK_EQUAL(first->bus, 1);
	CHECK_EQUAL(first->address.depth, 2);
	CHECK_EQUAL(first->address.functions[0], 1 << 3);
	CHECK_EQUAL(first->address.functions[1], 5 << 3);
	CHECK_EQUAL(machine.violations, 0);
}

static void check_regions(bool has_ecam)
{
	struct fake_function *function;
	struct pci_function *found;
	struct pci_region r;

	start(has_ecam);
	function = add(0, 3, 0);
	store_le32(function->config + PCI_BAR0, 0xfe001000);
	store_le64(function->config + PCI_BAR0 + 4, 0x800000000 | PCI_BAR_64_BIT | 8);
	store_le32(function->config + PCI_BAR0 + 12, 0xc040 | PCI_BAR_IO);
	function->bar_sizes[0] = 0x1000;
	function->bar_sizes[1] = 0x400000;
	function->bar_sizes[3] = 0x40;
	found = scan();
	r = region(found, 0);
	CHECK(r.base == 0xfe001000 && r.size == 0x1000);
	CHECK(!r.is_ports && !r.is_64_bit && !r.is_prefetchable);
	r = region(found, 1);
	CHECK(r.base == 0x800000000 && r.size == 0x400000);
	CHECK(!r.is_ports && r.is_64_bit && r.is_prefetchable);
	r = region(found, 3);
	CHECK(r.base == 0xc040 && r.size == 0x40 && r.is_ports);
	CHECK_EQUAL(region(found, 4).size, 0);
	CHECK_EQUAL(load_le16(function->config + COMMAND), MEMORY | PORTS);
	CHECK_EQUAL(load_le32(function->config + PCI_BAR0), 0xfe001000);
	CHECK_EQUAL(load_le64(function->config + PCI_BAR0 + 4), 0x80000000c);
	CHECK_EQUAL(load_le32(function->config + PCI_BAR0 + 12), 0xc041);
	CHECK_EQUAL(machine.violations, 0);
}

TEST(regions_are_measured)
{
	check_regions(true);
	check_regions(false);
}

TEST(memory_without_an_address_gets_one)
{
	struct fake_function *function;
	struct pci_function *found;
	struct pci_region r;

	start(true);
	function = add(0, 3, 0);
	function->bar_sizes[0] = 0x2000;
	function->bar_sizes[2] = 0x20;
	store_le32(function->config + PCI_BAR0 + 8, PCI_BAR_IO);
	found = scan();
	r = region(found, 0);
	CHECK_EQUAL(r.size, 0x2000);
	CHECK(r.base && r.base % 0x2000 == 0);
	CHECK_EQUAL(load_le32(function->config + PCI_BAR0), r.base);
	/* Ports do not. */
	CHECK_EQUAL(region(found, 2).size, 0);
}

TEST(accesses_have_their_width)
{
	struct fake_function *function;
	struct pci_function *found;

	for (u32 has_ecam = 0; has_ecam < 2; has_ecam++) {
		start(has_ecam);
		function = add(0, 3, 0);
		function->config[INTERRUPT_LINE] = 7;
		found = scan();
		CHECK_EQUAL(found->ops->read(found, 0, 4), 0x12348086);
		CHECK_EQUAL(found->ops->read(found, 2, 2), 0x1234);
		CHECK_EQUAL(found->ops->read(found, 1, 1), 0x80);
		found->ops->write(found, INTERRUPT_LINE, 1, 11);
		CHECK_EQUAL(function->config[INTERRUPT_LINE], 11);
		found->ops->write(found, COMMAND, 2, 4);
		CHECK_EQUAL(load_le16(function->config + COMMAND), 4);
		found->ops->write(found, INTERRUPT_LINE, 4, 5);
		CHECK_EQUAL(function->config[INTERRUPT_LINE], 5);
		CHECK_EQUAL(machine.violations, 0);
	}
}
