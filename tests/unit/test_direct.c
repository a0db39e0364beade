/* SPDX-License-Identifier: Apache-2.0 */
/* loaders/direct.c, and core/boot.c, which it calls. */
#include "core/device.h"
#include "loaders/boot_params.h"
#include "loaders/loaders.h"
#include "tests/host/host.h"
#include "tests/unit/kernel_image.h"
#include "tests/unit/test.h"

const struct image_loader *const image_loaders[] = { &bzimage_loader, NULL };

static u8 image[KERNEL_SIZE];
static struct arena arena;
static enum status status;

static void set_up(void)
{
	kernel_image_make(image);
	arena_release(&arena);
	host_memory_init();
}

static void add(struct span module)
{
	boot_info.modules[boot_info.module_count++] = module;
}

static void run(void *context)
{
	(void)context;
	status = boot_direct(&arena);
}

static struct boot_params *params(void)
{
	return (struct boot_params *)(uintptr_t)host_kernel.argument;
}

TEST(without_modules_there_is_nothing_to_boot)
{
	set_up();
	CHECK_EQUAL(boot_direct(&arena), ERR_NOT_FOUND);
}

TEST(an_initrd_alone_is_nothing_to_boot)
{
	set_up();
	add(SPAN("070701"));
	add((struct span){ 0 });
	CHECK_EQUAL(boot_direct(&arena), ERR_NOT_FOUND);
}

TEST(as_many_modules_as_there_may_be)
{
	set_up();
	for (int i = 0; i < BOOT_MODULES_MAX; i++)
		add(SPAN("070701"));
	CHECK_EQUAL(boot_direct(&arena), ERR_NOT_FOUND);
}

TEST(a_kernel_boots_with_the_vmms_command_line)
{
	set_up();
	add(span_of(image, sizeof(image)));
	boot_info.command_line = SPAN("console=ttyS0 fatwood.log=error root=/dev/vda");
	CHECK_EQUAL(host_run(run, NULL), HOST_ENTERED_KERNEL);
	CHECK_TEXT((const char *)(uintptr_t)params()->cmd_line_ptr, "console=ttyS0 root=/dev/vda");
	CHECK_EQUAL(params()->ramdisk_size, 0);
	CHECK(memcmp((void *)(host_kernel.entry - 0x200), image + KERNEL_CODE_OFFSET,
		     KERNEL_CODE_SIZE) == 0);
}

TEST(the_other_modules_are_initrds_in_their_order)
{
	set_up();
	add(SPAN("first"));
	add(span_of(image, sizeof(image)));
	add(SPAN("second"));
	CHECK_EQUAL(host_run(run, NULL), HOST_ENTERED_KERNEL);
	CHECK_EQUAL(params()->ramdisk_size, 16);
	CHECK(memcmp((void *)(uintptr_t)params()->ramdisk_image, "first\0\0\0second\0\0", 16) == 0);
}

TEST(a_broken_kernel_returns_the_reason)
{
	set_up();
	add(span_of(image, sizeof(image) - 16));
	CHECK_EQUAL(host_run(run, NULL), HOST_RETURNED);
	CHECK_EQUAL(status, ERR_CORRUPT);
	arena_release(&arena);
	CHECK_EQUAL(memory_free_size(), HOST_MEMORY_SIZE - HOST_IMAGE_SIZE);
}

static u32 devices_at_rest;

static void come_to_rest(struct device *device)
{
	(void)device;
	devices_at_rest++;
}

/* A kernel that fails must leave the disks usable for the next attempt. */
TEST(devices_are_stopped_for_a_kernel_that_is_entered)
{
	static struct device device = { .name = "test", .quiesce = come_to_rest };

	set_up();
	device_register(&device);
	add(span_of(image, sizeof(image) - 16));
	CHECK_EQUAL(host_run(run, NULL), HOST_RETURNED);
	CHECK_EQUAL(devices_at_rest, 0);
	set_up();
	add(span_of(image, sizeof(image)));
	CHECK_EQUAL(host_run(run, NULL), HOST_ENTERED_KERNEL);
	CHECK_EQUAL(devices_at_rest, 1);
}

/* The kernel already has its memory, which the next one may need. */
TEST(memory_of_a_failed_kernel_is_freed)
{
	static char command_line[2049];

	memset(command_line, 'x', sizeof(command_line));
	set_up();
	add(span_of(image, sizeof(image)));
	boot_info.command_line = span_of(command_line, sizeof(command_line));
	CHECK_EQUAL(host_run(run, NULL), HOST_RETURNED);
	CHECK_EQUAL(status, ERR_UNSUPPORTED);
	arena_release(&arena);
	CHECK_EQUAL(memory_free_size(), HOST_MEMORY_SIZE - HOST_IMAGE_SIZE);
}

TEST(every_allocation_failure_is_handled)
{
	enum host_end end = HOST_RETURNED;
	u64 failures = 0;

	for (; end == HOST_RETURNED && failures < 100; failures++) {
		set_up();
		add(span_of(image, sizeof(image)));
		add(SPAN("initrd"));
		host_allocations_left = failures;
		end = host_run(run, NULL);
		CHECK(end == HOST_ENTERED_KERNEL || status == ERR_NO_MEMORY);
	}
	CHECK(failures > 3 && failures < 100);
}
