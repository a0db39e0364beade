/* SPDX-License-Identifier: Apache-2.0 */
/* drivers/platform/hardware_info.c: the addresses of devices that QEMU lists in a file. */
#include "drivers/platform/hardware_info.h"

#include "core/host_variables.h"
#include "tests/unit/fw_cfg.h"

static u8 bytes[256];
static u32 size;

static void add(u64 kind, u64 entry_size, u64 address)
{
	store_le64(bytes + size, kind);
	store_le64(bytes + size + 8, entry_size);
	store_le64(bytes + size + 16, address);
	size += 24;
}

static u64 address_in(u32 file_size)
{
	host_variables = 0;
	hardware_info_read(span_of(bytes, file_size));
	return host_variables;
}

TEST(the_device_is_found_among_others)
{
	size = 0;
	CHECK_EQUAL(address_in(0), 0);
	add(1, 8, 0x1000);
	CHECK_EQUAL(address_in(size), 0);
	add(2, 8, 0xfef10000);
	add(3, 8, 0x2000);
	CHECK_EQUAL(address_in(size), 0xfef10000);
}

TEST(truncated_records_are_ignored)
{
	size = 0;
	add(2, 8, 0xfef10000);
	for (u32 i = 0; i < size; i++)
		CHECK_EQUAL(address_in(i), 0);
	size = 0;
	add(2, 7, 0xfef10000);
	CHECK_EQUAL(address_in(size), 0);
	size = 0;
	add(1, UINT64_MAX, 0);
	add(2, 8, 0xfef10000);
	CHECK_EQUAL(address_in(size), 0);
}

TEST(the_file_comes_from_fw_cfg)
{
	size = 0;
	add(2, 8, 0xfef10000);
	host_variables = 0;
	fake_start(true);
	CHECK(fw_cfg_probe());
	hardware_info_probe();
	CHECK_EQUAL(host_variables, 0);
	fake_start(false);
	fake_add("etc/hardware-info", bytes, size);
	CHECK(fw_cfg_probe());
	hardware_info_probe();
	CHECK_EQUAL(host_variables, 0xfef10000);
	/* Larger than any valid file. */
	host_variables = 0;
	fake_start(false);
	fake_add("etc/hardware-info", bytes, 4096);
	CHECK(fw_cfg_probe());
	hardware_info_probe();
	CHECK_EQUAL(host_variables, 0);
}
