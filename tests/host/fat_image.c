/* SPDX-License-Identifier: Apache-2.0 */
/* A small mkfs.vfat and mcopy without validity checks. */
#include "tests/host/fat_image.h"

#include <stdio.h>
#include <stdlib.h>

#include "fs/fat/fat.h"
#include "lib/utf.h"

static void give_up(const char *what)
{
	fprintf(stderr, "fat_image: %s\n", what);
	abort();
}

static void set_defaults(struct fat_image_shape *shape)
{
	if (!shape->bytes_per_sector)
		shape->bytes_per_sector = 512;
	if (!shape->sectors_per_cluster)
		shape->sectors_per_cluster = 1;
	if (!shape->fat_count)
		shape->fat_count = 2;
	if (!shape->root_entries && shape->entry_bits != 32)
		shape->root_entries = 512;
	if (!shape->reserved_sectors)
		shape->reserved_sectors = shape->entry_bits == 32 ? 32 : 1;
	if (!shape->stride)
		shape->stride = 1;
}

static void write_boot_sector(const struct fat_image *image, u32 sectors, u32 fat_sectors)
{
	const struct fat_image_shape *shape = &image->shape;
	u8 *b = image->bytes;

	memcpy(b, "\xeb\x58\x90mkfs.fat", 11);
	store_le16(b + 11, (u16)shape->bytes_per_sector);
	b[13] = (u8)shape->sectors_per_cluster;
	store_le16(b + 14, (u16)shape->reserved_sectors);
	b[16] = (u8)shape->fat_count;
	store_le16(b + 17, (u16)shape->root_entries);
	if (sectors < 65536 && shape->entry_bits != 32)
		store_le16(b + 19, (u16)sectors);
	else
		store_le32(b + 32, sectors);
	b[21] = 0xf8;
	if (shape->entry_bits == 32) {
		store_le32(b + 36, fat_sectors);
		store_le32(b + 44, FAT_FIRST_CLUSTER);
		store_le16(b + 48, 1);
		store_le16(b + 50, 6);
	} else {
		store_le16(b + 22, (u16)fat_sectors);
	}
	store_le16(b + 510, 0xaa55);
}

void fat_image_init(struct fat_image *image, const struct fat_image_shape *wanted)
{
	struct fat_image_shape *shape = &image->shape;
	u32 fat_bytes, fat_sectors, root_sectors, sectors;

	*image = (struct fat_image){ .shape = *wanted, .next_cluster = FAT_FIRST_CLUSTER };
	set_defaults(shape);
	fat_bytes = ((shape->cluster_count + FAT_FIRST_CLUSTER) * shape->entry_bits + 7) / 8;
	fat_sectors = (fat_bytes + shape->bytes_per_sector - 1) / shape->bytes_per_sector;
	root_sectors = (shape->root_entries * FAT_ENTRY_SIZE + shape->bytes_per_sector - 1) /
		       shape->bytes_per_sector;
	sectors = shape->reserved_sectors + shape->fat_count * fat_sectors + root_sectors;
	image->table = (size_t)shape->reserved_sectors * shape->bytes_per_sector;
	image->table_size = (size_t)fat_sectors * shape->bytes_per_sector;
	image->root = image->table + shape->fat_count * image->table_size;
	image->data = (size_t)sectors * shape->bytes_per_sector;
	image->cluster_size = shape->bytes_per_sector * shape->sectors_per_cluster;
	sectors += shape->cluster_count * shape->sectors_per_cluster;
	/* Complete blocks of any size. */
	image->size = align_up((u64)sectors * shape->bytes_per_sector, BLOCK_SIZE_MAX);
	image->bytes = calloc(1, image->size);
	if (!image->bytes)
		give_up("no memory");
	write_boot_sector(image, sectors, fat_sectors);
	fat_image_set_link(image, 0, 0x0ffffff8);
	fat_image_set_link(image, 1, FAT_IMAGE_END);
	if (shape->entry_bits == 32) {
		image->root_directory.first = image->root_directory.cluster = image->next_cluster++;
		fat_image_set_link(image, FAT_FIRST_CLUSTER, FAT_IMAGE_END);
	}
}

void fat_image_free(struct fat_image *image)
{
	free(image->bytes);
	image->bytes = NULL;
}

enum status fat_image_mount(struct fat_image *image, struct memory_disk *disk, u32 block_size,
			    struct arena *arena, struct volume **out)
{
	memory_disk_init(disk, image->bytes, image->size, block_size);
	return fat_ops.mount(&disk->device, arena, out);
}

u32 fat_image_link(const struct fat_image *image, u32 cluster)
{
	const u8 *table = image->bytes + image->table;

	switch (image->shape.entry_bits) {
	case 12:
		table += cluster * 3 / 2;
		return cluster & 1 ? load_le16(table) >> 4 : load_le16(table) & 0xfff;
	case 16:
		return load_le16(table + cluster * 2);
	default:
		return load_le32(table + cluster * 4) & 0x0fffffff;
	}
}

void fat_image_set_link(struct fat_image *image, u32 cluster, u32 link)
{
	for (u32 i = 0; i < image->shape.fat_count; i++) {
		u8 *table = image->bytes + image->table + i * image->table_size;
		u16 pair;

		switch (image->shape.entry_bits) {
		case 12:
			table += cluster * 3 / 2;
			pair = load_le16(table);
			store_le16(table,
				   (u16)(cluster & 1 ? (pair & 0x000f) | (link & 0xfff) << 4 :
						       (pair & 0xf000) | (link & 0xfff)));
			break;
		case 16:
			store_le16(table + cluster * 2, (u16)link);
			break;
		default:
			/* The upper four bits are reserved and must be ignored. */
			store_le32(table + cluster * 4, (link & 0x0fffffff) | 0xa0000000);
		}
	}
}

u8 *fat_image_cluster(struct fat_image *image, u32 cluster)
{
	return image->bytes + image->data +
	       (size_t)(cluster - FAT_FIRST_CLUSTER) * image->cluster_size;
}

/*
 * With a stride, clusters are allocated in several passes over the volume, so that consecutive
 * clusters are never adjacent.
 */
static u32 take_cluster(struct fat_image *image)
{
	u32 end = image->shape.cluster_count + FAT_FIRST_CLUSTER;
	u32 cluster = image->next_cluster;

	for (u32 i = 0; i <= image->shape.cluster_count; i++) {
		if (cluster >= end)
			cluster = FAT_FIRST_CLUSTER + (cluster + 1) % image->shape.stride;
		if (fat_image_link(image, cluster) == 0) {
			image->next_cluster = cluster + image->shape.stride;
			fat_image_set_link(image, cluster, FAT_IMAGE_END);
			return cluster;
		}
		cluster += image->shape.stride;
	}
	give_up("file system full");
	return 0;
}

u32 fat_image_store(struct fat_image *image, const void *bytes, size_t size)
{
	u32 first = 0, last = 0;

	for (size_t at = 0; at < size; at += image->cluster_size) {
		u32 cluster = take_cluster(image);

		memcpy(fat_image_cluster(image, cluster), (const u8 *)bytes + at,
		       min_u64(size - at, image->cluster_size));
		if (last)
			fat_image_set_link(image, last, cluster);
		else
			first = cluster;
		last = cluster;
	}
	return first;
}

u8 *fat_image_entry(struct fat_image *image, struct fat_image_directory *directory)
{
	u32 per_cluster = image->cluster_size / FAT_ENTRY_SIZE;
	u32 index = directory->count++;

	if (directory->first == 0) {
		if (index >= image->shape.root_entries)
			give_up("root directory full");
		return image->bytes + image->root + index * FAT_ENTRY_SIZE;
	}
	if (index && index % per_cluster == 0) {
		u32 cluster = take_cluster(image);

		fat_image_set_link(image, directory->cluster, cluster);
		directory->cluster = cluster;
	}
	return fat_image_cluster(image, directory->cluster) + index % per_cluster * FAT_ENTRY_SIZE;
}

void fat_image_long_name(struct fat_image *image, struct fat_image_directory *directory,
			 const char *name, const char *short_name)
{
	u16 units[20 * FAT_LONG_NAME_PART];
	struct span rest = span_of_string(name);
	u32 count = 0, parts;

	while (!span_is_empty(rest)) {
		u32 character = utf8_next(&rest);

		if (count + 2 > ARRAY_SIZE(units))
			give_up("long name too long");
		if (character > 0xffff) {
			units[count++] = (u16)(0xd7c0 + (character >> 10));
			units[count++] = (u16)(0xdc00 + (character & 0x3ff));
		} else {
			units[count++] = (u16)character;
		}
	}
	parts = (count + FAT_LONG_NAME_PART - 1) / FAT_LONG_NAME_PART;
	for (u32 part = parts; part > 0; part--) {
		static const u8 offsets[] = { 1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30 };
		u8 *entry = fat_image_entry(image, directory);

		entry[0] = (u8)(part | (part == parts ? 0x40 : 0));
		entry[11] = 0x0f;
		entry[13] = fat_name_checksum((const u8 *)short_name);
		for (u32 i = 0; i < FAT_LONG_NAME_PART; i++) {
			u32 at = (part - 1) * FAT_LONG_NAME_PART + i;

			store_le16(entry + offsets[i], at < count  ? units[at] :
						       at == count ? 0 :
								     0xffff);
		}
	}
}

static u8 *add_entry(struct fat_image *image, struct fat_image_directory *directory,
		     const char *long_name, const char *short_name, u8 kind, u32 cluster, u32 size)
{
	u8 *entry;

	if (long_name)
		fat_image_long_name(image, directory, long_name, short_name);
	entry = fat_image_entry(image, directory);
	memcpy(entry, short_name, FAT_SHORT_NAME_SIZE);
	entry[11] = kind;
	store_le16(entry + 20, (u16)(cluster >> 16));
	store_le16(entry + 26, (u16)cluster);
	store_le32(entry + 28, size);
	return entry;
}

u8 *fat_image_file(struct fat_image *image, struct fat_image_directory *directory,
		   const char *long_name, const char *short_name, const void *bytes, size_t size)
{
	u32 cluster = fat_image_store(image, bytes, size);

	return add_entry(image, directory, long_name, short_name, FAT_IMAGE_ARCHIVE, cluster,
			 (u32)size);
}

struct fat_image_directory fat_image_make_directory(struct fat_image *image,
						    struct fat_image_directory *parent,
						    const char *long_name, const char *short_name)
{
	u32 cluster = take_cluster(image);
	struct fat_image_directory directory = { .first = cluster, .cluster = cluster };
	u32 above = parent == &image->root_directory ? 0 : parent->first;

	add_entry(image, parent, long_name, short_name, FAT_IMAGE_DIRECTORY, cluster, 0);
	add_entry(image, &directory, NULL, ".          ", FAT_IMAGE_DIRECTORY, cluster, 0);
	add_entry(image, &directory, NULL, "..         ", FAT_IMAGE_DIRECTORY, above, 0);
	return directory;
}
