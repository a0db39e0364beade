/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of loaders/bzimage.c: a kernel image to modify, and the result of loading it. */
#pragma once

#include "loaders/boot_params.h"
#include "loaders/loaders.h"
#include "tests/host/host.h"
#include "tests/host/memory_volume.h"
#include "tests/unit/kernel_image.h"
#include "tests/unit/test.h"

static u8 image[KERNEL_SIZE];
static struct arena arena;
static struct boot_entry entry;
static struct kernel kernel;

static void set_up(void)
{
	arena_release(&arena);
	host_memory_init();
	kernel_image_make(image);
	entry = (struct boot_entry){ .title = "test" };
	host_random_missing = false;
}

static enum status load_sized(size_t size)
{
	u8 *copy = malloc(size); /* exact size, so that the sanitizer detects overruns */
	enum status status;

	if (size)
		memcpy(copy, image, size);
	entry.kernel = file_from_memory(span_of(copy, size));
	status = bzimage_loader.load(&entry, span_of(copy, (size_t)min_u64(size, IMAGE_HEAD_SIZE)),
				     &arena, &kernel);
	free(copy);
	return status;
}

static enum status load(void)
{
	return load_sized(KERNEL_SIZE);
}

static struct boot_params *params(void)
{
	return (struct boot_params *)(uintptr_t)kernel.argument;
}

static const struct setup_data *find_setup_data(u32 type)
{
	u64 at = params()->setup_data;

	for (u32 bound = 0; at && bound < 8; bound++) {
		const struct setup_data *data = (const struct setup_data *)(uintptr_t)at;

		if (data->type == type)
			return data;
		at = data->next;
	}
	return NULL;
}
