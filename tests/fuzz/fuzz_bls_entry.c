/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boot Loader Specification entries: the input is a set of entries, each a file name, a newline,
 * the text and a form feed. They are parsed, sorted, matched and tried up to the kernel's entry.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/text.h"
#include "lib/util.h"
#include "loaders/loaders.h"
#include "tests/host/host.h"
#include "tests/host/memory_volume.h"
#include "tests/unit/kernel_image.h"

const struct image_loader *const image_loaders[] = { &bzimage_loader, NULL };

enum { FILES_MAX = 24, PATH_SIZE = 300 };

/*
 * The work must be proportional to the input. The inputs in the corpus take less than a third of
 * this limit.
 */
enum { STEPS_MAX = 16384, STEPS_PER_BYTE_MAX = 1000 };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static struct memory_file files[FILES_MAX + 2];
static char paths[FILES_MAX][PATH_SIZE];
static u8 image[KERNEL_SIZE];

static void run(void *context)
{
	struct boot_disk *disk = context;
	struct arena arena = { 0 };

	(void)!bls_boot.boot(disk, &arena);
	arena_release(&arena);
}

/* Removes and returns the part of @rest up to @separator. */
static struct span take(struct span *rest, u8 separator)
{
	struct span part = { rest->data, 0 };

	while (part.size < rest->size && part.data[part.size] != separator)
		part.size++;
	*rest = span_from(*rest, min_u64(part.size + 1, rest->size));
	return part;
}

/*
 * The input's first word is also a pattern. Only one word, because a menu without a timeout would
 * wait forever.
 */
static void choose_by(struct span input)
{
	static char options[64];
	struct span word;

	boot_info.command_line = (struct span){ 0 };
	if (!text_next_word(&input, &word))
		return;
	snprintf(options, sizeof(options), "fatwood.entry=%.*s", (int)min_u64(word.size, 32),
		 (const char *)word.data);
	boot_info.command_line = span_of_string(options);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct span rest = span_of(data, size);
	struct memory_volume volume;
	struct boot_disk disk;
	u64 before;
	u32 count = 0;

	host_memory_init();
	kernel_image_make(image);
	while (!span_is_empty(rest) && count < FILES_MAX) {
		struct span file = take(&rest, '\f');
		struct span name = take(&file, '\n');
		int length = (int)min_u64(name.size, PATH_SIZE / 2);

		snprintf(paths[count], PATH_SIZE, "loader/entries/%.*s", length,
			 (const char *)name.data);
		files[count] = (struct memory_file){ .path = paths[count], .bytes = file };
		count++;
	}
	files[count++] =
		(struct memory_file){ .path = "linux", .bytes = span_of(image, KERNEL_SIZE) };
	files[count++] = (struct memory_file){ .path = "initrd", .bytes = SPAN("initrd") };
	memory_volume_init(&volume, "fuzz", files, count);
	disk = (struct boot_disk){ .volumes = { &volume.volume }, .volume_count = 1 };
	choose_by(span_of(data, size));
	before = host_steps;
	host_run(run, &disk);
	if (host_steps - before > STEPS_MAX + size * STEPS_PER_BYTE_MAX)
		abort();
	return 0;
}
