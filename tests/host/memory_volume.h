/* SPDX-License-Identifier: Apache-2.0 */
/* A volume of files in memory, for tests of the code above file systems. */
#pragma once

#include "core/volume.h"

struct memory_file {
	const char *path; /* "loader/entries/a.conf"; the folders come into being by it */
	struct span bytes;
	u64 size; /* said to be, if not 0: for files that are only named, never read whole */
	enum status status; /* what reading it returns, if not OK */
	bool discard; /* reading it succeeds and leaves the buffer alone: for addresses that are not
			 real */
};

struct memory_volume {
	struct volume volume;
	struct block_device device;
	const struct memory_file *files;
	u32 count;
	u32 listed_max; /* listing any directory fails with ERR_CORRUPT past these; 0: never */
	u64 reads;      /* calls, and the last one's arguments */
	u64 last_offset;
	size_t last_size;
	void *last_buffer;
};

/* Both @name and @files stay the caller's. */
void memory_volume_init(struct memory_volume *volume, const char *name,
			const struct memory_file *files, u32 count);
