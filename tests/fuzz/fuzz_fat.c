/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FAT: the first byte of the input chooses the block size and the size of the disk, which may be
 * smaller than the volume; the other bytes are the start of the disk, and the rest is zero. If it
 * mounts, files are listed, opened and read, as in a boot.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/log.h"
#include "fs/fat/fat.h"
#include "tests/host/host.h"
#include "tests/host/volume_walk.h"

enum { DISK_SIZE = 8 << 20, READS_MAX = 200000 };

static u8 bytes[DISK_SIZE];

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u64 entries_left = 300, bytes_left = 1 << 20;
	const u8 choice = size ? data[0] : 0;
	struct memory_disk disk;
	struct arena arena = { 0 };
	struct volume *volume;
	struct file root;

	if (size) {
		data++;
		size--;
	}
	if (size > sizeof(bytes))
		size = sizeof(bytes);
	memcpy(bytes, data, size);
	log_set_threshold(LOG_NONE);
	memory_disk_init(&disk, bytes, sizeof(bytes) >> (choice >> 2 & 7), 512u << (choice & 3));
	if (fat_ops.mount(&disk.device, &arena, &volume) == OK &&
	    volume->ops->root(volume, &root) == OK)
		volume_walk(&root, 3, &entries_left, &bytes_left);
	if (disk.reads > READS_MAX) {
		fprintf(stderr, "%llu reads\n", (unsigned long long)disk.reads);
		abort();
	}
	arena_release(&arena);
	memset(bytes, 0, size);
	return 0;
}
