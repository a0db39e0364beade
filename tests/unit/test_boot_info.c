/* SPDX-License-Identifier: Apache-2.0 */
/* core/boot_info.c: dropped ranges, words of the command line. */
#include "tests/unit/test.h"

#include "core/arch.h"
#include "core/boot_info.h"
#include "core/log.h"
#include "tests/host/host.h"
#include "tests/host/memory_console.h"

static struct memory_console console;

/* Starts with an empty boot_info, and captures the log. */
static void start(enum log_level threshold)
{
	memory_console_init(&console, "");
	log_set_threshold(threshold);
	boot_info = (struct boot_info){ .source = "test" };
}

static const char *option(const char *command_line, const char *name)
{
	static char text[64];
	struct span value;

	boot_info.command_line = span_of_string(command_line);
	if (!boot_info_option(name, &value))
		return "(none)";
	snprintf(text, sizeof(text), "%.*s", (int)value.size, value.data);
	return text;
}

TEST(options_are_whole_words)
{
	CHECK_TEXT(option("fatwood.log=debug", "fatwood.log"), "debug");
	CHECK_TEXT(option("  quiet \t fatwood.log=debug  x", "fatwood.log"), "debug");
	CHECK_TEXT(option("", "fatwood.log"), "(none)");
	CHECK_TEXT(option("fatwood.log", "fatwood.log"), "(none)");
	CHECK_TEXT(option("fatwood.log=", "fatwood.log"), "");
	CHECK_TEXT(option("xfatwood.log=a", "fatwood.log"), "(none)");
	CHECK_TEXT(option("fatwood.logs=a", "fatwood.log"), "(none)");
	CHECK_TEXT(option("fatwood.lo=a", "fatwood.log"), "(none)");
	CHECK_TEXT(option("Fatwood.log=a", "fatwood.log"), "(none)");
	CHECK_TEXT(option("a=b=c", "a"), "b=c");
}

TEST(the_last_word_counts)
{
	CHECK_TEXT(option("a=1 a=2 b=3 a=4 c=5", "a"), "4");
	CHECK_TEXT(option("a=1 a", "a"), "1");
}

TEST(a_command_line_may_be_missing_or_hold_anything)
{
	struct span value;

	/* The following bytes do not belong to it. */
	boot_info.command_line = span_of("x a=1", 3);
	CHECK(!boot_info_option("a", &value));

	boot_info.command_line = (struct span){ 0 };
	CHECK(!boot_info_option("a", &value));
	boot_info.command_line = SPAN("\0\xff a=\0\n \x1b");
	CHECK(boot_info_option("a", &value));
	CHECK_EQUAL(value.size, 1);
}

TEST(ranges_are_kept_as_given_unless_empty_or_wrapping)
{
	start(LOG_DEBUG);
	boot_info_add_range(5, 1, MEMORY_RESERVED);
	boot_info_add_range(4, 0, MEMORY_CONVENTIONAL);
	boot_info_add_range(UINT64_MAX, 1, MEMORY_CONVENTIONAL);
	boot_info_add_range(1, UINT64_MAX, MEMORY_CONVENTIONAL);
	boot_info_add_range(0, UINT64_MAX, MEMORY_CONVENTIONAL);
	CHECK_EQUAL(boot_info.range_count, 2);
	CHECK_EQUAL(boot_info.ranges[0].base, 5);
	CHECK_EQUAL(boot_info.ranges[0].end, 6);
	CHECK_EQUAL(boot_info.ranges[0].type, MEMORY_RESERVED);
	CHECK_EQUAL(boot_info.ranges[1].end, UINT64_MAX);
	CHECK(memory_console_has(&console, "empty range at 0x4 left out"));
	CHECK(memory_console_has(&console,
				 "warning: memory map: range at 0x1 of 0xffffffffffffffff"));
}

TEST(ranges_past_the_end_of_the_table_are_dropped_with_a_message)
{
	start(LOG_WARNING);
	for (u32 i = 0; i < BOOT_RANGES_MAX; i++)
		boot_info_add_range(i, 1, MEMORY_CONVENTIONAL);
	CHECK_TEXT(console.text, "");
	boot_info_add_range(0x1234, 1, MEMORY_RESERVED);
	CHECK_EQUAL(boot_info.range_count, BOOT_RANGES_MAX);
	CHECK(memory_console_has(&console, "BOOT_RANGES_MAX"));
	CHECK(memory_console_has(&console, "0x1234"));
}

TEST(the_log_shows_all_of_it)
{
	start(LOG_DEBUG);
	boot_info.source = "PVH";
	boot_info.rsdp = 0xe0000;
	boot_info_add_range(0x1000, 0x2000, MEMORY_ACPI_NVS);
	boot_info.modules[0] = span_of((const void *)(uintptr_t)0x123456780, 77);
	boot_info.module_count = 1;
	boot_info.command_line = SPAN("root=/dev/vda1\x1b[2J");
	boot_info_log();
	CHECK(memory_console_has(&console, "PVH, RSDP at 0xe0000"));
	CHECK(memory_console_has(&console, "0x0000000000001000 to 0x0000000000003000: ACPI NVS"));
	CHECK(memory_console_has(&console, "module of 77 bytes at 0x123456780"));
	CHECK(memory_console_has(&console, "command line: root=/dev/vda1?[2J"));
	/* It is not terminated by a NUL. */
	boot_info.command_line = span_of("quiet or not", 5);
	boot_info_log();
	CHECK(memory_console_has(&console, "command line: quiet"));
	CHECK(!memory_console_has(&console, "or not"));
}

TEST(unreachable_memory_is_left_out)
{
	start(LOG_WARNING);
	boot_info.modules[0] = span_of((const void *)(uintptr_t)(1ull << 60), 77);
	boot_info.modules[1] = SPAN("module");
	boot_info.module_count = 2;
	boot_info.command_line = SPAN("quiet");
	boot_info_map();
	CHECK(span_is_empty(boot_info.modules[0]));
	CHECK_EQUAL(boot_info.modules[1].size, 6);
	CHECK_EQUAL(boot_info.command_line.size, 5);
	CHECK(memory_console_has(&console, "module at 0x1000000000000000"));
	CHECK(!memory_console_has(&console, "command line"));

	boot_info.command_line = span_of((const void *)(uintptr_t)(1ull << 60), 5);
	boot_info_map();
	CHECK(span_is_empty(boot_info.command_line));
	CHECK(memory_console_has(&console, "command line at 0x1000000000000000"));
}

/* Neither table is read past its end. */
TEST(tables_may_be_full)
{
	start(LOG_DEBUG);
	for (u32 i = 0; i < BOOT_RANGES_MAX; i++)
		boot_info_add_range(i, 1, MEMORY_CONVENTIONAL);
	while (boot_info.module_count < BOOT_MODULES_MAX)
		boot_info.modules[boot_info.module_count++] = SPAN("module");
	boot_info_map();
	boot_info_log();
	CHECK_EQUAL(boot_info.modules[BOOT_MODULES_MAX - 1].size, 6);
	CHECK(memory_console_has(&console, "to 0x0000000000000100: conventional"));
}

const char *const boot_options[] = { "fatwood.log", "fatwood.entry", NULL };

TEST(unknown_words_are_reported)
{
	start(LOG_WARNING);
	boot_info.command_line =
		SPAN("fatwood.log=debug quiet \"fatwood.entry=a b\" x=\"fatwood.y=1 "
		     "fatwood.z=2\" -- fatwood.init=1");
	boot_info_check_options();
	CHECK_TEXT(console.text, "");
	boot_info.command_line = SPAN("fatwood.lgo=debug fatwood.log fatwood.logx=1");
	boot_info_check_options();
	CHECK(memory_console_has(&console, "fatwood.lgo=debug: not an option of this build"));
	CHECK(memory_console_has(&console, "fatwood.log: not") &&
	      memory_console_has(&console, "fatwood.logx=1: not"));
}
