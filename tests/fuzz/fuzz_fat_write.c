/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing to FAT: the first two bytes of the input choose the layout of an empty volume, the others
 * the operations. The volume must equal a model, and fsck must find no errors.
 */
#include "tests/fuzz/fat_volume.h"
#include "tests/host/fat_check.h"
#include "tests/host/volume_model.h"

enum { STEPS_MAX = 120 };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct span choices = span_of(data, size);
	struct fat_volume fat;
	struct model model;

	if (size < 2)
		return 0;
	choices = span_from(choices, 2);
	fat_volume_make(&fat, data[0], data[1]);
	model_init(&model, fat.volume);
	for (u32 i = 0; i < STEPS_MAX && !span_is_empty(choices); i++) {
		(void)model_step(&model, &choices);
		if (i % 16 == 0)
			model_check(&model);
	}
	model_check(&model);
	/* Again, from the disk itself. */
	block_cache_invalidate(&fat.disk.device);
	model_check(&model);
	fat_check(fat.volume);
	model_free(&model);
	fat_volume_free(&fat);
	return 0;
}
