// SPDX-License-Identifier: Apache-2.0
/* Linux's boot_params as written by VMMs, and malformed ones. */
#include "core/arch.h"
#include "core/boot_info.h"
#include "core/log.h"
#include "drivers/platform/platform.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/host/memory_console.h"

#include "tests/unit/test.h"

enum { PARAMS = 0x7000, COMMAND_LINE = 0x20000, INITRD = 0x1000000 };

static u8 low[MIB];
static u8 initrd[0x3000];
static struct memory_console console;

static void set_range(u32 index, u64 base, u64 size, u32 type)
{
	u8 *range = low + PARAMS + 0x2d0 + 20 * index;

	store_le64(range, base);
	store_le64(range + 8, size);
	store_le32(range + 16, type);
}

/* crosvm with 512 MiB, and an initrd. */
static void setup(void)
{
	memset(low, 0, sizeof(low));
	memcpy(low + PARAMS + 0x202, "HdrS", 4);
	store_le32(low + PARAMS + 0x218, INITRD);
	store_le32(low + PARAMS + 0x21c, sizeof(initrd));
	store_le32(low + PARAMS + 0x228, COMMAND_LINE);
	low[PARAMS + 0x1e8] = 4;
	set_range(0, 0, 0xa0000, 1);
	set_range(1, 0xa0000, 0x60000, 2);
	set_range(2, 0x100000, 0x1ff00000, 1);
	set_range(3, 0xf4000000, 0x4000000, 2);
	strcpy((char *)low + COMMAND_LINE, "panic=-1");

	host_memory_forget();
	host_memory_set(0, low, sizeof(low));
	host_memory_set(INITRD, initrd, sizeof(initrd));
	boot_info = (struct boot_info){ 0 };
	arch_entry = (struct arch_entry){ ENTRY_PROTOCOL_LINUX, PARAMS };
	log_set_threshold(LOG_WARNING);
	memory_console_init(&console, "");
}

TEST(describes_crosvm)
{
	setup();
	CHECK_EQUAL(linux_platform.describe(), OK);
	CHECK_EQUAL(boot_info.rsdp, 0);
	CHECK_EQUAL(boot_info.range_count, 4);
	CHECK_EQUAL(boot_info.ranges[2].end, 0x20000000);
	CHECK_EQUAL(boot_info.ranges[2].type, MEMORY_CONVENTIONAL);
	CHECK_EQUAL(boot_info.ranges[3].type, MEMORY_RESERVED);
	CHECK_EQUAL(boot_info.module_count, 1);
	CHECK(boot_info.modules[0].data == initrd);
	CHECK_EQUAL(boot_info.modules[0].size, sizeof(initrd));
	CHECK(span_equals(boot_info.command_line, SPAN("panic=-1")));
	CHECK_TEXT(console.text, "");
}

TEST(another_entry_is_not_recognized)
{
	setup();
	arch_entry.protocol = ENTRY_PROTOCOL_PVH;
	CHECK_EQUAL(linux_platform.describe(), ERR_UNRECOGNIZED);
	CHECK_TEXT(console.text, "");
}

TEST(takes_the_rsdp_that_firecracker_names)
{
	setup();
	store_le64(low + PARAMS + 0x70, 0x1000e0000);
	CHECK_EQUAL(linux_platform.describe(), OK);
	CHECK_EQUAL(boot_info.rsdp, 0x1000e0000);
}

TEST(there_may_be_no_initrd_and_no_command_line)
{
	setup();
	store_le32(low + PARAMS + 0x21c, 0);
	store_le32(low + PARAMS + 0x228, 0);
	CHECK_EQUAL(linux_platform.describe(), OK);
	CHECK_EQUAL(boot_info.module_count, 0);
	CHECK_EQUAL(boot_info.command_line.size, 0);
	CHECK_TEXT(console.text, "");
}

/* Nothing above 4 GiB can be read this early; the halves must not be mixed up. */
TEST(upper_halves_count)
{
	for (u32 offset = 0xc0; offset <= 0xc8; offset += 4) {
		setup();
		store_le32(low + PARAMS + offset, 0x12345);
		CHECK_EQUAL(linux_platform.describe(), OK);
		CHECK_EQUAL(boot_info.module_count, offset == 0xc8);
		CHECK_EQUAL(span_is_empty(boot_info.command_line), offset == 0xc8);
		CHECK(memory_console_has(&console, "ignored"));
		CHECK(memory_console_has(&console, "12345"));
	}
}

TEST(refuses_invalid_parameters)
{
	setup();
	low[PARAMS + 0x202]++;
	CHECK_EQUAL(linux_platform.describe(), ERR_CORRUPT);
	setup();
	arch_entry.argument = sizeof(low) - 4095;
	CHECK_EQUAL(linux_platform.describe(), ERR_CORRUPT);
	setup();
	arch_entry.argument = UINT64_MAX;
	CHECK_EQUAL(linux_platform.describe(), ERR_CORRUPT);
}

TEST(refuses_an_empty_memory_map)
{
	setup();
	low[PARAMS + 0x1e8] = 0;
	CHECK_EQUAL(linux_platform.describe(), ERR_CORRUPT);
	CHECK(memory_console_has(&console, "no memory map"));
}

/* The count byte can exceed the room for entries. */
TEST(the_memory_map_ends_with_its_room)
{
	for (u32 count = 128; count < 256; count += 127) {
		setup();
		for (u32 i = 0; i < 160; i++)
			set_range(i, i * MIB, MIB, 1);
		low[PARAMS + 0x1e8] = (u8)count;
		CHECK_EQUAL(linux_platform.describe(), OK);
		CHECK_EQUAL(boot_info.range_count, 128);
		CHECK_EQUAL(memory_console_has(&console, "128 are used"), count > 128);
	}
}

TEST(parameters_may_be_the_last_that_there_is)
{
	const u32 at = sizeof(low) - 4096;

	setup();
	memcpy(low + at, low + PARAMS, 4096);
	arch_entry.argument = at;
	CHECK_EQUAL(linux_platform.describe(), OK);
	CHECK_EQUAL(boot_info.range_count, 4);
}
