/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Data from real VMMs, recorded by tests/host/recorded/record.py: from the start information
 * through the ACPI tables to reading a disk.
 */
#include "core/arch.h"
#include "core/block.h"
#include "core/boot_info.h"
#include "core/device.h"
#include "drivers/platform/acpi.h"
#include "drivers/platform/platform.h"
#include "drivers/virtio/mmio.h"
#include "lib/text.h"
#include "lib/util.h"
#include "tests/host/fake_virtio.h"
#include "tests/unit/drivers.h"
#include "tests/unit/power.h"

#include <asm/timer.h>

#include "tests/unit/test.h"

enum {
	LINE_SIZE_MAX = 128,
	FUNCTIONS_MAX = 8,
	DISK_SIZE = 65536,
	DEVICE_ID_VIRTIO = 0x1040,
};

static u8 low[MIB]; /* has the VMM's tables */
static u8 bytes[DISK_SIZE], buffer[DISK_SIZE];
static struct fake_machine machine;
static struct fake_function functions[FUNCTIONS_MAX];
static struct fake_virtio devices[FUNCTIONS_MAX];

/*
 * The place for bytes recorded at @address. Above the first MiB, that is the configuration space of
 * bus 0.
 */
static u8 *place_of(u64 address)
{
	struct fake_function *function;

	if (address < MIB)
		return low + address;
	if (address % 4096 == 0) {
		function = &functions[machine.function_count];
		*function = (struct fake_function){ .device = address >> 15 & 31,
						    .function = address >> 12 & 7 };
		fake_machine_add(&machine, function);
	}
	function = machine.functions[machine.function_count - 1];
	return function->config + address % 4096;
}

/* True if the whole file is valid. */
static bool read_record(const char *path)
{
	char line[LINE_SIZE_MAX];
	FILE *file = fopen(path, "r");

	if (!file)
		return false;
	while (fgets(line, sizeof(line), file)) {
		char *text;
		u64 address = strtoull(line, &text, 16);
		u8 *place;
		unsigned int byte;

		if (line[0] == '#')
			continue;
		place = place_of(address);
		for (text++; sscanf(text, "%2x", &byte) == 1; text += 2)
			*place++ = (u8)byte;
	}
	return fclose(file) == 0;
}

/* Adds devices for the recorded functions. */
static void add_devices(void)
{
	for (u32 i = 0; i < machine.function_count; i++) {
		struct fake_function *function = machine.functions[i];
		u16 id = load_le16(function->config + 2);

		if (id < DEVICE_ID_VIRTIO)
			continue;
		if (id == DEVICE_ID_VIRTIO + VIRTIO_ID_BLOCK)
			fake_virtio_disk(&devices[i], bytes, DISK_SIZE, 0);
		else
			fake_virtio_init(&devices[i], id - DEVICE_ID_VIRTIO, 0);
		function->virtio = &devices[i];
		function->bar_sizes[0] = FAKE_BAR_SIZE;
	}
}

/* Runs up to the point at which disks are searched. */
static void enter(const char *path)
{
	struct ecam window;

	devices_quiesce();
	memset(low, 0, sizeof(low));
	machine = (struct fake_machine){ .aliases_functions = true };
	fake_machine_start(&machine);
	CHECK(read_record(path));
	add_devices();
	host_memory_forget();
	host_memory_set(0, low, sizeof(low));
	timer_set_pm_port(0);
	host_map_count = 0;

	arch_entry = (struct arch_entry){ ENTRY_PROTOCOL_PVH, 0x6000 };
	boot_info = (struct boot_info){ 0 };
	CHECK_EQUAL(pvh_platform.describe(), OK);
	acpi_init();
	while (acpi_ecam(machine.ecam_count, &window)) {
		machine.ecam[machine.ecam_count].base = window.base;
		machine.ecam[machine.ecam_count++].segment = window.segment;
	}
}

static void check_range(u32 index, u64 base, u64 end, enum memory_type type)
{
	CHECK_EQUAL(boot_info.ranges[index].base, base);
	CHECK_EQUAL(boot_info.ranges[index].end, end);
	CHECK_EQUAL(boot_info.ranges[index].type, type);
}

static bool is_mapped(u64 base)
{
	for (u32 i = 0; i < host_map_count && i < HOST_MAPS_MAX; i++)
		if (host_maps[i].base == base)
			return true;
	return false;
}

static u32 disk_count(void)
{
	u32 count = 0;

	for (struct block_device *disk = block_first(); disk; disk = block_next(disk))
		count++;
	return count;
}

static void check_newest_disk(void)
{
	struct block_device *disk = last_disk();

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)(i * 7 + i / 512);
	CHECK_EQUAL(block_read(disk, 0, DISK_SIZE / 512, buffer), OK);
	CHECK(memcmp(buffer, bytes, DISK_SIZE) == 0);
	for (u32 i = 0; i < FUNCTIONS_MAX; i++)
		CHECK_EQUAL(devices[i].violations, 0);
	CHECK_EQUAL(machine.violations, 0);
}

/* 5 GiB, one disk with a 32-bit BAR, a console and a source of random numbers near 1 TiB. */
TEST(cloud_hypervisor)
{
	u32 before = disk_count();
	last_write = (struct write){ 0 };

	enter("tests/host/recorded/cloud-hypervisor.txt");
	CHECK_EQUAL(boot_info.rsdp, 0xa0000);
	CHECK_EQUAL(boot_info.range_count, 4);
	check_range(0, 0, 0xa0000, MEMORY_CONVENTIONAL);
	check_range(1, 0x100000, 0xc0000000, MEMORY_CONVENTIONAL);
	check_range(2, 0x100000000, 0x180000000, MEMORY_CONVENTIONAL);
	check_range(3, 0xe8000000, 0xf8000000, MEMORY_RESERVED);
	CHECK(text_equals(boot_info.command_line, "fatwood.log=debug"));
	CHECK_EQUAL(host_pm_port, 0x608);
	CHECK_EQUAL(machine.ecam_count, 1);
	CHECK_EQUAL(machine.ecam[0].base, 0xe8000000);

	pci_probe();
	CHECK_EQUAL(machine.function_count, 4);
	CHECK_EQUAL(disk_count(), before + 1);
	CHECK(is_mapped(0xe7f80000));
	CHECK(is_mapped(0xffff800000));
	check_newest_disk();

	host_port_handler(0x600, 1, record_write, NULL);
	CHECK_EQUAL(host_run(run_off, NULL), HOST_HALTED);
	CHECK_EQUAL(last_write.value, 0x34);
	CHECK_EQUAL(host_run(run_reset, NULL), HOST_RESET);
	CHECK_EQUAL(last_write.value, 1);
	CHECK_EQUAL(last_write.count, 2);
}

static void check_firecracker_cannot_end(void)
{
	last_write = (struct write){ 0 };

	host_port_handler(0, 0x10000, record_write, NULL);
	CHECK_EQUAL(host_run(run_off, NULL), HOST_HALTED);
	CHECK_EQUAL(host_run(run_reset, NULL), HOST_RESET);
	CHECK_EQUAL(last_write.count, 0);
	CHECK_EQUAL(host_pm_port, 0);
}

/* 5 GiB, the disk's BAR at 256 GiB. */
TEST(firecracker_with_pci)
{
	u32 before = disk_count();

	enter("tests/host/recorded/firecracker-pci.txt");
	CHECK_EQUAL(boot_info.rsdp, 0xe0000);
	CHECK_EQUAL(boot_info.range_count, 5);
	check_range(0, 0, 0x9fc00, MEMORY_CONVENTIONAL);
	check_range(1, 0x9fc00, 0xe0000, MEMORY_RESERVED);
	check_range(3, 0x100000, 0xc0000000, MEMORY_CONVENTIONAL);
	check_range(4, 0x100000000, 0x180000000, MEMORY_CONVENTIONAL);
	CHECK_EQUAL(machine.ecam[0].base, 0xeec00000);

	pci_probe();
	CHECK_EQUAL(disk_count(), before + 1);
	CHECK(is_mapped(0x4000000000));
	check_newest_disk();
	check_firecracker_cannot_end();
}

/* No PCI, and it says so; the disk is described on the command line. */
TEST(firecracker_with_mmio)
{
	u32 before = disk_count();

	enter("tests/host/recorded/firecracker-mmio.txt");
	fake_virtio_disk(&devices[0], bytes, DISK_SIZE, 0);
	devices[0].base = 0xc0001000;
	devices[0].size = 4096;
	machine.mmio[machine.mmio_count++] = &devices[0];

	pci_probe();
	CHECK_EQUAL(machine.config_reads, 0);
	virtio_mmio_probe();
	CHECK_EQUAL(disk_count(), before + 1);
	check_newest_disk();
	check_firecracker_cannot_end();
}
