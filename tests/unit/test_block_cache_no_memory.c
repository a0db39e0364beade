/* SPDX-License-Identifier: Apache-2.0 */
/* core/block_cache.c without memory at its first use: slower, but with the same results. */
#include "tests/host/host.h"
#include "tests/unit/test.h"

TEST(one_small_line_must_do)
{
	static u8 bytes[1 << 20];
	struct memory_disk disk;
	u8 got[10000];

	for (u32 i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)(i ^ i >> 8);
	host_allocations_left = 0;
	for (u32 block_size = 512; block_size <= 4096; block_size *= 2) {
		memory_disk_init(&disk, bytes, sizeof(bytes), block_size);
		for (u32 at = 0; at < sizeof(bytes) - sizeof(got); at += 3333) {
			CHECK_EQUAL(block_read_bytes(&disk.device, at, sizeof(got), got), OK);
			CHECK(memcmp(got, bytes + at, sizeof(got)) == 0);
		}
		disk.bad_block = 0;
		CHECK_EQUAL(block_read_bytes(&disk.device, 0, 1, got), ERR_IO);
		CHECK_EQUAL(block_read_bytes(&disk.device, 4096, 1, got), OK);
	}
}
