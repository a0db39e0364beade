/* SPDX-License-Identifier: Apache-2.0 */
/* Makes valid FAT file systems in memory, whose bytes a test can then modify. */
#pragma once

#include "tests/host/host.h"

struct fat_image_shape {
	u32 entry_bits;          /* 12, 16, 32 */
	u32 cluster_count;       /* not checked against entry_bits */
	u32 bytes_per_sector;    /* 0: 512 */
	u32 sectors_per_cluster; /* 0: 1 */
	u32 fat_count;           /* 0: 2 */
	u32 root_entries;        /* FAT12 and FAT16; 0: 512 */
	u32 reserved_sectors;    /* 0: 1, on FAT32 32 */
	u32 stride; /* distance between consecutive clusters of a file; 0: 1, contiguous */
};

/* The place for the next entry of a directory. */
struct fat_image_directory {
	u32 first;   /* cluster; 0 the root */
	u32 cluster; /* the last one so far */
	u32 count;   /* entries so far */
};

struct fat_image {
	struct fat_image_shape shape;
	u8 *bytes;
	size_t size;
	size_t table, table_size, root, data; /* offsets */
	u32 cluster_size;
	u32 next_cluster;
	struct fat_image_directory root_directory;
};

enum {
	FAT_IMAGE_READ_ONLY = 0x01,
	FAT_IMAGE_LABEL = 0x08,
	FAT_IMAGE_DIRECTORY = 0x10,
	FAT_IMAGE_ARCHIVE = 0x20,
	FAT_IMAGE_END = 0x0fffffff, /* the link at the end of a chain, truncated to the width of the
				       FAT */
};

void fat_image_init(struct fat_image *image, const struct fat_image_shape *shape);
void fat_image_free(struct fat_image *image);

/* Sets up @disk over the image and mounts it as @out. */
enum status fat_image_mount(struct fat_image *image, struct memory_disk *disk, u32 block_size,
			    struct arena *arena, struct volume **out);

u32 fat_image_link(const struct fat_image *image, u32 cluster);
void fat_image_set_link(struct fat_image *image, u32 cluster, u32 link); /* in all FATs */
u8 *fat_image_cluster(struct fat_image *image, u32 cluster);

/* Stores these bytes in a chain. Returns its first cluster, or 0 if @size is 0. */
u32 fat_image_store(struct fat_image *image, const void *bytes, size_t size);

/* The next entry of @directory: 32 zeroed bytes. */
u8 *fat_image_entry(struct fat_image *image, struct fat_image_directory *directory);

/* Adds entries for a long name in UTF-8, for the short name that follows. */
void fat_image_long_name(struct fat_image *image, struct fat_image_directory *directory,
			 const char *name, const char *short_name);

/*
 * Adds a file: @short_name has 11 characters as on disk; @long_name may be NULL. Returns its short
 * entry.
 */
u8 *fat_image_file(struct fat_image *image, struct fat_image_directory *directory,
		   const char *long_name, const char *short_name, const void *bytes, size_t size);

/* Adds a directory with "." and "..". */
struct fat_image_directory fat_image_make_directory(struct fat_image *image,
						    struct fat_image_directory *parent,
						    const char *long_name, const char *short_name);
