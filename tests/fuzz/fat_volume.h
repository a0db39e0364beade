/* SPDX-License-Identifier: Apache-2.0 */
/* An empty FAT volume in memory; two bytes of the input choose its layout. */
#pragma once

#include <stdlib.h>

#include "core/log.h"
#include "fs/fat/fat.h"
#include "tests/host/fat_image.h"

struct fat_volume {
	struct fat_image image;
	struct memory_disk disk;
	struct arena arena;
	struct volume *volume;
	u32 block_size;
};

/* Mounts the disk as if for the first time. */
static void fat_volume_mount(struct fat_volume *fat)
{
	if (fat_image_mount(&fat->image, &fat->disk, fat->block_size, &fat->arena, &fat->volume))
		abort();
}

static void fat_volume_make(struct fat_volume *fat, u8 kind, u8 place)
{
	static const u32 bits[] = { 12, 16, 32, 12 };
	struct fat_image_shape shape = { .root_entries = 64, .cluster_count = 400 };

	shape.entry_bits = bits[kind & 3];
	shape.sectors_per_cluster = 1u << (kind >> 2 & 3);
	shape.fat_count = 1 + (kind >> 4 & 1);
	shape.bytes_per_sector = kind & 0x20 ? 1024 : 512;
	if (shape.entry_bits == 16)
		shape.cluster_count = 4085;
	else if (kind & 0x40)
		shape.cluster_count = 40; /* fills up soon */
	log_set_threshold(LOG_NONE);
	*fat = (struct fat_volume){ .block_size = 512u << (place & 3) };
	fat_image_init(&fat->image, &shape);
	fat_volume_mount(fat);
	container_of(fat->volume, struct fat, volume)->next_free +=
		(place >> 2) % container_of(fat->volume, struct fat, volume)->cluster_count;
}

static void fat_volume_free(struct fat_volume *fat)
{
	arena_release(&fat->arena);
	fat_image_free(&fat->image);
}
