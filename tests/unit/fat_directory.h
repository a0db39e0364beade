/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of FAT directories: an image, and functions that list and find names in it. */
#pragma once

#include "fs/fat/fat.h"
#include "tests/host/fat_image.h"
#include "tests/unit/test.h"

static struct memory_disk disk;
static struct arena arena;
static struct fat_image image;

static void start(u32 bits)
{
	fat_image_init(&image,
		       &(struct fat_image_shape){ .entry_bits = bits,
						  .cluster_count = bits == 16 ? 6000 : 3000 });
}

static void end(void)
{
	fat_image_free(&image);
	arena_release(&arena);
}

static struct file root(void)
{
	struct volume *volume;
	struct file file = { 0 };

	CHECK_EQUAL(fat_image_mount(&image, &disk, 512, &arena, &volume), OK);
	CHECK_EQUAL(volume->ops->root(volume, &file), OK);
	CHECK(file.is_directory);
	return file;
}

/*
 * All names, each followed by '|', and a word if the listing ends with an error. Checks that each
 * listed name can be found.
 */
static const char *list(struct file *directory)
{
	static char all[4096];
	struct directory_entry entry;
	u64 cursor = 0;
	enum status status;

	all[0] = '\0';
	while ((status = directory_next(directory, &cursor, &entry)) == OK) {
		struct file found;

		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s|", entry.name,
			 entry.file.is_directory ? "/" : "");
		CHECK_EQUAL(fat_find(directory, span_of_string(entry.name), &found), OK);
		CHECK_EQUAL(fat_file_of(&found)->first_cluster,
			    fat_file_of(&entry.file)->first_cluster);
		CHECK_EQUAL(found.size, entry.file.size);
	}
	if (status != ERR_NOT_FOUND)
		strcat(all, status_name(status));
	return all;
}

[[maybe_unused]] static const char *list_root(void)
{
	struct file directory = root();

	return list(&directory);
}

[[maybe_unused]] static u8 *add(const char *long_name, const char *short_name)
{
	static const u8 byte = 'x';
	u8 *entry = fat_image_file(&image, &image.root_directory, long_name, short_name, &byte, 1);

	return entry;
}

[[maybe_unused]] static enum status find(const char *name)
{
	struct file directory = root(), file;

	return fat_find(&directory, span_of_string(name), &file);
}
