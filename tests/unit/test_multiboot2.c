// SPDX-License-Identifier: Apache-2.0
/* Multiboot2 boot information as written by GRUB, and malformed. */
#include "core/arch.h"
#include "core/boot_info.h"
#include "core/log.h"
#include "drivers/platform/platform.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/host/memory_console.h"

#include "tests/unit/test.h"

enum { INFORMATION = 0x2000, MODULE = 0x1000000 };

static u8 low[2 * MIB];
static u8 module_bytes[0x3000];
static u32 used;
static struct memory_console console;

/* Appends a tag with room for @size bytes of content, and returns them. */
static u8 *add_tag(u32 type, u32 size)
{
	u8 *tag = low + INFORMATION + used;

	store_le32(tag, type);
	store_le32(tag + 4, 8 + size);
	used += (u32)align_up(8 + size, 8);
	store_le32(low + INFORMATION, used);
	return tag + 8;
}

static void add_memory_map(u32 range_size, u32 count)
{
	u8 *content = add_tag(6, 8 + range_size * count);

	store_le32(content, range_size);
	for (u32 i = 0; i < count; i++) {
		u8 *range = content + 8 + range_size * i;

		store_le64(range, i * 16 * MIB);
		store_le64(range + 8, MIB);
		store_le32(range + 16, 1 + i);
	}
}

static void add_module(u32 start, u32 end)
{
	u8 *content = add_tag(3, 13);

	store_le32(content, start);
	store_le32(content + 4, end);
	strcpy((char *)content + 8, "word");
}

static void start(void)
{
	memset(low, 0, sizeof(low));
	used = 8;
	host_memory_forget();
	host_memory_set(0, low, sizeof(low));
	host_memory_set(MODULE, module_bytes, sizeof(module_bytes));
	boot_info = (struct boot_info){ 0 };
	arch_entry = (struct arch_entry){ ENTRY_PROTOCOL_MULTIBOOT2, INFORMATION };
	log_set_threshold(LOG_WARNING);
	memory_console_init(&console, "");
}

/* Like GRUB's, with tags that we do not know. */
static void setup(void)
{
	start();
	strcpy((char *)add_tag(1, 10), "from=grub");
	strcpy((char *)add_tag(2, 5), "GRUB");
	add_module(MODULE, MODULE + sizeof(module_bytes));
	add_memory_map(24, 4);
	memcpy(add_tag(15, 36), "RSD PTR 2", 9);
	memcpy(add_tag(14, 20), "RSD PTR 1", 9);
	add_tag(0, 0);
}

TEST(describes_what_grub_loaded)
{
	setup();
	CHECK_EQUAL(multiboot2_platform.describe(), OK);
	CHECK(span_equals(boot_info.command_line, SPAN("from=grub")));
	CHECK_EQUAL(boot_info.module_count, 1);
	CHECK(boot_info.modules[0].data == module_bytes);
	CHECK_EQUAL(boot_info.modules[0].size, sizeof(module_bytes));
	CHECK_EQUAL(boot_info.range_count, 4);
	CHECK_EQUAL(boot_info.ranges[1].base, 16 * MIB);
	CHECK_EQUAL(boot_info.ranges[1].end, 17 * MIB);
	CHECK_EQUAL(boot_info.ranges[1].type, MEMORY_RESERVED);
	CHECK_EQUAL(boot_info.ranges[3].type, MEMORY_ACPI_NVS);
	CHECK_TEXT(console.text, "");
}

TEST(another_entry_is_not_recognized)
{
	setup();
	arch_entry.protocol = ENTRY_PROTOCOL_LINUX;
	CHECK_EQUAL(multiboot2_platform.describe(), ERR_UNRECOGNIZED);
}

TEST(the_later_rsdp_is_preferred_in_either_order)
{
	for (u32 first = 14; first <= 15; first++) {
		start();
		add_memory_map(24, 1);
		add_tag(first, 36)[8] = (u8)first;
		add_tag(14 + 15 - first, 36)[8] = (u8)(14 + 15 - first);
		add_tag(0, 0);
		CHECK_EQUAL(multiboot2_platform.describe(), OK);
		CHECK_EQUAL(*(const u8 *)(uintptr_t)(boot_info.rsdp + 8), 15);
	}
	start();
	add_memory_map(24, 1);
	add_tag(14, 19);
	add_tag(0, 0);
	CHECK_EQUAL(multiboot2_platform.describe(), OK);
	CHECK_EQUAL(boot_info.rsdp, 0);
}

TEST(ranges_may_be_longer_and_not_shorter)
{
	start();
	add_memory_map(40, 3);
	add_tag(0, 0);
	CHECK_EQUAL(multiboot2_platform.describe(), OK);
	CHECK_EQUAL(boot_info.range_count, 3);
	for (u32 size = 0; size < 20; size++) {
		start();
		add_memory_map(24, 3);
		store_le32(low + INFORMATION + 16, size);
		add_tag(0, 0);
		CHECK_EQUAL(multiboot2_platform.describe(), ERR_CORRUPT);
		CHECK_EQUAL(boot_info.range_count, 0);
	}
}

TEST(takes_no_more_than_there_is_room_for)
{
	start();
	add_memory_map(24, BOOT_RANGES_MAX + 7);
	for (u32 i = 0; i < BOOT_MODULES_MAX + 7; i++)
		add_module(MODULE, MODULE + 0x1000);
	add_tag(0, 0);
	CHECK_EQUAL(multiboot2_platform.describe(), OK);
	CHECK_EQUAL(boot_info.range_count, BOOT_RANGES_MAX);
	CHECK_EQUAL(boot_info.module_count, BOOT_MODULES_MAX);
	CHECK(memory_console_has(&console, "more than 16 modules"));
}

TEST(invalid_modules_are_left_out)
{
	start();
	add_memory_map(24, 1);
	add_module(MODULE + 1, MODULE);
	add_module(0x100, 0x200);
	add_module(0xfffff000, 0xffffffff);
	add_tag(3, 7);
	add_module(MODULE, MODULE + 1);
	add_tag(0, 0);
	CHECK_EQUAL(multiboot2_platform.describe(), OK);
	CHECK_EQUAL(boot_info.module_count, 1);
	CHECK_EQUAL(boot_info.modules[0].size, 1);
}

TEST(a_command_line_ends_with_its_tag)
{
	start();
	memcpy(add_tag(1, 8), "12345678", 8);
	add_memory_map(24, 1);
	add_tag(0, 0);
	CHECK_EQUAL(multiboot2_platform.describe(), OK);
	CHECK(span_equals(boot_info.command_line, SPAN("12345678")));
}

/* The last tag may end where the information does, without padding, and not past it. */
TEST(tags_end_with_the_information)
{
	for (u32 cut = 1; cut <= 64; cut++) {
		setup();
		store_le32(low + INFORMATION, used - cut);
		CHECK_EQUAL(multiboot2_platform.describe(), ERR_CORRUPT);
	}
	for (u32 size = 0; size < 8; size++) {
		setup();
		store_le32(low + INFORMATION + 12, size);
		CHECK_EQUAL(multiboot2_platform.describe(), ERR_CORRUPT);
	}
	setup();
	store_le32(low + INFORMATION + 12, UINT32_MAX);
	CHECK_EQUAL(multiboot2_platform.describe(), ERR_CORRUPT);
}

TEST(refuses_invalid_information)
{
	const u32 sizes[] = { 0, 7, 8, MIB + 1, UINT32_MAX };

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		setup();
		store_le32(low + INFORMATION, sizes[i]);
		CHECK_EQUAL(multiboot2_platform.describe(), ERR_CORRUPT);
	}
	setup();
	arch_entry.argument = 0x800;
	CHECK_EQUAL(multiboot2_platform.describe(), ERR_CORRUPT);
	setup();
	arch_entry.argument = UINT32_MAX;
	CHECK_EQUAL(multiboot2_platform.describe(), ERR_CORRUPT);
	start();
	add_tag(0, 0);
	CHECK_EQUAL(multiboot2_platform.describe(), ERR_CORRUPT);
	CHECK(memory_console_has(&console, "no memory map"));
}
