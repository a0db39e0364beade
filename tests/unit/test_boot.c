/* SPDX-License-Identifier: Apache-2.0 */
/* core/boot.c: the record of failed attempts. The tests depend on each other. */
#include "core/boot.h"
#include "core/device.h"
#include "core/log.h"
#include "tests/host/host.h"
#include "tests/host/memory_console.h"
#include "tests/unit/test.h"

/* The second letter of the file tells whether the program returns or takes over the machine. */
static u32 starts, rests;
static u64 free_at_start;

static enum status come_back(const struct kernel *kernel)
{
	starts++;
	CHECK_EQUAL(kernel->argument, 42);
	CHECK_EQUAL(rests, 0);
	CHECK(memory_free_size() < free_at_start); /* it still has its memory */
	return (enum status)kernel->entry;
}

static bool recognizes(struct span head)
{
	return span_starts_with(head, SPAN("P"));
}

static enum status load(struct boot_entry *entry, struct span head, struct arena *arena,
			struct kernel *out)
{
	(void)entry;
	CHECK(arena_allocate(arena, 1) != NULL);
	if (head.data[1] == 'x')
		return ERR_CORRUPT;
	*out = (struct kernel){ .start = head.data[1] == 'k' ? kernel_start : come_back,
				.entry = head.data[1] == 'o' ? OK : ERR_DENIED,
				.argument = 42 };
	return OK;
}

static const struct image_loader loader = { .name = "test", .recognizes = recognizes, .load = load };
const struct image_loader *const image_loaders[] = { &loader, NULL };

static void rest(struct device *device)
{
	(void)device;
	rests++;
}

static enum status boot_result;

static void start(void *bytes)
{
	struct boot_entry entry = { .title = "x", .kernel = file_from_memory(span_of(bytes, 2)) };

	boot_result = boot_start(&entry);
}

static struct memory_console console;

static const char *tried(void)
{
	memory_console_init(&console, "");
	log_set_threshold(LOG_ERROR);
	boot_log_tried();
	return console.text;
}

static void note(const char *what, enum status status, enum log_level threshold)
{
	memory_console_init(&console, "");
	log_set_threshold(threshold);
	boot_tried("disk0p1", what, status);
}

TEST(without_an_attempt_nothing_is_logged)
{
	CHECK_TEXT(tried(), "error:   nothing\r\n");
}

TEST(missing_files_are_not_warnings)
{
	note("a.conf", ERR_NOT_FOUND, LOG_WARNING);
	CHECK_TEXT(console.text, "");
	note("b.conf", ERR_UNRECOGNIZED, LOG_WARNING);
	CHECK_TEXT(console.text, "");
	note("c.conf", ERR_CORRUPT, LOG_WARNING);
	CHECK_TEXT(console.text, "warning: disk0p1: c.conf: corrupt\r\n");
	CHECK_TEXT(tried(), "error:   disk0p1: a.conf: not found\r\n"
			    "error:   disk0p1: b.conf: not recognized\r\n"
			    "error:   disk0p1: c.conf: corrupt\r\n");
}

static u32 identified;

static const char *identify(struct block_device *partition)
{
	identified++;
	CHECK_TEXT(partition->name, "disk1p2");
	return "a good name";
}

TEST(partitions_are_identified_when_that_is_shown)
{
	static struct block_device partition = { .name = "disk1p2" };

	memory_console_init(&console, "");
	log_set_threshold(LOG_WARNING);
	boot_tried_partition(&partition, identify);
	CHECK_EQUAL(identified, 0);
	log_set_threshold(LOG_INFO);
	boot_tried_partition(&partition, identify);
	CHECK_EQUAL(identified, 1);
	CHECK_TEXT(console.text, "disk1p2: a good name: not recognized\r\n");
	CHECK_TEXT(tried(), "error:   disk0p1: a.conf: not found\r\n"
			    "error:   disk0p1: b.conf: not recognized\r\n"
			    "error:   disk0p1: c.conf: corrupt\r\n"
			    "error:   disk1p2: a good name: not recognized\r\n"
			    "error:   disk1p2: a good name: not recognized\r\n");
	CHECK_EQUAL(identified, 2);
}

TEST(excess_attempts_are_counted)
{
	static struct block_device partition = { .name = "disk1p2" };

	for (int i = 5; i < 32; i++)
		note("x", ERR_IO, LOG_NONE);
	CHECK(!strstr(tried(), "more"));
	note("last", ERR_IO, LOG_NONE);
	CHECK(strstr(tried(), "error:   and 1 more\r\n") && !strstr(console.text, "last"));
	note("last", ERR_IO, LOG_NONE);
	CHECK(strstr(tried(), "error:   and 2 more\r\n"));
	boot_tried_partition(&partition, identify);
	CHECK(strstr(tried(), "error:   and 3 more\r\n"));
}

TEST(memory_of_a_program_that_returns_is_released)
{
	static struct device device = { .name = "test", .quiesce = rest };

	device_register(&device);
	free_at_start = memory_free_size();
	CHECK_EQUAL(host_run(start, "Pd"), HOST_RETURNED);
	CHECK_EQUAL(boot_result, ERR_DENIED);
	CHECK_EQUAL(host_run(start, "Po"), HOST_RETURNED);
	CHECK_EQUAL(boot_result, OK);
	CHECK_EQUAL(starts, 2);
	CHECK_EQUAL(host_run(start, "Px"), HOST_RETURNED);
	CHECK_EQUAL(boot_result, ERR_CORRUPT);
	CHECK_EQUAL(host_run(start, "xx"), HOST_RETURNED);
	CHECK_EQUAL(boot_result, ERR_UNSUPPORTED);
	CHECK_EQUAL(memory_free_size(), free_at_start);
	CHECK_EQUAL(rests, 0);
	CHECK_EQUAL(host_run(start, "Pk"), HOST_ENTERED_KERNEL);
	CHECK_EQUAL(rests, 1);
	CHECK_EQUAL(host_kernel.argument, 42);
}
