/* SPDX-License-Identifier: Apache-2.0 */
/* virtio over MMIO, both versions, and the three ways to find devices. */
#include "tests/unit/test.h"

#include "core/random.h"
#include "tests/unit/machine.h"

enum { DISK_SIZE = 5 * 1024 * 1024 };

static u8 bytes[DISK_SIZE], buffer[DISK_SIZE];
static struct fake_virtio devices[FAKE_MMIO_MAX];

static struct fake_virtio *add_disk(u64 base, u64 size)
{
	u32 number = machine.mmio_count;
	struct fake_virtio *device = &devices[number];

	for (size_t i = 0; bytes[1] == 0 && i < sizeof(bytes); i++)
		bytes[i] = (u8)(i * 7 + i / 512);
	fake_virtio_disk(device, bytes, DISK_SIZE - 512 * number, 0);
	device->base = base;
	device->size = size;
	machine.mmio[machine.mmio_count++] = device;
	return device;
}

static void set_command_line(const char *text)
{
	boot_info.command_line = span_of_string(text);
}

static void expect_disks(u32 before, const u32 *numbers, u32 count)
{
	struct block_device *disk = block_first();

	CHECK_EQUAL(disk_count(), before + count);
	for (u32 i = 0; disk && i < before; i++)
		disk = block_next(disk);
	for (u32 i = 0; disk && i < count; i++, disk = block_next(disk))
		CHECK_EQUAL(disk->block_count, DISK_SIZE / 512 - numbers[i]);
}

TEST(version_2_reads)
{
	struct fake_virtio *device;

	machine_start();
	device = add_disk(0xc0001000, 4096);
	set_command_line("console=ttyS0 pci=off virtio_mmio.device=4K@0xc0001000:5 quiet");
	virtio_mmio_probe();
	CHECK_EQUAL(block_read(last_disk(), 0, DISK_SIZE / 512, buffer), OK);
	CHECK(memcmp(buffer, bytes, DISK_SIZE) == 0);
	CHECK_EQUAL(device->requests, 2);
	CHECK_EQUAL(last_disk()->address->bus, DEVICE_VIRTIO_MMIO);
	CHECK_EQUAL(last_disk()->address->base, 0xc0001000);
	devices_quiesce();
	CHECK_EQUAL(device->resets, 1);
	CHECK_EQUAL(device->violations + machine.violations, 0);
	CHECK(was_logged("virtio-blk 0xc0001000"));
	CHECK(!was_logged("no device"));
	CHECK(!was_logged("not size@base")); /* of the other words */
	set_command_line("quiet virtio_mmio.device=4K");
	virtio_mmio_probe();
	CHECK(was_logged("virtio_mmio.device=4K: not size@base:interrupt"));
}

static u32 reads;

/* Grows between the reads of its halves: after the status, the generation and the lower half. */
static void grow(struct fake_virtio *device, u64 *value)
{
	(void)value;
	if (!(device->status & 8) || ++reads != 3)
		return;
	store_le64(device->config, 0x300000007);
	device->generation++;
}

TEST(configuration_that_changes_is_read_again)
{
	machine_start();
	add_disk(0xc0001000, 4096)->on_read = grow;
	reads = 0;
	set_command_line("virtio_mmio.device=4K@0xc0001000:5");
	virtio_mmio_probe();
	CHECK_EQUAL(last_disk()->block_count, 0x300000007);
	CHECK_EQUAL(reads, 8);

	machine_start();
	add_disk(0xc0001000, 4096)->lie = FAKE_GENERATION_RUNS;
	set_command_line("virtio_mmio.device=4K@0xc0001000:5");
	virtio_mmio_probe();
	CHECK_EQUAL(last_disk()->block_count, DISK_SIZE / 512);
}

TEST(configuration_ends_with_the_window)
{
	static const struct {
		u32 size;
		const char *refusal;
		u32 largest; /* request, by the field after the capacity */
	} cases[] = {
		{ 0x100, "not a device window", 0 },
		{ 0x103, "a capacity of 0 sectors", 0 },
		{ 0x10b, NULL, 40 * 512 },
		{ 0x10c, NULL, 4096 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u32 before = disk_count();
		struct fake_virtio *device;
		char line[64];

		machine_start();
		device = add_disk(0xc0001000, 4096);
		device->features |= VIRTIO_FEATURE(1);
		store_le32(device->config + 8, 4096);
		snprintf(line, sizeof(line), "virtio_mmio.device=%u@0xc0001000:5", cases[i].size);
		set_command_line(line);
		virtio_mmio_probe();
		CHECK_OF(disk_count() == before + !cases[i].refusal, "%s", line);
		CHECK_OF(!cases[i].refusal || was_logged(cases[i].refusal), "%s", line);
		if (cases[i].largest)
			CHECK_EQUAL(block_read(last_disk(), 0, 40, buffer), OK);
		CHECK_EQUAL(device->largest_request, cases[i].largest);
		CHECK_EQUAL(device->violations, 0);
	}
}

TEST(console_has_two_queues)
{
	struct fake_virtio *device;

	machine_start();
	device = add_disk(0xc0001000, 4096);
	fake_virtio_init(device, VIRTIO_ID_CONSOLE, VIRTIO_VERSION_1);
	device->base = 0xc0001000;
	device->size = 4096;
	set_command_line("virtio_mmio.device=4K@0xc0001000:5");
	virtio_mmio_probe();
	device->sent_size = 0;
	console_write("hello\n", 6);
	CHECK_EQUAL(device->sent_size, 7);
	CHECK(device->queues[0].enabled && device->queues[1].enabled);
	devices_quiesce();
	CHECK_EQUAL(device->violations + machine.violations, 0);
}

TEST(window_sizes_have_units)
{
	static const char *const lines[] = {
		"virtio_mmio.device=512@0xc0101000:5", "virtio_mmio.device=0x200@0xc0101000:5",
		"virtio_mmio.device=1k@0xc0101000:5",  "virtio_mmio.device=1K@0xc0101000:5",
		"virtio_mmio.device=1m@0xc0101000:5",  "virtio_mmio.device=1M@0xc0101000:5",
		"virtio_mmio.device=16m@0xc0101000:5", "virtio_mmio.device=16M@0xc0101000:5",
	};
	static const u64 sizes[] = { 512, KIB, MIB, 16 * MIB };

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		u32 before = disk_count();

		machine_start();
		add_disk(0xc0101000, 4096);
		set_command_line(lines[i]);
		host_map_count = 0;
		virtio_mmio_probe();
		CHECK_OF(disk_count() == before + 1, "%s", lines[i]);
		CHECK_EQUAL(host_maps[0].base, 0xc0101000);
		CHECK_EQUAL(host_maps[0].size, sizes[i / 2]);
	}
}

/* Each costs a message, and nothing is mapped for it. */
TEST(odd_windows)
{
	static const struct {
		const char *word, *message;
	} rows[] = {
		{ "16777217@0xc0101000:5", "0x1000001 bytes at 0xc0101000 are not" },
		{ "1g@0xc0101000:5", "0x40000000 bytes at 0xc0101000 are not" },
		{ "1G@0xc0101000:5", "0x40000000 bytes at 0xc0101000 are not" },
		{ "17179869183G@0xc0101000:5", "not a device window" },
		{ "0xffffffffffffffff@0xc0101000:5", "not a device window" },
		{ "17179869184G@0xc0101000:5", "not size@base" },
		{ "18446744073709551616@0xc0101000:5", "not size@base" },
		{ "-1@0xc0101000:5", "not size@base" },
		{ "K@0xc0101000:5", "not size@base" },
		{ "@0xc0101000:5", "not size@base" },
		{ "4K0xc0101000:5", "not size@base" },
		{ "4K@:5", "not size@base" },
		{ "4K@-1:5", "not size@base" },
		{ "0@0xc0101000:5", "not a device window" },
		{ "0x100@0xc0101000:5", "not a device window" },
		{ "4K@0xc0101002:5", "not a device window" },
		{ "4K@0xfffffffffffff004:5", "registers at 0xfffffffffffff004" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		u32 before = disk_count();
		char line[128];

		machine_start();
		add_disk(0xc0101000, 4096);
		snprintf(line, sizeof(line), "virtio_mmio.device=%s", rows[i].word);
		set_command_line(line);
		host_map_count = 0;
		virtio_mmio_probe();
		CHECK_OF(disk_count() == before, "%s", line);
		CHECK_OF(was_logged(rows[i].message), "%s", line);
		CHECK_EQUAL(host_map_count, 0);
	}
}

static struct fake_virtio *probe_version_1(u32 id, enum fake_lie lie)
{
	struct fake_virtio *device;

	machine_start();
	device = add_disk(0xfeb02e00, 512);
	if (id != VIRTIO_ID_BLOCK)
		fake_virtio_init(device, id, 0);
	device->base = 0xfeb02e00;
	device->size = 512;
	device->legacy = true;
	device->features = 0;
	device->lie = lie;
	set_command_line("virtio_mmio.device=512@0xfeb02e00:12:3");
	virtio_mmio_probe();
	return device;
}

TEST(version_1_reads)
{
	struct fake_virtio *device = probe_version_1(VIRTIO_ID_BLOCK, FAKE_HONEST);

	CHECK_EQUAL(block_read(last_disk(), 0, DISK_SIZE / 512, buffer), OK);
	CHECK(memcmp(buffer, bytes, DISK_SIZE) == 0);
	devices_quiesce();
	CHECK_EQUAL(device->resets, 1);
	CHECK_EQUAL(device->violations + machine.violations, 0);
}

/* The excess is ignored. */
TEST(version_1_may_miscount_what_it_wrote)
{
	struct fake_virtio *device = probe_version_1(VIRTIO_ID_BLOCK, FAKE_WRITTEN_HUGE);

	CHECK_EQUAL(block_read(last_disk(), 1, 3, buffer), OK);
	CHECK(memcmp(buffer, bytes + 512, 3 * 512) == 0);
	CHECK_EQUAL(device->violations + machine.violations, 0);

	host_random_missing = true;
	device = probe_version_1(VIRTIO_ID_RANDOM, FAKE_WRITTEN_HUGE);
	memset(buffer, 0xee, 200);
	CHECK_EQUAL(random_read(buffer, 100), OK);
	CHECK_EQUAL(buffer[47], 48);
	CHECK_EQUAL(buffer[100], 0xee);
	CHECK_EQUAL(device->requests, 2);
}

TEST(version_1_rejects_unsubmitted_requests)
{
	probe_version_1(VIRTIO_ID_BLOCK, FAKE_HEAD_IDLE);
	CHECK_EQUAL(block_read(last_disk(), 0, 1, buffer), ERR_IO);
	CHECK(was_logged("unknown request"));
}

TEST(other_versions_are_refused)
{
	u32 before = disk_count();

	machine_start();
	add_disk(0xc0001000, 4096)->lie_version = 3;
	set_command_line("virtio_mmio.device=4K@0xc0001000:5");
	virtio_mmio_probe();
	CHECK_EQUAL(disk_count(), before);
	CHECK(was_logged("version 3"));
}

TEST(the_command_line_determines_the_order)
{
	u32 before = disk_count();

	machine_start();
	add_disk(0xc0001000, 4096);
	add_disk(0xc0002000, 4096);
	add_disk(0xc0003000, 4096);
	set_command_line("virtio_mmio.device=4K@0xc0003000:7 a virtio_mmio.device=4K@0xc0001000:5 "
			 "virtio_mmio.device=4k@3221233664:6");
	virtio_mmio_probe();
	expect_disks(before, (const u32[]){ 2, 0, 1 }, 3);
}

TEST(invalid_words_on_the_command_line_are_ignored)
{
	static const char *const lines[] = {
		"virtio_mmio.device=",
		"virtio_mmio.device=@",
		"virtio_mmio.device=K@0xc0001000:5",
		"virtio_mmio.device=4K@:5",
		"virtio_mmio.device=4K",
		"virtio_mmio.device=4K@0xc0001001:5",
		"virtio_mmio.device=4K@0xffffffffffffff00:5",
		"virtio_mmio.device=256@0xc0001000:5",
		"virtio_mmio.device=18446744073709551615G@0xc0001000:5",
		"virtio_mmio.device=4K@0x18000000:5",   /* RAM */
		"virtio_mmio.device=512M@0x0ffff000:5", /* reaches into RAM */
		"virtio_mmio.device=-4K@0xc0001000:5",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		u32 before = disk_count();
		size_t size = strlen(lines[i]);
		char *copy = malloc(size); /* no NUL: the sanitizer detects overruns */

		machine_start();
		add_disk(0xc0001000, 4096);
		memcpy(copy, lines[i], size);
		boot_info.command_line = span_of(copy, size);
		virtio_mmio_probe();
		CHECK_OF(disk_count() == before, "%s", lines[i]);
		CHECK_EQUAL(machine.violations, 0);
		free(copy);
	}
}

TEST(window_outside_the_address_space_is_reported)
{
	machine_start();
	set_command_line("virtio_mmio.device=4K@0x10000000000000:5");
	virtio_mmio_probe();
	CHECK(was_logged("virtio: registers at 0x10000000000000"));
}

TEST(window_without_a_device_is_reported)
{
	machine_start();
	add_disk(0xc0001000, 4096)->lie_magic = true;
	set_command_line("virtio_mmio.device=4K@0xc0001000:5");
	virtio_mmio_probe();
	CHECK(was_logged("no device at 0xc0001000"));
}

/*
 * As QEMU's microvm writes them, by iasl: Device { _HID, _UID, _CCA, _CRS { Memory32Fixed,
 * Interrupt } }
 */
static size_t add_aml_device(u8 *to, u32 base, u32 size)
{
	static const u8 pattern[] = {
		0x5b, 0x82, 0x40, 0x04, 'V',  'R',  '2',  '3', /* Device */
		0x08, '_',  'H',  'I',  'D',  0x0d, 'L',  'N',  'R',  'O',  '0',  '0', '0',
		'5',  0,                                                             /* Name */
		0x08, '_',  'U',  'I',  'D',  0x0a, 0x17,                            /* Name */
		0x08, '_',  'C',  'R',  'S',  0x11, 0x1a, 0x0a, 0x17,                /* Buffer */
		0x86, 0x09, 0x00, 0x01, 0,    0,    0,    0,    0,    0,    0,    0, /* Memory32Fixed
										      */
		0x89, 0x06, 0x00, 0x03, 0x01, 0x17, 0,    0,    0,    0x79, 0x00, /* Interrupt, end
										   */
	};

	memcpy(to, pattern, sizeof(pattern));
	store_le32(to + 43, base);
	store_le32(to + 47, size);
	return sizeof(pattern);
}

TEST(acpi_gives_windows_and_their_order)
{
	u32 before = disk_count();
	u8 dsdt[512] = { 0 };
	size_t size = 36;

	machine_start();
	add_disk(0xfeb02a00, 512);
	add_disk(0xfeb02c00, 512);
	add_disk(0xfeb02e00, 512);
	size += add_aml_device(dsdt + size, 0xfeb02e00, 512);
	size += add_aml_device(dsdt + size, 0xfeb02c00, 512);
	size += add_aml_device(dsdt + size, 0xfeb02a00, 512);
	machine_dsdt = span_of(dsdt, size);
	virtio_mmio_probe();
	expect_disks(before, (const u32[]){ 2, 1, 0 }, 3);
	CHECK_EQUAL(machine.violations, 0);
}

TEST(truncated_acpi_tables_are_searched_within_bounds)
{
	enum { WINDOW_END = 51, WINDOW = 0xd0000000 }; /* where no slot of a microvm is */
	u8 aml[64];
	const size_t full = add_aml_device(aml, WINDOW, 512);

	for (size_t size = 0; size <= full; size++) {
		u32 before = disk_count();
		u8 *copy = malloc(size);

		machine_start();
		add_disk(WINDOW, 512);
		memcpy(copy, aml, size);
		machine_dsdt = span_of(copy, size);
		virtio_mmio_probe();
		CHECK_OF(disk_count() == before + (size >= WINDOW_END), "%zu bytes", size);
		free(copy);
	}
}

static void add_microvm_slots(u32 count)
{
	for (u32 i = 0; i < count; i++)
		add_disk(0xfeb00000 + i * 512, 512)->id = 0;
}

TEST(microvm_slots_are_probed_from_the_last)
{
	u32 before = disk_count();

	machine_start();
	add_microvm_slots(24);
	devices[23].id = devices[22].id = VIRTIO_ID_BLOCK;
	virtio_mmio_probe();
	expect_disks(before, (const u32[]){ 23, 22 }, 2);
	CHECK_EQUAL(machine.violations, 0);
}

TEST(microvm_may_have_eight_slots)
{
	u32 before = disk_count();

	machine_start();
	add_microvm_slots(8);
	devices[7].id = VIRTIO_ID_BLOCK;
	virtio_mmio_probe();
	expect_disks(before, (const u32[]){ 7 }, 1);
	CHECK_EQUAL(machine.violations, 1); /* the check of slot 23 */
}

TEST(slots_are_not_probed_on_a_machine_with_pci)
{
	static struct fake_virtio device;
	static struct fake_function function;

	machine_start_pci();
	fake_virtio_disk(&device, bytes, DISK_SIZE, 0);
	fake_function_virtio(&machine, &function, 0, 1, &device, MACHINE_BARS);
	pci_probe();
	virtio_mmio_probe();
	CHECK_EQUAL(machine.violations, 0);
	machine_start();
	pci_probe();
}

TEST(firecracker_up_to_1_16_is_reported)
{
	struct fake_virtio *device;

	machine_start();
	device = add_disk(0xc0001000, 4096);
	device->lie = FAKE_NO_RESET;
	set_command_line("virtio_mmio.device=4K@0xc0001000:5");
	virtio_mmio_probe();
	CHECK_EQUAL(block_read(last_disk(), 0, 1, buffer), OK);
	devices_quiesce();
	CHECK(was_logged("docs/vmm/firecracker.md"));
	CHECK_EQUAL(device->violations, 0);
}
