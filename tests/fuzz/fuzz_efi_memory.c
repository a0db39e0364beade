/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequences of AllocatePages, FreePages, AllocatePool, FreePool and GetMemoryMap against a model:
 * allocations must stay intact and be in memory of their type, and nothing may be left at the end.
 * Each call takes four bytes of the input: operation, type, and two for the size or for what to
 * free.
 */
#include <stdlib.h>

#include "core/memory.h"
#include "efi/efi.h"
#include "efi/services/services.h"
#include "lib/util.h"
#include "tests/host/host.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { PIECES_MAX = 64, STEPS_MAX = 1000, MAP_SIZE = 512 * 48 };

struct piece {
	u64 base, size; /* 0: none */
	u32 type;
	bool is_pages;
	u8 filler;
};

static struct piece pieces[PIECES_MAX];
static const u32 types[] = { 0, 1,  2,  3,          4,      5,       6,          7,
			     9, 10, 14, 0x70000000, 0x6fff, 0x80001, 0x80000001, 2 };

/* Needed by services that are not called here. */
EFI_HANDLE efi_firmware_image(void)
{
	return NULL;
}

static bool is_valid(u32 type)
{
	return type <= 6 || type == 9 || type == 10 || type >= 0x70000000;
}

static const struct memory_range *range_at(u64 address)
{
	u32 count;
	const struct memory_range *map = memory_map(&count);

	for (u32 i = 0; i < count; i++)
		if (address >= map[i].base && address < map[i].end)
			return &map[i];
	return NULL;
}

static void check_type(const struct piece *piece)
{
	const struct memory_range *range = range_at(piece->base);

	if (!range || range->type != piece->type || piece->base + piece->size > range->end)
		abort();
}

static void fill(struct piece *piece)
{
	check_type(piece);
	for (u32 i = 0; i < PIECES_MAX; i++)
		if (&pieces[i] != piece && pieces[i].size &&
		    pieces[i].base < piece->base + piece->size &&
		    piece->base < pieces[i].base + pieces[i].size)
			abort();
	memset((void *)(uintptr_t)piece->base, piece->filler, piece->size);
}

static void check_whole(const struct piece *piece)
{
	const u8 *bytes = (const u8 *)(uintptr_t)piece->base;

	check_type(piece);
	if (bytes[0] != piece->filler || bytes[piece->size / 2] != piece->filler ||
	    bytes[piece->size - 1] != piece->filler)
		abort();
}

static void allocate(struct piece *piece, u32 type, u64 size, bool is_pages)
{
	VOID *buffer = NULL;
	u64 memory = 0;
	EFI_STATUS status;

	if (piece->size)
		return;
	if (is_pages) {
		size = size % 64 * PAGE_SIZE;
		status = efi_allocate_pages(AllocateAnyPages, (EFI_MEMORY_TYPE)type,
					    size / PAGE_SIZE, &memory);
	} else {
		status = efi_allocate_pool((EFI_MEMORY_TYPE)type, size, &buffer);
		memory = (uintptr_t)buffer;
	}
	if (!is_valid(type) || (is_pages && !size)) {
		if (status != EFI_INVALID_PARAMETER)
			abort();
		return;
	}
	/* There is enough memory, but the ledger may be full. */
	if (status == EFI_OUT_OF_RESOURCES)
		return;
	if (status || memory % (is_pages ? PAGE_SIZE : 16))
		abort();
	*piece = (struct piece){ memory, max_u64(size, 1), type, is_pages, (u8)(memory >> 4) };
	fill(piece);
}

static void release(struct piece *piece)
{
	EFI_STATUS status;

	if (!piece->size)
		return;
	check_whole(piece);
	status = piece->is_pages ? efi_free_pages(piece->base, piece->size / PAGE_SIZE) :
				   efi_free_pool((void *)(uintptr_t)piece->base);
	if (status == EFI_OUT_OF_RESOURCES)
		return;
	if (status)
		abort();
	piece->size = 0;
}

/* Frees the first pages of a piece. */
static void release_part(struct piece *piece, u64 pages)
{
	if (!piece->size || !piece->is_pages || pages >= piece->size / PAGE_SIZE)
		return;
	if (efi_free_pages(piece->base, pages) != (pages ? EFI_SUCCESS : EFI_INVALID_PARAMETER))
		return;
	piece->base += pages * PAGE_SIZE;
	piece->size -= pages * PAGE_SIZE;
}

/* Tries to free an address in or near a piece that is neither a piece nor the pool's own memory. */
static void release_wrong(const struct piece *piece, u64 offset)
{
	u64 address = piece->base + offset;
	const struct memory_range *range = range_at(address);

	if (range && range->type == EfiBootServicesData)
		return;
	for (u32 i = 0; i < PIECES_MAX; i++)
		if (pieces[i].size && !pieces[i].is_pages && pieces[i].base == address)
			return;
	if (efi_free_pool((void *)(uintptr_t)address) != EFI_INVALID_PARAMETER)
		abort();
}

static void check_map(void)
{
	static u8 map[MAP_SIZE];
	UINTN size = sizeof(map), key, stride;
	UINT32 version;
	u64 end = 0;

	if (efi_get_memory_map(&size, (EFI_MEMORY_DESCRIPTOR *)map, &key, &stride, &version))
		abort();
	for (UINTN offset = 0; offset < size; offset += stride) {
		EFI_MEMORY_DESCRIPTOR descriptor;

		memcpy(&descriptor, map + offset, sizeof(descriptor));
		if (descriptor.PhysicalStart < end || !descriptor.NumberOfPages)
			abort();
		end = descriptor.PhysicalStart + descriptor.NumberOfPages * PAGE_SIZE;
	}
	if (key != memory_map_key())
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u64 free_size = memory_free_size();
	u32 count_before, count;

	memory_map(&count_before);
	for (u32 step = 0; step < STEPS_MAX && size >= 4; step++, data += 4, size -= 4) {
		struct piece *piece = &pieces[data[1] % PIECES_MAX];
		u64 number = load_le16(data + 2);

		switch (data[0] % 8) {
		case 0:
		case 1:
			allocate(piece, types[data[0] / 8 % ARRAY_SIZE(types)], number, false);
			break;
		case 2:
			allocate(piece, types[data[0] / 8 % ARRAY_SIZE(types)], number % 300,
				 false);
			break;
		case 3:
			allocate(piece, types[data[0] / 8 % ARRAY_SIZE(types)], number, true);
			break;
		case 4:
		case 5:
			release(piece);
			break;
		case 6:
			release_part(piece, number % 8);
			release_wrong(piece, number);
			break;
		default:
			check_map();
		}
	}
	for (u32 i = 0; i < PIECES_MAX; i++)
		release(&pieces[i]);
	memory_map(&count);
	if (memory_free_size() != free_size || count != count_before)
		abort();
	return 0;
}
