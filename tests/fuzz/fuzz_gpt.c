/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPT: the first byte of the input chooses the block size and whether CRCs are corrected and the
 * header is copied to the end of the disk; the others are the disk's first bytes.
 */
#include "drivers/partition/partition.h"
#include "tests/host/check_partitions.h"
#include "tests/host/gpt_image.h"

enum { DISK_SIZE = 64 * 1024, LARGE_BLOCKS = 1, SEALED = 2, WITH_BACKUP = 4 };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static u8 bytes[DISK_SIZE];
	const u8 mode = size ? data[0] : 0;
	struct memory_disk disk;
	struct gpt_image image = { .bytes = bytes, .size = sizeof(bytes) };

	memset(bytes, 0, sizeof(bytes));
	if (size)
		memcpy(bytes, data + 1, size - 1 < sizeof(bytes) ? size - 1 : sizeof(bytes));
	image.block_size = mode & LARGE_BLOCKS ? 4096 : 512;
	image.last_lba = sizeof(bytes) / image.block_size - 1;
	if (mode & WITH_BACKUP) {
		memcpy(gpt_image_backup(&image), gpt_image_header(&image), 92);
		store_le64(gpt_image_backup(&image) + 24, image.last_lba);
	}
	if (mode & SEALED) {
		gpt_image_seal_header(&image, 1);
		gpt_image_seal_header(&image, image.last_lba);
	}
	memory_disk_init(&disk, bytes, sizeof(bytes), image.block_size);
	check_partitions(&gpt_scheme, &disk);
	return 0;
}
