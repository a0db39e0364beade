/* SPDX-License-Identifier: Apache-2.0 */
/* virtio's structures in PCI BARs: which of several is taken, and which devices are refused. */
#include "tests/unit/test.h"

#include "tests/unit/machine.h"

/*
 * Of fake_function_virtio(): 0x40 MSI-X, 0x44 common, 0x54 interrupts, 0x64 device, 0x74 doorbells.
 */
enum { CAPABILITY_FIRST = 0x40, CAPABILITY_DOORBELLS = 0x74, CAPABILITY_FREE = 0xa0 };

static u8 bytes[65536], buffer[4096];
static struct fake_virtio device;
static struct fake_function function;

static void start(void)
{
	machine_start_pci();
	fake_virtio_disk(&device, bytes, sizeof(bytes), 0);
	fake_function_virtio(&machine, &function, 0, 1, &device, MACHINE_BARS);
}

/* A copy of the doorbells' capability in front of all others, in another BAR. */
static void prefer_doorbells_in(u8 bar, u32 bar_value)
{
	u8 *capability = function.config + CAPABILITY_FREE;

	memcpy(capability, function.config + CAPABILITY_DOORBELLS, 20);
	capability[1] = CAPABILITY_FIRST;
	capability[4] = bar;
	function.config[PCI_CAPABILITIES] = CAPABILITY_FREE;
	store_le32(function.config + PCI_BAR0 + 4 * bar, bar_value);
}

static void expect_a_working_disk(void)
{
	u32 before = disk_count();

	pci_probe();
	CHECK_EQUAL(disk_count(), before + 1);
	CHECK_EQUAL(block_read(last_disk(), 0, 1, buffer), OK);
	CHECK_EQUAL(device.violations + machine.violations, 0);
}

/* QEMU with modern-pio-notify=on. */
TEST(doorbells_in_ports_are_passed_over)
{
	start();
	prefer_doorbells_in(2, 0xc001);
	expect_a_working_disk();
}

TEST(structure_in_a_bar_that_does_not_exist_is_passed_over)
{
	start();
	prefer_doorbells_in(3, 0);
	expect_a_working_disk();
	CHECK_EQUAL(load_le32(function.config + PCI_BAR0 + 12), 0);
}

TEST(first_structure_of_a_kind_is_taken)
{
	start();
	prefer_doorbells_in(0, (u32)MACHINE_BARS | PCI_BAR_64_BIT);
	store_le32(function.config + CAPABILITY_DOORBELLS + 12, 0);
	expect_a_working_disk();
}

/* Each is an exit: Cloud Hypervisor and Firecracker have two more behind those that are needed. */
TEST(capabilities_that_are_not_needed_are_not_read)
{
	start();
	expect_a_working_disk();
	u32 reads = machine.config_reads;

	start();
	function.config[CAPABILITY_DOORBELLS + 1] = CAPABILITY_FREE;
	function.config[CAPABILITY_FREE] = PCI_CAPABILITY_VENDOR;
	function.config[CAPABILITY_FREE + 2] = 20;
	function.config[CAPABILITY_FREE + 3] = 5;
	expect_a_working_disk();
	CHECK_EQUAL(machine.config_reads, reads);
}

TEST(registers_only_in_ports_are_named_in_one_line)
{
	u32 before = disk_count();

	start();
	function.config[PCI_CAPABILITIES] = 0;
	pci_probe();
	CHECK_EQUAL(disk_count(), before);
	CHECK(was_logged("virtio-blk 00:01.0: no modern registers"));
	CHECK(!was_logged("not supported"));
	CHECK_EQUAL(device.accesses + machine.violations, 0);
}

/* A kernel may be found on a disk before. */
TEST(disk_that_is_not_reached_costs_two_reads)
{
	u32 before = disk_count();

	start();
	pci_probe();
	CHECK_EQUAL(machine.config_reads, 32 + 1);
	CHECK_EQUAL(machine.config_writes, 0);
	CHECK_EQUAL(device.accesses, 0);
	devices_quiesce();
	CHECK_EQUAL(disk_count(), before);
	CHECK_EQUAL(device.accesses, 0);
}

TEST(registers_outside_of_all_addresses_are_refused)
{
	u32 before = disk_count();

	start();
	store_le64(function.config + PCI_BAR0, 1ull << 52 | PCI_BAR_64_BIT);
	pci_probe();
	CHECK_EQUAL(disk_count(), before);
	CHECK(was_logged("00:01.0: registers at 0x10000000000000"));
	CHECK_EQUAL(device.accesses + machine.violations, 0);
}
