/* SPDX-License-Identifier: Apache-2.0 */
/* efi/services/pool.c: AllocatePool and FreePool (UEFI 2.11, 7.2). */
#include "core/memory.h"
#include "efi/efi.h"
#include "efi/services/services.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/unit/memory_map.h"
#include "tests/unit/test.h"

enum { PIECES_MAX = 4000 };

/* Needed by services that are not tested here. */
EFI_HANDLE efi_firmware_image(void)
{
	return NULL;
}

static u8 *pieces[PIECES_MAX];

static u8 *allocate_type(u32 type, u64 size)
{
	VOID *buffer = NULL;

	CHECK_EQUAL(efi_allocate_pool((EFI_MEMORY_TYPE)type, size, &buffer), EFI_SUCCESS);
	CHECK_EQUAL((uintptr_t)buffer % 16, 0);
	return buffer;
}

static u8 *allocate(u64 size)
{
	return allocate_type(EfiLoaderData, size);
}

static bool all_are(const u8 *bytes, u8 value, u64 size)
{
	for (u64 i = 0; i < size; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

TEST(parameters_of_allocate_pool)
{
	static const u32 bad[] = { 7, 14, 15, 16, 0x6fffffff };
	static const u32 good[] = { 0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 0x70000000, 0xffffffff };
	u64 free_size = memory_free_size();
	VOID *buffer = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_EQUAL(efi_allocate_pool((EFI_MEMORY_TYPE)bad[i], 8, &buffer),
			    EFI_INVALID_PARAMETER);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		buffer = allocate_type(good[i], 8);
		CHECK_EQUAL((u32)type_at((uintptr_t)buffer), good[i]);
		CHECK_EQUAL(efi_free_pool(buffer), EFI_SUCCESS);
	}
	CHECK_EQUAL(efi_allocate_pool(EfiLoaderData, 8, NULL), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(efi_allocate_pool(EfiLoaderData, HOST_MEMORY_SIZE, &buffer),
		    EFI_OUT_OF_RESOURCES);
	CHECK(!buffer);
	CHECK_EQUAL(efi_allocate_pool(EfiLoaderData, UINT64_MAX, &buffer), EFI_OUT_OF_RESOURCES);
	CHECK_EQUAL(efi_allocate_pool(EfiLoaderData, UINT64_MAX - 4095, &buffer),
		    EFI_OUT_OF_RESOURCES);
	buffer = allocate(0);
	CHECK(buffer);
	CHECK_EQUAL(efi_free_pool(buffer), EFI_SUCCESS);
	CHECK_EQUAL(memory_free_size(), free_size);
}

/* Each size up to some pages, all at once: no two allocations overlap. */
TEST(pieces_of_all_sizes)
{
	u64 free_size = memory_free_size();

	for (u32 i = 0; i < PIECES_MAX; i++) {
		u64 size = i < 2100 ? i : i * 37 % 34000;

		pieces[i] = allocate(size);
		memset(pieces[i], (u8)i, size);
	}
	for (u32 i = 0; i < PIECES_MAX; i++) {
		u64 size = i < 2100 ? i : i * 37 % 34000;

		CHECK(all_are(pieces[i], (u8)i, size));
	}
	for (u32 i = 0; i < PIECES_MAX; i++)
		CHECK_EQUAL(efi_free_pool(pieces[i * 7 % PIECES_MAX]), EFI_SUCCESS);
	CHECK_EQUAL(memory_free_size(), free_size);
}

TEST(each_type_has_memory_of_its_own)
{
	u64 free_size = memory_free_size();

	for (u32 i = 0; i < 600; i++) {
		pieces[i] = allocate_type(1 + i % 6, 200);
		CHECK_EQUAL(type_at((uintptr_t)pieces[i]), 1 + i % 6);
	}
	for (u32 i = 0; i < 600; i++)
		CHECK_EQUAL(efi_free_pool(pieces[i]), EFI_SUCCESS);
	CHECK_EQUAL(memory_free_size(), free_size);
}

TEST(invalid_pointers_are_refused)
{
	u8 *small = allocate(100), *page = allocate(3000), *run = allocate(20000);
	u8 *large = allocate(100000), *other = allocate(100);
	u64 chunk = align_down((uintptr_t)small, 0x10000);
	u64 pages = 0;

	CHECK_EQUAL(efi_free_pool(NULL), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(efi_free_pool(small + 1), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(efi_free_pool(small + 16), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(efi_free_pool(small + 1024), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(efi_free_pool(page + 16), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(efi_free_pool(run + 16), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(efi_free_pool(run + 4096), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(efi_free_pool(large + 4096), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(efi_free_pool(large + 16), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(efi_free_pool((void *)(uintptr_t)HOST_MEMORY_BASE), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(efi_free_pool((void *)UINTPTR_MAX), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(efi_free_pool(pieces), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(efi_allocate_pages(AllocateAnyPages, EfiLoaderData, 1, &pages), EFI_SUCCESS);
	CHECK_EQUAL(efi_free_pool((void *)pages), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(efi_free_pages(pages, 1), EFI_SUCCESS);
	/* The header of the chunk looks like pieces. */
	for (u64 address = chunk; address < chunk + 0x10000; address += 16)
		if (address != (uintptr_t)small && address != (uintptr_t)page &&
		    address != (uintptr_t)run && address != (uintptr_t)other)
			CHECK_EQUAL(efi_free_pool((void *)address), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(efi_free_pool(small), EFI_SUCCESS);
	CHECK_EQUAL(efi_free_pool(small), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(efi_free_pool(page), EFI_SUCCESS);
	CHECK_EQUAL(efi_free_pool(page), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(efi_free_pool(run), EFI_SUCCESS);
	CHECK_EQUAL(efi_free_pool(run), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(efi_free_pool(large), EFI_SUCCESS);
	CHECK_EQUAL(efi_free_pool(large), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(efi_free_pool(other), EFI_SUCCESS);
	CHECK_EQUAL(efi_free_pool(other), EFI_INVALID_PARAMETER);
}

TEST(out_of_memory_at_any_allocation)
{
	static const u64 sizes[] = { 8, 3000, 100000 };
	u64 free_size = memory_free_size();

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (u32 left = 0; left < 3; left++) {
			VOID *buffer = NULL;
			EFI_STATUS status;

			host_allocations_left = left;
			status = efi_allocate_pool(EfiLoaderData, sizes[i], &buffer);
			CHECK_EQUAL(status, left < (sizes[i] > 32768 ? 2 : 1) ?
						    EFI_OUT_OF_RESOURCES :
						    EFI_SUCCESS);
			if (!status)
				CHECK_EQUAL(efi_free_pool(buffer), EFI_SUCCESS);
			host_allocations_left = UINT64_MAX;
			CHECK_EQUAL(memory_free_size(), free_size);
		}
	}
}

TEST(the_map_changes_only_with_its_pages)
{
	u8 *first = allocate(100), *second;
	u64 key = memory_map_key();
	u32 before, after;

	second = allocate(100);
	CHECK_EQUAL(efi_free_pool(second), EFI_SUCCESS);
	CHECK_EQUAL(memory_map_key(), key);
	memory_map(&before);
	for (u32 i = 0; i < 500; i++)
		CHECK_EQUAL(efi_free_pool(allocate_type(
				    i % 2 ? EfiLoaderData : EfiACPIReclaimMemory, i * 300)),
			    EFI_SUCCESS);
	memory_map(&after);
	CHECK_EQUAL(after, before);
	CHECK(memory_map_key() != key);
	CHECK_EQUAL(efi_free_pool(first), EFI_SUCCESS);
}

/* Few ranges, from the bottom up: memory.c explains why. */
TEST(pieces_are_together_at_the_bottom)
{
	u32 before, after;

	memory_map(&before);
	for (u32 i = 0; i < 1000; i++) {
		pieces[i] = allocate_type(i % 3 ? EfiLoaderData : EfiBootServicesData, 64);
		CHECK((uintptr_t)pieces[i] < HOST_MEMORY_BASE + HOST_IMAGE_SIZE + MIB);
	}
	memory_map(&after);
	CHECK(after - before <= 4);
	for (u32 i = 0; i < 1000; i++)
		CHECK_EQUAL(efi_free_pool(pieces[i]), EFI_SUCCESS);
}

TEST(our_own_memory_is_zeroed)
{
	u8 *piece = efi_allocate(3000), *copy;

	CHECK(all_are(piece, 0, 3000));
	memset(piece, 0xee, 3000);
	efi_free(piece);
	piece = efi_allocate(3000);
	CHECK(all_are(piece, 0, 3000));
	CHECK_EQUAL(type_at((uintptr_t)piece), EfiBootServicesData);
	memset(piece, 0x55, 3000);
	copy = efi_copy(piece, 3000);
	CHECK(copy != piece && all_are(copy, 0x55, 3000));
	efi_free(copy);
	efi_free(piece);
	efi_free(NULL);
	CHECK(!efi_allocate(HOST_MEMORY_SIZE));
	CHECK(!efi_copy(pieces, HOST_MEMORY_SIZE));
}

TEST(room_in_full_slabs_is_used_again)
{
	enum { COUNT = 3600 };
	u64 key;

	for (u32 i = 0; i < COUNT; i++)
		pieces[i] = allocate(32);
	key = memory_map_key();
	for (u32 i = 0; i < COUNT; i += 2)
		CHECK_EQUAL(efi_free_pool(pieces[i]), EFI_SUCCESS);
	for (u32 i = 0; i < COUNT; i += 2)
		pieces[i] = allocate(32);
	CHECK_EQUAL(memory_map_key(), key);
	for (u32 i = 0; i < COUNT; i++)
		CHECK_EQUAL(efi_free_pool(pieces[i]), EFI_SUCCESS);
}
