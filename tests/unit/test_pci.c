/* SPDX-License-Identifier: Apache-2.0 */
/* The scan of PCI buses, malformed configuration space, and addresses for BARs that have none. */
#include "tests/unit/test.h"

#include "tests/unit/machine.h"

enum { DISKS_MAX = 24, DISK_SIZE = 65536 };

static u8 bytes[DISK_SIZE], buffer[4096];
static struct fake_virtio devices[DISKS_MAX];
static struct fake_function functions[DISKS_MAX], bridges[8];

/* Disk @number at @slot; its size in sectors identifies it. */
static struct fake_function *add_disk(u32 number, u8 bus, u8 slot, u64 bar)
{
	fake_virtio_disk(&devices[number], bytes, 512 * (number + 1), 0);
	fake_function_virtio(&machine, &functions[number], bus, slot, &devices[number], bar);
	return &functions[number];
}

static void add_plain(struct fake_function *function, u8 bus, u8 slot, u32 id, u8 header)
{
	*function = (struct fake_function){ .bus = bus, .device = slot };
	store_le32(function->config, id);
	function->config[0x0e] = header;
	fake_machine_add(&machine, function);
}

static struct fake_function *add_bridge(u32 number, u8 bus, u8 slot, u8 secondary, u8 subordinate)
{
	struct fake_function *bridge = &bridges[number];

	add_plain(bridge, bus, slot, 0x000c1b36, 1);
	bridge->config[PCI_BUS_NUMBERS] = bus;
	bridge->config[PCI_BUS_NUMBERS + 1] = secondary;
	bridge->config[PCI_BUS_NUMBERS + 2] = subordinate;
	return bridge;
}

static struct block_device *disk_at(u32 index)
{
	struct block_device *disk = block_first();

	while (disk && index--)
		disk = block_next(disk);
	return disk;
}

TEST(nothing_is_found_on_a_machine_without_pci)
{
	machine_start();
	pci_probe();
	CHECK(!pci_is_present());
	CHECK_EQUAL(machine.config_reads, 0);
}

/* Firecracker's own command line without --enable-pci. The last word counts, as in the kernel. */
TEST(nothing_is_scanned_where_pci_is_off)
{
	machine_start_pci();
	machine.has_ports = true;
	add_disk(0, 0, 1, MACHINE_BARS);
	boot_info.command_line =
		SPAN("console=ttyS0 pci=nomsi pci=off virtio_mmio.device=4K@0xc0001000:5");
	pci_probe();
	CHECK(!pci_is_present());
	CHECK_EQUAL(machine.config_reads, 0);
	CHECK(was_logged("PCI: disabled on the command line"));

	boot_info.command_line = SPAN("pci=nomsi apci=off");
	pci_probe();
	CHECK(pci_is_present());
}

TEST(ports_are_used_without_ecam)
{
	u32 before = disk_count();

	machine_start();
	machine.has_ports = true;
	add_disk(0, 0, 3, 0xfe000000);
	pci_probe();
	CHECK(pci_is_present());
	CHECK_EQUAL(disk_count(), before + 1);
	CHECK_EQUAL(block_read(last_disk(), 0, 1, buffer), OK);
	CHECK_EQUAL(machine.violations + devices[0].violations, 0);
}

/* An empty slot costs one read, a function without a driver reads of its header and its class. */
TEST(scan_reads_little)
{
	machine_start_pci();
	add_plain(&bridges[0], 0, 0, 0x0d578086, 0);
	pci_probe();
	CHECK_EQUAL(machine.config_reads, 34);
	CHECK_EQUAL(machine.config_writes, 0);
}

TEST(zero_identification_is_not_a_device)
{
	machine_start_pci();
	add_plain(&bridges[0], 0, 4, 0x12340000, 0);
	pci_probe();
	CHECK(!pci_is_present());
}

/* Cloud Hypervisor's ECAM reads function 0 at all eight. */
TEST(aliased_functions_are_one_device)
{
	u32 before = disk_count();

	machine_start_pci();
	add_disk(0, 0, 1, MACHINE_BARS);
	pci_probe();
	CHECK_EQUAL(disk_count(), before + 1);
}

TEST(functions_of_a_multifunction_device_are_found)
{
	u32 before = disk_count();

	machine_start_pci();
	machine.aliases_functions = false;
	add_disk(0, 0, 1, MACHINE_BARS)->config[0x0e] = 0x80;
	add_disk(1, 0, 1, MACHINE_BARS - FAKE_BAR_SIZE)->function = 5;
	pci_probe();
	CHECK_EQUAL(disk_count(), before + 2);
}

TEST(high_bars_are_mapped)
{
	machine_start_pci();
	add_disk(0, 0, 1, MACHINE_BARS);
	host_map_count = 0;
	pci_probe();
	CHECK(last_disk());
	bool mapped = false;
	for (u32 i = 0; i < host_map_count && i < HOST_MAPS_MAX; i++)
		if (host_maps[i].base == MACHINE_BARS)
			mapped = true;
	CHECK(mapped);
	CHECK_EQUAL(block_read(last_disk(), 0, 1, buffer), OK);
}

TEST(disks_come_in_the_order_of_slots)
{
	u32 before = disk_count();

	machine_start_pci();
	for (u32 i = 0; i < 17; i++)
		add_disk(i, 0, (u8)(20 - i), MACHINE_BARS - i * FAKE_BAR_SIZE);
	pci_probe();
	CHECK_EQUAL(disk_count(), before + 17);
	for (u32 i = 0; i < 17; i++)
		CHECK_EQUAL(disk_at(before + i)->block_count, 17 - i);
}

TEST(segments_are_all_scanned)
{
	u32 before = disk_count();

	machine_start_pci();
	machine.ecam[1].base = 0xd0000000;
	machine.ecam[1].segment = 1;
	machine.ecam_count = 2;
	add_disk(0, 0, 1, MACHINE_BARS);
	add_disk(1, 0, 1, MACHINE_BARS - FAKE_BAR_SIZE)->segment = 1;
	pci_probe();
	CHECK_EQUAL(disk_count(), before + 2);
	CHECK(was_logged("virtio-blk 0001:00:01.0"));
}

TEST(disks_behind_bridges_are_found_in_bus_order)
{
	u32 before = disk_count();

	machine_start_pci();
	add_bridge(0, 0, 2, 2, 3);
	add_bridge(1, 0, 1, 1, 1);
	add_bridge(2, 2, 0, 3, 3);
	add_disk(0, 3, 4, MACHINE_BARS);
	add_disk(1, 1, 4, MACHINE_BARS - FAKE_BAR_SIZE);
	add_disk(2, 0, 9, MACHINE_BARS - 2 * FAKE_BAR_SIZE);
	pci_probe();
	CHECK_EQUAL(disk_count(), before + 3);
	CHECK_EQUAL(disk_at(before)->block_count, 3);
	CHECK_EQUAL(disk_at(before + 1)->block_count, 2);
	CHECK_EQUAL(disk_at(before + 2)->block_count, 1);
}

TEST(only_one_slot_is_read_below_a_root_port)
{
	struct fake_function *bridge;

	machine_start_pci();
	bridge = add_bridge(0, 0, 1, 1, 1);
	bridge->config[PCI_CAPABILITIES] = 0x40;
	bridge->config[0x40] = PCI_CAPABILITY_EXPRESS;
	bridge->config[0x42] = 0x42; /* version 2, root port */
	pci_probe();
	CHECK_EQUAL(machine.config_reads, 32 + 1 + 1 + 2 + 1);
}

TEST(a_loop_of_bridges_ends)
{
	machine_start_pci();
	add_bridge(0, 0, 1, 1, 255);
	add_bridge(1, 1, 1, 1, 255);
	add_bridge(2, 1, 2, 2, 255);
	add_bridge(3, 2, 2, 1, 255);
	add_bridge(4, 2, 3, 2, 255);
	pci_probe();
	CHECK_EQUAL(machine.config_reads, 3 * 32 + 5 + 5 + 2);
}

TEST(transitional_device_is_driven_by_its_modern_registers)
{
	u32 before = disk_count();
	struct fake_function *f;

	machine_start_pci();
	f = add_disk(0, 0, 1, MACHINE_BARS);
	store_le16(f->config + 2, 0x1001);
	store_le16(f->config + PCI_SUBSYSTEM + 2, VIRTIO_ID_BLOCK);
	pci_probe();
	CHECK_EQUAL(disk_count(), before + 1);
	CHECK_EQUAL(block_read(last_disk(), 0, 1, buffer), OK);
}

/* QEMU's pc: BAR 0 are ports, the modern registers are in BAR 4. */
TEST(structures_may_be_in_another_bar)
{
	u32 before = disk_count();
	struct fake_function *f;

	machine_start_pci();
	f = add_disk(0, 0, 1, 0);
	f->bar_sizes[0] = 0;
	f->bar_sizes[4] = FAKE_BAR_SIZE;
	f->virtio_bar = 4;
	store_le32(f->config + PCI_BAR0, 0xc001);
	store_le64(f->config + PCI_BAR0 + 16, 0xfe000000 | PCI_BAR_64_BIT);
	for (u32 at = 0x44; at < 0x90; at += f->config[at + 2] ? f->config[at + 2] : 16)
		f->config[at + 4] = 4;
	pci_probe();
	CHECK_EQUAL(disk_count(), before + 1);
	CHECK_EQUAL(block_read(last_disk(), 0, 1, buffer), OK);
}

static void expect_refused(const char *message)
{
	u32 before = disk_count();

	pci_probe();
	CHECK_EQUAL(disk_count(), before);
	CHECK_OF(was_logged(message), "%s, but %s", message, machine_log.text);
}

TEST(a_loop_of_capabilities_ends)
{
	struct fake_function *f;

	machine_start_pci();
	f = add_disk(0, 0, 1, MACHINE_BARS);
	f->config[0x41] = 0x40;
	expect_refused("no modern registers");
	CHECK(machine.config_reads < 100);
}

TEST(structure_that_wraps_is_refused)
{
	struct fake_function *f;

	machine_start_pci();
	f = add_disk(0, 0, 1, 0xfffffffffff80000);
	store_le32(f->config + 0x44 + 8, 0x80000);
	expect_refused("virtio-blk 00:01.0: structure 1 at 0x80000 in BAR 0");
}

TEST(common_configuration_too_small_is_refused)
{
	machine_start_pci();
	store_le32(add_disk(0, 0, 1, MACHINE_BARS)->config + 0x44 + 12, 0x37);
	expect_refused("common configuration of 55 bytes");
}

TEST(bar_number_out_of_range_is_refused)
{
	machine_start_pci();
	add_disk(0, 0, 1, MACHINE_BARS)->config[0x44 + 4] = 6;
	expect_refused("no modern registers");
}

TEST(bar_in_ram_is_refused)
{
	machine_start_pci();
	add_disk(0, 0, 1, HOST_MEMORY_BASE + HOST_MEMORY_SIZE / 2);
	expect_refused("is RAM");
}

TEST(structure_that_reaches_into_ram_is_refused)
{
	machine_start_pci();
	store_le32(add_disk(0, 0, 1, HOST_MEMORY_BASE - MIB)->config + 0x44 + 16 * 3 + 12,
		   2 * (u32)MIB);
	expect_refused("is RAM");
}

TEST(doorbell_outside_of_its_structure_is_refused)
{
	struct block_device *disk;

	machine_start_pci();
	store_le32(add_disk(0, 0, 1, MACHINE_BARS)->config + 0x44 + 16 * 3 + 12, 1);
	pci_probe();
	disk = last_disk();
	CHECK_EQUAL(block_read(disk, 0, 1, buffer), ERR_CORRUPT);
	CHECK_EQUAL(block_read(disk, 0, 1, buffer), ERR_IO);
}

TEST(capability_at_the_end_of_configuration_space_is_refused)
{
	struct fake_function *f;

	machine_start_pci();
	f = add_disk(0, 0, 1, MACHINE_BARS);
	f->config[PCI_CAPABILITIES] = 0xfc;
	store_le32(f->config + 0xfc, 0x01100009);
	expect_refused("no modern registers");
}

/* QEMU microvm with pcie=on: COMMAND 0, BARs 0, buses without numbers. */
static void machine_start_unassigned(void)
{
	machine_start();
	machine.ecam[machine.ecam_count++].base = 0xe0000000;
}

TEST(empty_bars_are_assigned)
{
	u32 before = disk_count();

	machine_start_unassigned();
	add_disk(0, 0, 1, 0);
	add_disk(1, 0, 2, 0);
	pci_probe();
	CHECK_EQUAL(disk_count(), before + 2);
	u64 first = load_le64(functions[0].config + PCI_BAR0) & ~15ull;
	u64 second = load_le64(functions[1].config + PCI_BAR0) & ~15ull;
	CHECK(first >= MACHINE_RESERVED + MIB && first < 0xe0000000);
	CHECK_EQUAL(first % FAKE_BAR_SIZE, 0);
	CHECK_EQUAL(second, first + FAKE_BAR_SIZE);
	CHECK_EQUAL(block_read(last_disk(), 0, 1, buffer), OK);
	CHECK_EQUAL(machine.violations, 0);
}

TEST(assigned_bar_is_not_moved)
{
	machine_start_unassigned();
	add_disk(0, 0, 1, 0xd0000000);
	pci_probe();
	CHECK(last_disk());
	CHECK_EQUAL(load_le64(functions[0].config + PCI_BAR0) & ~15ull, 0xd0000000);
	CHECK_EQUAL(machine.config_writes, 1);
}

TEST(buses_are_numbered_and_windows_opened)
{
	u32 before = disk_count();

	machine_start_unassigned();
	add_bridge(0, 0, 1, 0, 0);
	add_bridge(1, 0, 2, 0, 0);
	add_disk(0, 1, 0, 0);
	add_bridge(2, 2, 0, 0, 0);
	add_disk(1, 3, 5, 0);
	pci_probe();
	CHECK_EQUAL(disk_count(), before + 2);
	CHECK_EQUAL(load_le32(bridges[0].config + PCI_BUS_NUMBERS), 0x010100);
	CHECK_EQUAL(load_le32(bridges[1].config + PCI_BUS_NUMBERS), 0x030200);
	CHECK_EQUAL(load_le32(bridges[2].config + PCI_BUS_NUMBERS), 0x030302);
	for (u32 i = 0; i < 2; i++) {
		u32 bar = load_le32(functions[i].config + PCI_BAR0) & ~15u;
		u32 window = load_le32(bridges[i].config + PCI_MEMORY_WINDOW);
		u32 first = (window & 0xfff0) << 16, end = (window | 0xfffff);

		CHECK(bar >= first && bar + FAKE_BAR_SIZE - 1 <= end);
		CHECK_EQUAL(load_le16(bridges[i].config + PCI_COMMAND) & 6, 6);
	}
	CHECK_EQUAL(load_le32(bridges[2].config + PCI_MEMORY_WINDOW),
		    load_le32(bridges[1].config + PCI_MEMORY_WINDOW));
	CHECK_EQUAL(machine.violations, 0);
	CHECK_EQUAL(block_read(last_disk(), 0, 1, buffer), OK);
}

TEST(empty_bar_behind_a_numbered_bridge_is_reported)
{
	machine_start_unassigned();
	add_bridge(0, 0, 1, 1, 1);
	add_disk(0, 1, 0, 0);
	expect_refused("PCI 01:00.0: BAR 0 has no address, and is behind a bridge");
}

/* An address whose lower half is 0 is valid: Firecracker's first is 256 GiB. */
TEST(assigned_bar_behind_a_bridge_without_number_is_not_moved)
{
	machine_start_unassigned();
	add_bridge(0, 0, 1, 0, 0);
	add_disk(0, 1, 0, 0x4000000000);
	pci_probe();
	CHECK_EQUAL(load_le64(functions[0].config + PCI_BAR0) & ~15ull, 0x4000000000);
	CHECK_EQUAL(block_read(last_disk(), 0, 1, buffer), OK);
}

/* QEMU's pxb-pcie, and its DSDT's description of an additional root bus. */
TEST(root_buses_of_expander_bridges_are_found)
{
	u32 before = disk_count();

	for (u32 with_expander = 0; with_expander < 2; with_expander++) {
		machine_start_pci();
		machine_dsdt = SPAN("\x08_BBN\x00_BBN \x08_BBN\x0a\x80\x08_BBN\x01\x08_BBN\x0a");
		add_disk(0, 0x80, 3, MACHINE_BARS);
		add_disk(1, 1, 3, MACHINE_BARS - FAKE_BAR_SIZE);
		add_plain(&bridges[0], 0, 5, with_expander ? 0x000b1b36 : 0x000c8086, 0);
		pci_probe();
		CHECK_EQUAL(disk_count(), before + 2 * with_expander);
	}
	CHECK_EQUAL(disk_at(before)->block_count, 2);
	CHECK_EQUAL(machine.violations, 0);
}

TEST(ecam_in_ram_is_refused)
{
	machine_start();
	machine.ecam[machine.ecam_count++].base = HOST_MEMORY_BASE + HOST_MEMORY_SIZE / 2;
	pci_probe();
	CHECK(!pci_is_present());
	CHECK(was_logged("is RAM"));
}
