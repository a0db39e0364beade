// SPDX-License-Identifier: Apache-2.0
/* virtio-pmem: reading at valid addresses, and refusal of invalid ones. */
#include "tests/unit/test.h"

#include "core/boot_info.h"
#include "tests/unit/machine.h"

/* Firecracker's address. */
#define START 0x8000000000ull

static struct fake_virtio device;
static struct fake_function function;
static u8 memory[8192];
static u8 buffer[2048];

static struct block_device *add_pmem(u64 start, u64 size)
{
	machine_start_pci();
	for (u32 i = 0; i < sizeof(memory); i++)
		memory[i] = (u8)(i / 512 + 1);
	host_memory_set(START, memory, sizeof(memory));
	fake_virtio_init(&device, VIRTIO_ID_PMEM, VIRTIO_VERSION_1);
	memcpy(device.config, &start, 8);
	memcpy(device.config + 8, &size, 8);
	return machine_probe_disk(&function, &device);
}

TEST(is_read_where_it_is)
{
	struct block_device *disk = add_pmem(START, sizeof(memory));

	CHECK(disk);
	CHECK_EQUAL(disk->block_size, 512);
	CHECK_EQUAL(disk->block_count, 16);
	CHECK(disk->read_only);
	CHECK_EQUAL(block_read(disk, 14, 2, buffer), OK);
	CHECK_EQUAL(buffer[0], 15);
	CHECK_EQUAL(buffer[1023], 16);
	CHECK_EQUAL(buffer[1024], 0);
	CHECK_EQUAL(block_read(disk, 15, 2, buffer), ERR_INVALID);
	CHECK(block_write(disk, 0, 1, buffer) != OK);
	CHECK_EQUAL(memory[0], 1);
	CHECK_EQUAL(device.violations + machine.violations, 0);
}

/* Firecracker up to 1.16.1 resets no device that was active. */
TEST(never_becomes_active)
{
	struct block_device *disk = add_pmem(START, sizeof(memory));

	CHECK_EQUAL(block_read(disk, 0, 1, buffer), OK);
	devices_quiesce();
	CHECK(!device.was_active);
	CHECK_EQUAL(block_read(disk, 0, 1, buffer), ERR_IO);
	CHECK_EQUAL(device.notifications, 0);
	CHECK_EQUAL(device.violations, 0);
}

/* The last bytes, too few for a block, are not part of the disk. */
TEST(a_part_of_a_block_is_left_out)
{
	CHECK_EQUAL(add_pmem(START, 1535)->block_count, 2);
}

TEST(is_refused_at_invalid_addresses)
{
	CHECK(!add_pmem(START + 512, 4096));
	CHECK(!add_pmem(START, 511));
	CHECK(!add_pmem(START, 0));
	CHECK(!add_pmem(UINT64_MAX - 4095, 8192));
	CHECK(was_logged("invalid range of 0x2000 bytes"));
	/* Its page tables could take all memory. */
	CHECK(!add_pmem(START, (1ull << 40) + 512));
	CHECK(was_logged("0x10000000200 bytes, more than 1 TiB"));
}

TEST(is_refused_where_there_is_ram)
{
	CHECK(!add_pmem(HOST_MEMORY_BASE, 4096));
	CHECK(was_logged("invalid range of 0x1000 bytes"));
	boot_info_add_range(START + 4096, 4096, MEMORY_PERSISTENT);
	CHECK(add_pmem(START, 8192));
	boot_info_add_range(START + 4096, 4096, MEMORY_CONVENTIONAL);
	CHECK(add_pmem(START, 4096));
	CHECK(!add_pmem(START, 4097));
}
