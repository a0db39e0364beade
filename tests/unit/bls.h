/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of loaders/bls.c: a disk with one or two volumes, which is booted up to the kernel's
 * entry. Include it in one file per test.
 */
#pragma once

#include "core/log.h"
#include "loaders/bls.h"
#include "loaders/boot_params.h"
#include "loaders/loaders.h"
#include "tests/host/host.h"
#include "tests/host/memory_console.h"
#include "tests/host/memory_volume.h"
#include "tests/unit/kernel_image.h"
#include "tests/unit/test.h"

const struct image_loader *const image_loaders[] = { &bzimage_loader, NULL };

static u8 image[KERNEL_SIZE];
static struct memory_console console;
static struct arena arena;
static struct memory_volume volumes[2];
static struct boot_disk disk;
static enum status status;

#define ENTRY(name, text) { .path = "loader/entries/" name, .bytes = SPAN(text) }
#define LINUX(name)                                           \
	{                                                     \
		.path = name, .bytes = { image, KERNEL_SIZE } \
	}
#define VOLUME(files) set_up((files), ARRAY_SIZE(files))

static void set_up(const struct memory_file *files, u32 count)
{
	kernel_image_make(image);
	arena_release(&arena);
	host_memory_init();
	memory_console_init(&console, "");
	log_set_threshold(LOG_WARNING);
	memory_volume_init(&volumes[0], "esp", files, count);
	disk = (struct boot_disk){ .volumes = { &volumes[0].volume }, .volume_count = 1 };
}

[[maybe_unused]] static void add_volume(const struct memory_file *files, u32 count)
{
	memory_volume_init(&volumes[1], "xbootldr", files, count);
	disk.volumes[disk.volume_count++] = &volumes[1].volume;
}

static void run(void *context)
{
	(void)context;
	status = bls_boot.boot(&disk, &arena);
}

/* The command line of the kernel that was entered, or why none was. */
[[maybe_unused]] static const char *boot(void)
{
	enum host_end end = host_run(run, NULL);

	if (end == HOST_ENTERED_KERNEL)
		return (const char *)(uintptr_t)((struct boot_params *)host_kernel.argument)
			->cmd_line_ptr;
	return end == HOST_RETURNED ? status_name(status) : "stopped";
}

[[maybe_unused]] static bool said(const char *text)
{
	return memory_console_has(&console, text);
}

[[maybe_unused]] static const struct memory_file three[] = {
	ENTRY("a-1.conf", "sort-key a\nversion 1\nlinux linux\noptions one\n"),
	ENTRY("a-10.conf", "sort-key a\nversion 10\nlinux linux\noptions ten\n"),
	ENTRY("a-9.conf", "sort-key a\nversion 9\nlinux linux\noptions nine\n"),
	LINUX("linux"),
};
