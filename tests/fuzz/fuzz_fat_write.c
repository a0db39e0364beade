/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing to FAT: the first two bytes of the input choose the shape of an empty volume, the others
 * what is done with it. It must hold what a model of it holds, and be without fault for fsck.
 */
#include <stdlib.h>

#include "core/log.h"
#include "fs/fat/fat.h"
#include "tests/host/fat_check.h"
#include "tests/host/fat_image.h"
#include "tests/host/volume_model.h"

enum { STEPS_MAX = 120 };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const u32 bits[] = { 12, 16, 32, 12 };
	struct span choices = span_of(data, size);
	struct fat_image_shape shape = { .root_entries = 64, .cluster_count = 400 };
	struct fat_image image;
	struct memory_disk disk;
	struct arena arena = { 0 };
	struct volume *volume;
	struct model model;
	u32 block_size;

	if (size < 2)
		return 0;
	choices = span_from(choices, 2);
	shape.entry_bits = bits[data[0] & 3];
	shape.sectors_per_cluster = 1u << (data[0] >> 2 & 3);
	shape.fat_count = 1 + (data[0] >> 4 & 1);
	shape.bytes_per_sector = data[0] & 0x20 ? 1024 : 512;
	if (shape.entry_bits == 16)
		shape.cluster_count = 4085;
	else if (data[0] & 0x40)
		shape.cluster_count = 40; /* soon full */
	block_size = 512u << (data[1] & 3);
	log_set_threshold(LOG_NONE);
	fat_image_init(&image, &shape);
	if (fat_image_mount(&image, &disk, block_size, &arena, &volume))
		abort();
	container_of(volume, struct fat, volume)->next_free +=
		(data[1] >> 2) % container_of(volume, struct fat, volume)->cluster_count;
	model_init(&model, volume);
	for (u32 i = 0; i < STEPS_MAX && !span_is_empty(choices); i++) {
		(void)model_step(&model, &choices);
		if (i % 16 == 0)
			model_check(&model);
	}
	model_check(&model);
	/* And once more from the disk itself. */
	block_cache_invalidate(&disk.device);
	model_check(&model);
	fat_check(volume);
	model_free(&model);
	arena_release(&arena);
	fat_image_free(&image);
	return 0;
}
