/* SPDX-License-Identifier: Apache-2.0 */
/* fs/names.c: identifying unsupported file systems. */
#include "tests/unit/test.h"

#include "fs/names.h"
#include "lib/span.h"
#include "lib/util.h"
#include "tests/host/host.h"

static u8 bytes[128 * 1024];
static struct memory_disk disk;

static const char *name_with(u32 offset, const char *signature, size_t size, size_t disk_size)
{
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes + offset, signature, size);
	memory_disk_init(&disk, bytes, disk_size, 512);
	block_cache_invalidate(&disk.device);
	return file_system_name(&disk.device);
}

/* Signatures as in Linux's headers and libblkid. */
TEST(signatures_are_recognized)
{
	static const struct {
		u32 offset;
		struct span signature;
		const char *name;
	} cases[] = {
		{ 0, SPAN("XFSB"), "XFS" },
		{ 0, SPAN("LUKS\xba\xbe\0\2"), "encrypted (LUKS)" },
		{ 0x438, SPAN("\x53\xef"), "ext2, ext3 or ext4" },
		{ 0x218, SPAN("LVM2 001"), "an LVM volume" },
		{ 0x8001, SPAN("CD001\1"), "ISO 9660" },
		{ 0x10040, SPAN("_BHRfS_M"), "Btrfs" },
		{ 3, SPAN("NTFS    "), "NTFS" },
		{ 0xff6, SPAN("SWAPSPACE2"), "swap space" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *name = name_with(cases[i].offset, (const char *)cases[i].signature.data,
					     cases[i].signature.size, sizeof(bytes));

		CHECK(name);
		CHECK_TEXT(name ? name : "", cases[i].name);
		CHECK(!name_with(cases[i].offset + 1, (const char *)cases[i].signature.data,
				 cases[i].signature.size, sizeof(bytes)));
	}
}

TEST(unknown_content_has_no_name)
{
	CHECK(!name_with(0, "", 0, sizeof(bytes)));
	CHECK(!name_with(0x438, "\x53\xef", 2, 1024)); /* past the end */
	CHECK_TEXT(name_with(0x438, "\x53\xef", 2, 1536), "ext2, ext3 or ext4");
}

TEST(a_disk_that_cannot_be_read_has_no_name)
{
	name_with(0, "XFSB", 4, sizeof(bytes));
	disk.bad_block = 0;
	block_cache_invalidate(&disk.device);
	CHECK(!file_system_name(&disk.device));
}
