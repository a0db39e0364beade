/* SPDX-License-Identifier: Apache-2.0 */
/* virtio's structures in PCI BARs: which of several is used, and which devices are refused. */
#include "tests/unit/test.h"

#include "tests/unit/machine.h"

/*
 * Capabilities of fake_function_virtio(): 0x40 MSI-X, 0x44 common, 0x54 interrupts, 0x64 device,
 * 0x74 doorbells.
 */
enum {
	CAPABILITY_FIRST = 0x40,
	CAPABILITY_COMMON = 0x44,
	CAPABILITY_DEVICE = 0x64,
	CAPABILITY_DOORBELLS = 0x74,
	CAPABILITY_FREE = 0xa0,
	/* Of each. */
	ID = 0,
	NEXT = 1,
	SIZE = 2,
	KIND = 3,
	BAR = 4,
	AT = 8,
	STRUCTURE_SIZE = 12,
	MULTIPLIER = 16,
	KIND_NOT_NEEDED = 5,
};

static u8 bytes[65536], buffer[4096];
static struct fake_virtio device;
static struct fake_function function;

static void start(void)
{
	machine_start_pci();
	fake_virtio_disk(&device, bytes, sizeof(bytes), 0);
	fake_function_virtio(&machine, &function, 0, 1, &device, MACHINE_BARS);
}

/* Adds a copy of the doorbell capability before all others, in another BAR. */
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

static void expect_no_disk(const char *why)
{
	u32 before = disk_count();

	pci_probe();
	CHECK_EQUAL(disk_count(), before);
	CHECK_OF(was_logged(why), "%s", why);
	CHECK_EQUAL(device.violations + machine.violations, 0);
}

/* A preferred but wrong capability; each test makes it invalid, so that it must be skipped. */
static u8 *prefer_wrong_doorbells(void)
{
	u8 *capability = function.config + CAPABILITY_FREE;

	start();
	prefer_doorbells_in(0, (u32)MACHINE_BARS | PCI_BAR_64_BIT);
	store_le32(capability + AT, FAKE_NOTIFY + 16 * FAKE_NOTIFY_STEP);
	return capability;
}

TEST(capability_of_another_vendor_is_skipped)
{
	prefer_wrong_doorbells()[ID] = 0x11;
	expect_a_working_disk();
	prefer_wrong_doorbells()[KIND] = KIND_NOT_NEEDED;
	expect_a_working_disk();
	prefer_wrong_doorbells()[SIZE] = 19;
	expect_a_working_disk();
	prefer_wrong_doorbells()[BAR] = 6;
	expect_a_working_disk();
	prefer_wrong_doorbells()[BAR] = 255;
	expect_a_working_disk();
}

TEST(capability_that_does_not_fit_is_skipped)
{
	enum { LAST = 256 - 20 };

	/* The last valid place, and the one after it. */
	start();
	memcpy(function.config + LAST, function.config + CAPABILITY_DOORBELLS, 20);
	function.config[LAST + NEXT] = CAPABILITY_FIRST;
	function.config[PCI_CAPABILITIES] = LAST;
	function.config[CAPABILITY_DEVICE + NEXT] = 0;
	expect_a_working_disk();
	start();
	memcpy(function.config + LAST + 4, function.config + CAPABILITY_DOORBELLS, 16);
	function.config[LAST + 4 + NEXT] = CAPABILITY_FIRST;
	function.config[PCI_CAPABILITIES] = LAST + 4;
	expect_a_working_disk();
}

TEST(device_without_all_registers_is_refused)
{
	start();
	function.config[CAPABILITY_DOORBELLS + KIND] = KIND_NOT_NEEDED;
	expect_no_disk("no modern registers");
	start();
	function.config[CAPABILITY_COMMON + KIND] = KIND_NOT_NEEDED;
	expect_no_disk("no modern registers");
	start();
	function.config[CAPABILITY_COMMON + SIZE] = 15;
	expect_no_disk("no modern registers");
	start();
	store_le32(function.config + CAPABILITY_COMMON + STRUCTURE_SIZE, 0x37);
	expect_no_disk("common configuration of 55 bytes");
	start();
	store_le32(function.config + CAPABILITY_COMMON + STRUCTURE_SIZE, 0x38);
	expect_a_working_disk();
}

TEST(misplaced_structure_is_refused)
{
	start();
	store_le32(function.config + CAPABILITY_DEVICE + AT, FAKE_DEVICE + 2);
	expect_no_disk("structure 4 at 0x4002 in BAR 0");
	start();
	store_le64(function.config + PCI_BAR0, 0xfffffffffff80000 | PCI_BAR_64_BIT);
	store_le32(function.config + CAPABILITY_COMMON + AT, 0x80000);
	expect_no_disk("structure 1 at 0x80000 in BAR 0");
}

/* Beyond the end of the configuration everything reads as 0. */
TEST(configuration_ends_where_the_device_says)
{
	static const struct {
		u32 size;
		const char *refusal;
		u32 largest; /* request, by the field after the capacity */
	} cases[] = {
		{ 0, "a capacity of 0 sectors", 0 },
		{ 3, "a capacity of 0 sectors", 0 },
		{ 4, NULL, 8 * 512 },
		{ 8, NULL, 8 * 512 },
		{ 11, NULL, 8 * 512 },
		{ 12, NULL, 512 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		start();
		device.features |= VIRTIO_FEATURE(1);
		store_le32(device.config + 8, 512);
		store_le32(function.config + CAPABILITY_DEVICE + STRUCTURE_SIZE, cases[i].size);
		if (cases[i].refusal) {
			expect_no_disk(cases[i].refusal);
		} else {
			expect_a_working_disk();
			CHECK_EQUAL(block_read(last_disk(), 0, 8, buffer), OK);
		}
		CHECK_EQUAL(device.largest_request, cases[i].largest);
	}
	start();
	function.config[CAPABILITY_DEVICE + KIND] = KIND_NOT_NEEDED;
	expect_no_disk("a capacity of 0 sectors");
}

static void start_console(void)
{
	machine_start_pci();
	fake_virtio_init(&device, VIRTIO_ID_CONSOLE, VIRTIO_VERSION_1);
	fake_function_virtio(&machine, &function, 0, 1, &device, MACHINE_BARS);
}

TEST(doorbell_is_in_its_structure)
{
	static const struct {
		u32 size, multiplier;
		const char *refusal;
	} cases[] = {
		{ 0, 4, "doorbell of queue 0 at 0x0 of 0x0" },
		{ 1, 4, "doorbell of queue 0 at 0x0 of 0x1" },
		{ 2, 4, "doorbell of queue 1 at 0x4 of 0x2" },
		{ 5, 4, "doorbell of queue 1 at 0x4 of 0x5" },
		{ 6, 4, NULL },
		{ 1, 0, "doorbell of queue 0 at 0x0 of 0x1" },
		{ 2, 0, NULL },
		{ 16, 1, "doorbell of queue 1 at 0x1 of 0x10" },
		{ 16, UINT32_MAX - 1, "doorbell of queue 1 at 0xfffffffe of 0x10" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		start_console();
		device.has_one_doorbell = cases[i].multiplier == 0;
		store_le32(function.config + CAPABILITY_DOORBELLS + STRUCTURE_SIZE, cases[i].size);
		store_le32(function.config + CAPABILITY_DOORBELLS + MULTIPLIER,
			   cases[i].multiplier);
		pci_probe();
		CHECK_OF(was_logged(cases[i].refusal ? cases[i].refusal : ": found"), "case %zu",
			 i);
		CHECK_EQUAL(was_logged("found"), !cases[i].refusal);
		CHECK_EQUAL(device.violations + machine.violations, 0);
	}
}

static void expect_a_working_console(void)
{
	pci_probe();
	device.sent_size = 0;
	console_write("sent\n", 5);
	CHECK_EQUAL(device.sent_size, 6);
	CHECK(memcmp(device.sent, "sent\r\n", 6) == 0);
	CHECK_EQUAL(device.violations + machine.violations, 0);
}

/* All queues have it; what is written says which one is meant. */
TEST(one_doorbell_for_all_queues_works)
{
	start_console();
	store_le32(function.config + CAPABILITY_DOORBELLS + MULTIPLIER, 0);
	device.has_one_doorbell = true;
	expect_a_working_console();
}

/* Devices without a configuration of their own may have an empty one. */
TEST(empty_configuration_of_a_console_does_not_matter)
{
	start_console();
	store_le32(function.config + CAPABILITY_DEVICE + STRUCTURE_SIZE, 0);
	expect_a_working_console();
}

/* The transitional ID does not identify the kind of device; the subsystem ID does. */
TEST(transitional_device_is_driven_by_its_modern_registers)
{
	static const u16 ids[] = { 0x1000, 0x1001, 0x103f };

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		start();
		store_le16(function.config + 2, ids[i]);
		store_le16(function.config + PCI_SUBSYSTEM, 0x1af4);
		store_le16(function.config + PCI_SUBSYSTEM + 2, VIRTIO_ID_BLOCK);
		expect_a_working_disk();
	}
}

TEST(other_devices_are_not_accessed)
{
	static const struct {
		u16 vendor, device;
	} ids[] = { { 0x1af4, 0x1041 }, { 0x1af4, 0x0fff }, { 0x1af4, 0x1110 }, { 0x1af5, 0x1042 } };

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		u32 before = disk_count();

		start();
		store_le16(function.config, ids[i].vendor);
		store_le16(function.config + 2, ids[i].device);
		store_le16(function.config + PCI_SUBSYSTEM + 2, VIRTIO_ID_BLOCK);
		pci_probe();
		CHECK_OF(disk_count() == before, "case %zu", i);
		CHECK_EQUAL(device.accesses + device.violations + machine.violations, 0);
	}
}

/* QEMU with modern-pio-notify=on. */
TEST(doorbells_in_ports_are_skipped)
{
	u8 *capability = prefer_wrong_doorbells();

	capability[BAR] = 2;
	store_le32(function.config + PCI_BAR0 + 8, 0xc001);
	expect_a_working_disk();
}

TEST(structure_in_a_nonexistent_bar_is_skipped)
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
	/* The second one is read before all required ones have been found. */
	function.config[CAPABILITY_FREE + NEXT] = CAPABILITY_DOORBELLS;
	function.config[CAPABILITY_DOORBELLS + NEXT] = CAPABILITY_FIRST;
	function.config[CAPABILITY_DEVICE + NEXT] = 0;
	store_le32(function.config + CAPABILITY_DOORBELLS + STRUCTURE_SIZE, 0);
	expect_a_working_disk();
}

/* Each costs an exit: Cloud Hypervisor and Firecracker have two more after the required ones. */
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

TEST(registers_only_in_ports_are_reported_in_one_line)
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

/* A kernel may be found on an earlier disk. */
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
	CHECK(!was_logged("no modern registers"));
	CHECK_EQUAL(device.accesses + machine.violations, 0);
}
