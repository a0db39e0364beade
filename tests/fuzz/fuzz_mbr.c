/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MBR: the input is the four entries and the signature of each sector; the rest is zero.
 */
#include "drivers/partition/partition.h"
#include "tests/host/check_partitions.h"

enum { SECTORS_MAX = 64 };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static u8 bytes[SECTORS_MAX * 512];
	struct memory_disk disk;

	memset(bytes, 0, sizeof(bytes));
	for (u32 i = 0; i < SECTORS_MAX && size; i++) {
		size_t part = size < 66 ? size : 66;

		memcpy(bytes + i * 512 + 446, data, part);
		data += part;
		size -= part;
	}
	memory_disk_init(&disk, bytes, sizeof(bytes), 512);
	check_partitions(&mbr_scheme, &disk);
	return 0;
}
