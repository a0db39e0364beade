/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bzImage: the input replaces the start of a bootable file; its last two bytes give the number of
 * further bytes. The file is loaded as an entry's kernel, with the same bytes as initrd and
 * options.
 */
#include <stdlib.h>

#include "loaders/boot_params.h"
#include "loaders/loaders.h"
#include "tests/host/host.h"
#include "tests/unit/kernel_image.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* Is the whole piece loaded, in a single range of the ledger? */
static bool is_loaded(u64 base, u64 size)
{
	u32 count;
	const struct memory_range *map = memory_map(&count);

	for (u32 i = 0; i < count; i++)
		if (base >= map[i].base && base < map[i].end)
			return size <= map[i].end - base && (map[i].type == MEMORY_LOADER_CODE ||
							     map[i].type == MEMORY_LOADER_DATA);
	return false;
}

static void check(const struct kernel *kernel)
{
	const struct boot_params *params = (const struct boot_params *)(uintptr_t)kernel->argument;

	if (!is_loaded(kernel->entry, 1) || !is_loaded(kernel->argument, sizeof(*params)) ||
	    !is_loaded(params->cmd_line_ptr, 1) ||
	    (params->ramdisk_size && !is_loaded(params->ramdisk_image, params->ramdisk_size)))
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct boot_entry entry = { .title = "fuzz" };
	struct arena arena = { 0 };
	struct kernel kernel;
	size_t file_size = KERNEL_SIZE;
	struct span file, head;
	u8 *image;

	host_memory_init();
	if (size >= 2)
		file_size = min_u64(load_le16(data + size - 2), KERNEL_SIZE);
	image = malloc(KERNEL_SIZE);
	kernel_image_make(image);
	memcpy(image, data, min_u64(size, KERNEL_SIZE));
	/* Exact size, so that the sanitizer detects overruns. */
	file = span_of(malloc(file_size), file_size);
	memcpy((u8 *)file.data, image, file_size);
	head = span_part(file, 0, min_u64(file_size, IMAGE_HEAD_SIZE));

	entry.kernel = file_from_memory(file);
	entry.initrds[0] = file_from_memory(span_of(data, size));
	entry.initrd_count = 1;
	entry.options = span_of(data, size);
	if (bzimage_loader.recognizes(head) &&
	    bzimage_loader.load(&entry, head, &arena, &kernel) == OK)
		check(&kernel);
	arena_release(&arena);
	if (memory_free_size() != HOST_MEMORY_SIZE - HOST_IMAGE_SIZE)
		abort();
	free((void *)file.data);
	free(image);
	return 0;
}
