// SPDX-License-Identifier: Apache-2.0
/* PVH start information as written by VMMs, and malformed. */
#include "core/arch.h"
#include "core/boot_info.h"
#include "core/log.h"
#include "drivers/platform/platform.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/host/memory_console.h"

#include "tests/unit/test.h"

/* Cloud Hypervisor's addresses (arch/src/x86_64/layout.rs). */
enum {
	START_INFO = 0x6000,
	MODULES = 0x6040,
	MEMORY_MAP = 0x7000,
	COMMAND_LINE = 0x20000,
	MAGIC = 0x336ec578,
};

static u8 low[MIB];
static u8 module_bytes[0x3000];
static struct memory_console console;

static void set_range(u32 index, u64 base, u64 size, u32 type)
{
	u8 *range = low + MEMORY_MAP + 24 * index;

	store_le64(range, base);
	store_le64(range + 8, size);
	store_le32(range + 16, type);
	store_le32(range + 20, 0xffffffff); /* reserved: to be ignored */
}

static void set_module(u32 index, u64 base, u64 size)
{
	store_le64(low + MODULES + 32 * index, base);
	store_le64(low + MODULES + 32 * index + 8, size);
}

static void set_counts(u32 modules, u32 ranges)
{
	store_le32(low + START_INFO + 12, modules);
	store_le32(low + START_INFO + 48, ranges);
}

/* Cloud Hypervisor with 5 GiB and one module. */
static void setup(void)
{
	memset(low, 0, sizeof(low));
	store_le32(low + START_INFO, MAGIC);
	store_le32(low + START_INFO + 4, 1);
	store_le64(low + START_INFO + 16, MODULES);
	store_le64(low + START_INFO + 24, COMMAND_LINE);
	store_le64(low + START_INFO + 32, 0xa0000);
	store_le64(low + START_INFO + 40, MEMORY_MAP);
	set_counts(1, 4);
	set_module(0, 0x1000000, sizeof(module_bytes));
	set_range(0, 0, 0xa0000, 1);
	set_range(1, 0x100000, 0xbff00000, 1);
	set_range(2, 0x100000000, 0x80000000, 1);
	set_range(3, 0xe8000000, 0x10000000, 2);
	strcpy((char *)low + COMMAND_LINE, "console=ttyS0 fatwood.log=debug");

	host_memory_forget();
	host_memory_set(0, low, sizeof(low));
	host_memory_set(0x1000000, module_bytes, sizeof(module_bytes));
	boot_info = (struct boot_info){ 0 };
	arch_entry = (struct arch_entry){ ENTRY_PROTOCOL_PVH, START_INFO };
	log_set_threshold(LOG_WARNING);
	memory_console_init(&console, "");
}

static bool was_logged(const char *text)
{
	return memory_console_has(&console, text);
}

TEST(describes_cloud_hypervisor)
{
	setup();
	CHECK_EQUAL(pvh_platform.describe(), OK);
	CHECK_TEXT(boot_info.source, "PVH");
	CHECK_EQUAL(boot_info.rsdp, 0xa0000);
	CHECK_EQUAL(boot_info.range_count, 4);
	CHECK_EQUAL(boot_info.ranges[2].base, 0x100000000);
	CHECK_EQUAL(boot_info.ranges[2].end, 0x180000000);
	CHECK_EQUAL(boot_info.ranges[2].type, MEMORY_CONVENTIONAL);
	CHECK_EQUAL(boot_info.ranges[3].type, MEMORY_RESERVED);
	CHECK_EQUAL(boot_info.module_count, 1);
	CHECK_EQUAL(boot_info.modules[0].size, sizeof(module_bytes));
	CHECK(boot_info.modules[0].data == module_bytes);
	CHECK(span_equals(boot_info.command_line, SPAN("console=ttyS0 fatwood.log=debug")));
	CHECK_TEXT(console.text, "");
}

TEST(keeps_every_type)
{
	const enum memory_type expected[] = {
		MEMORY_RESERVED, MEMORY_CONVENTIONAL, MEMORY_RESERVED, MEMORY_ACPI_RECLAIM,
		MEMORY_ACPI_NVS, MEMORY_UNUSABLE,     MEMORY_RESERVED, MEMORY_PERSISTENT,
		MEMORY_RESERVED, MEMORY_RESERVED,
	};

	setup();
	for (u32 i = 0; i < ARRAY_SIZE(expected); i++)
		set_range(i, i * MIB, MIB, i);
	set_range(9, 9 * MIB, MIB, 0xdeadbeef);
	set_counts(0, 10);
	CHECK_EQUAL(pvh_platform.describe(), OK);
	CHECK_EQUAL(boot_info.range_count, 10);
	for (u32 i = 0; i < boot_info.range_count; i++)
		CHECK_EQUAL(boot_info.ranges[i].type, expected[i]);
}

TEST(drops_empty_and_wrapping_ranges)
{
	setup();
	set_range(1, 0, 0, 0);
	set_range(2, UINT64_MAX - 0xfff, 0x2000, 1);
	CHECK_EQUAL(pvh_platform.describe(), OK);
	CHECK_EQUAL(boot_info.range_count, 2);
}

TEST(takes_no_more_ranges_than_there_is_room_for)
{
	setup();
	for (u32 i = 0; i < BOOT_RANGES_MAX + 5; i++)
		set_range(i, i * MIB, MIB, 1);
	set_counts(0, BOOT_RANGES_MAX);
	CHECK_EQUAL(pvh_platform.describe(), OK);
	CHECK_EQUAL(boot_info.range_count, BOOT_RANGES_MAX);
	CHECK_TEXT(console.text, "");
	boot_info = (struct boot_info){ 0 };
	set_counts(0, BOOT_RANGES_MAX + 1);
	CHECK_EQUAL(pvh_platform.describe(), OK);
	CHECK_EQUAL(boot_info.range_count, BOOT_RANGES_MAX);
	CHECK(was_logged("257 memory ranges, 256 are used"));
}

TEST(a_count_of_four_billion_is_bounded)
{
	setup();
	set_counts(UINT32_MAX, UINT32_MAX);
	CHECK_EQUAL(pvh_platform.describe(), OK);
	CHECK(boot_info.range_count <= BOOT_RANGES_MAX);
	CHECK(boot_info.module_count <= BOOT_MODULES_MAX);
	setup();
	set_counts(0, 0x10000); /* in more than 16 bits */
	CHECK_EQUAL(pvh_platform.describe(), OK);
}

TEST(refuses_what_has_no_memory_map)
{
	setup();
	store_le32(low + START_INFO + 4, 0);
	CHECK_EQUAL(pvh_platform.describe(), ERR_UNSUPPORTED);
	setup();
	set_counts(0, 0);
	CHECK_EQUAL(pvh_platform.describe(), ERR_CORRUPT);
	setup();
	store_le64(low + START_INFO + 40, 0xfffffffffffff000);
	CHECK_EQUAL(pvh_platform.describe(), ERR_CORRUPT);
}

TEST(refuses_wrong_magic_and_address)
{
	setup();
	store_le32(low + START_INFO, 0x2badb002);
	CHECK_EQUAL(pvh_platform.describe(), ERR_CORRUPT);
	setup();
	arch_entry.argument = 0xffffffff;
	CHECK_EQUAL(pvh_platform.describe(), ERR_CORRUPT);
}

TEST(another_entry_is_not_recognized)
{
	setup();
	arch_entry.protocol++;
	CHECK_EQUAL(pvh_platform.describe(), ERR_UNRECOGNIZED);
	CHECK_TEXT(console.text, "");
}

/* The structure may be at the end of readable memory. */
TEST(start_information_may_be_the_last_that_there_is)
{
	const u32 end = sizeof(low);

	setup();
	memcpy(low + end - 56, low + START_INFO, 56);
	arch_entry.argument = end - 56;
	CHECK_EQUAL(pvh_platform.describe(), OK);
	memmove(low + end - 55, low + end - 56, 55);
	arch_entry.argument = end - 55;
	CHECK_EQUAL(pvh_platform.describe(), ERR_CORRUPT);
}

TEST(a_later_version_is_like_version_1)
{
	setup();
	store_le32(low + START_INFO + 4, 7);
	CHECK_EQUAL(pvh_platform.describe(), OK);
}

TEST(command_line_may_be_missing_empty_or_endless)
{
	setup();
	store_le64(low + START_INFO + 24, 0);
	CHECK_EQUAL(pvh_platform.describe(), OK);
	CHECK_EQUAL(boot_info.command_line.size, 0);
	CHECK_TEXT(console.text, "");
	setup();
	low[COMMAND_LINE] = 0;
	CHECK_EQUAL(pvh_platform.describe(), OK);
	CHECK_EQUAL(boot_info.command_line.size, 0);
	setup();
	memset(low + COMMAND_LINE, 'x', COMMAND_LINE_SIZE_MAX + 10);
	CHECK_EQUAL(pvh_platform.describe(), OK);
	CHECK_EQUAL(boot_info.command_line.size, COMMAND_LINE_SIZE_MAX);
	setup();
	store_le64(low + START_INFO + 24, 0xffffffffffff0000);
	CHECK_EQUAL(pvh_platform.describe(), OK);
	CHECK_EQUAL(boot_info.command_line.size, 0);
	CHECK(was_logged("command line at 0xffffffffffff0000 ignored"));
	/* At the end of readable memory. */
	setup();
	store_le64(low + START_INFO + 24, sizeof(low) - 8);
	memcpy(low + sizeof(low) - 8, "quiet", 6);
	CHECK_EQUAL(pvh_platform.describe(), OK);
	CHECK(span_equals(boot_info.command_line, SPAN("quiet")));
}

/* Only the first page is excluded. */
TEST(command_line_and_module_may_begin_at_the_second_page)
{
	setup();
	store_le64(low + START_INFO + 24, 0xfff);
	strcpy((char *)low + 0xfff, "quiet");
	set_module(0, 0xfff, 0x100);
	CHECK_EQUAL(pvh_platform.describe(), OK);
	CHECK_EQUAL(boot_info.command_line.size, 0);
	CHECK_EQUAL(boot_info.module_count, 0);
	CHECK(was_logged("command line at 0xfff ignored"));
	CHECK(was_logged("module of 0x100 bytes at 0xfff ignored"));
	setup();
	store_le64(low + START_INFO + 24, 0x1000);
	strcpy((char *)low + 0x1000, "quiet");
	set_module(0, 0x1000, 0x100);
	CHECK_EQUAL(pvh_platform.describe(), OK);
	CHECK_EQUAL(boot_info.command_line.size, 5);
	CHECK_EQUAL(boot_info.module_count, 1);
	CHECK_TEXT(console.text, "");
}

/* The fields after address and size are not used: a command line, and reserved fields. */
TEST(modules_may_have_command_lines)
{
	setup();
	set_counts(2, 4);
	set_module(1, 0x1001000, 0x1000);
	for (u32 i = 0; i < 2; i++) {
		store_le64(low + MODULES + 32 * i + 16, 0x1002000);
		store_le64(low + MODULES + 32 * i + 24, 0x1000);
	}
	CHECK_EQUAL(pvh_platform.describe(), OK);
	CHECK_EQUAL(boot_info.module_count, 2);
	CHECK(boot_info.modules[1].data == module_bytes + 0x1000);
}

TEST(invalid_modules_are_left_out)
{
	setup();
	set_counts(5, 4);
	set_module(0, 0xffffffff00000000, 0x1000);
	set_module(1, 0x1000000, UINT64_MAX);
	set_module(2, 0x1000000, 0);
	set_module(3, 0x800, 0x100); /* the page that is unmapped later */
	set_module(4, 0x1001000, 0x1000);
	CHECK_EQUAL(pvh_platform.describe(), OK);
	CHECK_EQUAL(boot_info.module_count, 1);
	CHECK(boot_info.modules[0].data == module_bytes + 0x1000);
}

TEST(modules_without_a_list)
{
	setup();
	store_le64(low + START_INFO + 16, 0xffffffff00000000);
	CHECK_EQUAL(pvh_platform.describe(), OK);
	CHECK_EQUAL(boot_info.module_count, 0);
	CHECK(was_logged("1 modules at 0xffffffff00000000"));
	/* None at address 0 is not an error. */
	setup();
	set_counts(0, 4);
	store_le64(low + START_INFO + 16, 0);
	CHECK_EQUAL(pvh_platform.describe(), OK);
	CHECK_EQUAL(boot_info.module_count, 0);
	CHECK_TEXT(console.text, "");
}

TEST(takes_no_more_modules_than_there_is_room_for)
{
	for (u32 count = BOOT_MODULES_MAX; count < BOOT_MODULES_MAX + 2; count++) {
		setup();
		set_counts(count, 4);
		for (u32 i = 0; i < count; i++)
			set_module(i, 0x1000000, 0x1000);
		CHECK_EQUAL(pvh_platform.describe(), OK);
		CHECK_EQUAL(boot_info.module_count, BOOT_MODULES_MAX);
		CHECK_EQUAL(was_logged("modules, 16 are used"), count > BOOT_MODULES_MAX);
	}
}
