/* SPDX-License-Identifier: Apache-2.0 */
/*
 * El Torito: the input is the block size, the start of each volume descriptor, and the boot
 * catalog; the rest of the disk is zero.
 */
#include "drivers/partition/partition.h"
#include "tests/host/check_partitions.h"

enum { SECTOR = 2048, SECTORS = 64, DESCRIPTORS = 3, DESCRIPTOR_SIZE = 75, CATALOG = 20 };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void take(u8 *to, size_t to_size, const u8 **data, size_t *size)
{
	size_t part = *size < to_size ? *size : to_size;

	memcpy(to, *data, part);
	*data += part;
	*size -= part;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static u8 bytes[SECTORS * SECTOR];
	struct memory_disk disk;
	u8 shift = 0;

	memset(bytes, 0, sizeof(bytes));
	take(&shift, 1, &data, &size);
	for (u32 i = 0; i < DESCRIPTORS; i++)
		take(bytes + (16 + i) * SECTOR, DESCRIPTOR_SIZE, &data, &size);
	take(bytes + CATALOG * SECTOR, SECTOR, &data, &size);
	take(bytes, sizeof(bytes), &data, &size);
	memory_disk_init(&disk, bytes, sizeof(bytes), 512u << (shift & 3));
	check_partitions(&el_torito_scheme, &disk);
	return 0;
}
