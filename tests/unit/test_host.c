/* SPDX-License-Identifier: Apache-2.0 */
/* tests/host/: checks that the machine used by the other tests detects errors. */
#include "tests/unit/test.h"

#include <sanitizer/asan_interface.h>

#include <asm/io.h>

#include "core/arch.h"
#include "core/memory.h"
#include "lib/util.h"
#include "tests/host/host.h"

TEST(unallocated_memory_is_poisoned)
{
	u64 base;
	char *bytes;

	host_memory_init();
	CHECK_EQUAL(memory_allocate(3 * PAGE_SIZE, PAGE_SIZE, MEMORY_ANYWHERE, MEMORY_BOOT_DATA,
				    &base),
		    OK);
	bytes = (char *)base;
	CHECK(!__asan_region_is_poisoned(bytes, 3 * PAGE_SIZE));
	CHECK(__asan_address_is_poisoned(bytes - 1));
	CHECK(bytes[0] != 0);
	memset(bytes, 1, 3 * PAGE_SIZE);
	CHECK_EQUAL(memory_free(base + PAGE_SIZE, PAGE_SIZE), OK);
	CHECK(!__asan_region_is_poisoned(bytes, PAGE_SIZE));
	CHECK(__asan_address_is_poisoned(bytes + PAGE_SIZE));
	CHECK(__asan_address_is_poisoned(bytes + 2 * PAGE_SIZE - 1));
	CHECK(!__asan_region_is_poisoned(bytes + 2 * PAGE_SIZE, PAGE_SIZE));
	CHECK_EQUAL(memory_allocate_at(base + PAGE_SIZE + 5, 1, MEMORY_BOOT_DATA), OK);
	CHECK(!__asan_region_is_poisoned(bytes, 3 * PAGE_SIZE));
	host_memory_describe();
	CHECK(__asan_address_is_poisoned(bytes));
}

TEST(physical_memory_is_what_was_set)
{
	static const u8 table[10] = { 1, 2, 3 };

	host_memory_set(0xe0000, table, sizeof(table));
	CHECK(arch_memory(0xe0000, 10).data == table);
	CHECK(arch_memory(0xe0002, 8).data == table + 2);
	CHECK_EQUAL(arch_memory(0xe0002, 9).size, 0);
	CHECK_EQUAL(arch_memory(0xdffff, 2).size, 0);
	CHECK_EQUAL(arch_memory(0xe0000, 0).size, 0);
	CHECK_EQUAL(arch_memory(UINT64_MAX, 2).size, 0);
	CHECK_EQUAL(arch_memory(HOST_MEMORY_BASE, HOST_MEMORY_SIZE).size, HOST_MEMORY_SIZE);
	CHECK_EQUAL(arch_memory(HOST_MEMORY_BASE + 1, HOST_MEMORY_SIZE).size, 0);
	host_memory_forget();
	CHECK_EQUAL(arch_memory(0xe0000, 10).size, 0);
}

static u64 last_address, last_value;
static u32 last_size;

static void handle(void *context, u64 address, u32 size, bool write, u64 *value)
{
	last_address = address;
	last_size = size;
	if (write)
		last_value = *value;
	else
		*value = *(u64 *)context;
}

TEST(accesses_arrive_with_their_width)
{
	u64 answer = 0x1122334455667788;
	volatile void *far = (volatile void *)0x4000000010; /* where Firecracker puts BARs */

	host_port_handler(0x3f8, 8, handle, &answer);
	host_mmio_handler(0x4000000000, 0x1000, handle, &answer);
	CHECK_EQUAL(port_read8(0x3f9), 0x88);
	CHECK_EQUAL(last_address, 0x3f9);
	CHECK_EQUAL(last_size, 1);
	port_write16(0x3fa, 0xbeef);
	CHECK_EQUAL(last_value, 0xbeef);
	CHECK_EQUAL(last_size, 2);
	CHECK_EQUAL(mmio_read32(far), 0x55667788);
	mmio_write32(far, 42);
	CHECK_EQUAL(last_value, 42);
	CHECK_EQUAL(last_size, 4);
	/* No device: all ones, as on a real bus. */
	CHECK_EQUAL(port_read32(0xcf8), UINT32_MAX);
	CHECK_EQUAL(mmio_read8((void *)0x4000001000), 0xff);
	host_handlers_forget();
	CHECK_EQUAL(port_read8(0x3f9), 0xff);
}

TEST(maps_past_the_processors_addresses_are_refused)
{
	CHECK_EQUAL(arch_map(1ull << 52, 1, MAP_DEVICE), ERR_INVALID);
	CHECK_EQUAL(arch_map(UINT64_MAX, 2, MAP_DEVICE), ERR_INVALID);
	CHECK_EQUAL(arch_map((1ull << 52) - PAGE_SIZE, PAGE_SIZE, MAP_DEVICE), OK);
}
