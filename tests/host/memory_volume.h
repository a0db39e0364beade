/* SPDX-License-Identifier: Apache-2.0 */
/* A volume of files in memory, for tests of the code above file systems. */
#pragma once

#include "core/volume.h"

struct memory_file {
	const char *path; /* "loader/entries/a.conf"; creates the folders, too */
	struct span bytes;
	u64 size;           /* reported size, if not 0: for files that are never read completely */
	enum status status; /* the result of reading it, if not OK */
	bool discard; /* reading it succeeds without writing the buffer, for addresses that do not
			 exist */
};

struct memory_volume {
	struct volume volume;
	struct block_device device;
	const struct memory_file *files;
	u32 count;
	u32 listed_max; /* listing any directory fails with ERR_CORRUPT after this many; 0: never */
	u64 reads;      /* number of calls, and the arguments of the last one */
	u64 last_offset;
	size_t last_size;
	void *last_buffer;
};

/* The caller keeps @name and @files. */
void memory_volume_init(struct memory_volume *volume, const char *name,
			const struct memory_file *files, u32 count);
