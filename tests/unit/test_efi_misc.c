/* SPDX-License-Identifier: Apache-2.0 */
/* efi/services/misc.c: counting, checksums and copies (UEFI 2.11, 7.5). */
#include "tests/unit/efi_services.h"

EFI_SYSTEM_TABLE *efi_system_table;

static u32 high_count = 41;
static bool high_fails;

static EFI_STATUS EFIAPI next_high(UINT32 *high)
{
	*high = ++high_count;
	return high_fails ? EFI_DEVICE_ERROR : EFI_SUCCESS;
}

TEST(counts_only_grow)
{
	static EFI_RUNTIME_SERVICES runtime = { .GetNextHighMonotonicCount = next_high };
	static EFI_SYSTEM_TABLE table = { .RuntimeServices = &runtime };
	u64 count, last = 0;

	efi_system_table = &table;
	CHECK_STATUS(efi_get_next_monotonic_count(NULL), EFI_INVALID_PARAMETER);
	for (u32 i = 0; i < 1000; i++) {
		CHECK_STATUS(efi_get_next_monotonic_count(&count), EFI_SUCCESS);
		CHECK(i == 0 || count == last + 1);
		CHECK_EQUAL(count >> 32, 42);
		last = count;
	}
}

TEST(checksum)
{
	u8 bytes[] = "123456789";
	u32 crc = 0;

	CHECK_STATUS(efi_calculate_crc32(NULL, 9, &crc), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_calculate_crc32(bytes, 0, &crc), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_calculate_crc32(bytes, 9, NULL), EFI_INVALID_PARAMETER);
	CHECK_STATUS(efi_calculate_crc32(bytes, 9, &crc), EFI_SUCCESS);
	CHECK_EQUAL(crc, 0xcbf43926);
}

TEST(copies_overlap_both_ways)
{
	u8 bytes[64], expected[64];

	for (u32 distance = 0; distance < 16; distance++) {
		for (u32 size = 0; size < 40; size++) {
			for (u32 i = 0; i < sizeof(bytes); i++)
				bytes[i] = expected[i] = (u8)i;
			memmove(expected + distance, expected, size);
			efi_copy_mem(bytes + distance, bytes, size);
			CHECK_OF(!memcmp(bytes, expected, sizeof(bytes)), "%u %u", distance, size);
			memmove(expected, expected + distance, size);
			efi_copy_mem(bytes, bytes + distance, size);
			CHECK_OF(!memcmp(bytes, expected, sizeof(bytes)), "%u %u", distance, size);
		}
	}
}

TEST(set_mem)
{
	u8 bytes[10] = { 0 };

	efi_set_mem(bytes + 1, 8, 0xa5);
	CHECK_EQUAL(bytes[0], 0);
	CHECK_EQUAL(bytes[1], 0xa5);
	CHECK_EQUAL(bytes[8], 0xa5);
	CHECK_EQUAL(bytes[9], 0);
	efi_set_mem(NULL, 0, 1);
	efi_copy_mem(NULL, NULL, 0);
}
