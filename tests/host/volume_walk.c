/* SPDX-License-Identifier: Apache-2.0 */
/* For sweeps and fuzzing: the contract of core/volume.h must hold for any disk content. */
#include "tests/host/volume_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util.h"

static void expect(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "volume_walk: %s\n", what);
	abort();
}

static void read_all(struct file file, u64 *bytes_left)
{
	const size_t size = (size_t)min_u64(file.size, *bytes_left);
	u8 *bytes = malloc(size + (size == 0));

	*bytes_left -= size;
	expect(file_read(&file, 0, size, bytes) != ERR_INVALID, "a file is outside of its device");
	if (size > 1) {
		struct file other = file;
		u8 last;

		/* Reads the same byte from a file at its current position and from one that seeks
		 * back.
		 */
		if (!file_read(&file, size - 1, 1, &last)) {
			expect(!file_read(&other, size / 2, 1, bytes), "read once, not twice");
			expect(!file_read(&other, size - 1, 1, bytes) && *bytes == last,
			       "read differently");
		}
	}
	free(bytes);
}

void volume_walk(struct file *directory, u32 depth, u64 *entries_left, u64 *bytes_left)
{
	struct directory_entry *entry = malloc(sizeof(*entry));
	u64 cursor = 0;

	while (*entries_left && directory_next(directory, &cursor, entry) == OK) {
		const struct span name = span_of_string(entry->name);
		struct file found;

		--*entries_left;
		expect(name.size > 0 && name.size < FILE_NAME_SIZE, "a name of impossible size");
		for (size_t i = 0; i < name.size; i++)
			expect(name.data[i] >= ' ' && name.data[i] != '/' && name.data[i] != '\\',
			       "a name that is no name");
		expect(strcmp(entry->name, ".") != 0 && strcmp(entry->name, "..") != 0,
		       "a name for the directory itself or its parent");
		/*
		 * An unpaired surrogate is listed as a replacement character, which is a different
		 * name.
		 */
		if (!strstr(entry->name, "\xef\xbf\xbd"))
			expect(directory->volume->ops->find(directory, name, &found) == OK,
			       "listed, but not found");
		if (!entry->file.is_directory)
			read_all(entry->file, bytes_left);
		else if (depth)
			volume_walk(&entry->file, depth - 1, entries_left, bytes_left);
	}
	free(entry);
}
