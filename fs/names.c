/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures of file systems found on boot partitions instead of FAT. Each is within the first 68
 * KiB; those at the start come first, because they are already in the cache.
 */
#include "fs/names.h"

#include "lib/string.h"
#include "lib/util.h"

enum { SIGNATURE_SIZE_MAX = 8 };

static const struct {
	const char *name;
	u32 offset;
	u32 size;
	const char *bytes;
} signatures[] = {
	{ "XFS", 0, 4, "XFSB" },
	{ "encrypted (LUKS)", 0, 6, "LUKS\xba\xbe" },
	{ "SquashFS", 0, 4, "hsqs" },
	{ "NTFS", 3, 8, "NTFS    " },
	{ "exFAT", 3, 8, "EXFAT   " },
	{ "an LVM volume", 536, 8, "LVM2 001" },
	{ "F2FS", 1024, 4, "\x10\x20\xf5\xf2" },
	{ "EROFS", 1024, 4, "\xe2\xe1\xf5\xe0" },
	{ "ext2, ext3 or ext4", 1080, 2, "\x53\xef" },
	{ "swap space", 4086, 8, "SWAPSPAC" },
	{ "ISO 9660", 32769, 5, "CD001" },
	{ "Btrfs", 65600, 8, "_BHRfS_M" },
};

const char *file_system_name(struct block_device *device)
{
	u8 bytes[SIGNATURE_SIZE_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(signatures); i++)
		if (!block_read_bytes(device, signatures[i].offset, signatures[i].size, bytes) &&
		    memcmp(bytes, signatures[i].bytes, signatures[i].size) == 0)
			return signatures[i].name;
	return NULL;
}
