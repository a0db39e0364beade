/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replaces services/pool.c by malloc(), so that AddressSanitizer detects each use after free of an
 * event, a handle or a list item. Include it in one file of a program.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "efi/efi.h"
#include "efi/services/services.h"

static u64 pool_left = UINT64_MAX; /* remaining number of allocations that succeed */
static s64 pool_pieces;            /* not freed yet */
static bool pool_keeps;            /* the next piece that is freed, for the next allocation */
static void *pool_kept;
static struct efi_object firmware_image;

void *efi_allocate(size_t size)
{
	if (!pool_left)
		return NULL;
	pool_left -= pool_left != UINT64_MAX;
	pool_pieces++;
	if (pool_kept) {
		void *again = pool_kept;

		pool_kept = NULL;
		return memset(again, 0, size);
	}
	return calloc(1, size);
}

void efi_free(void *memory)
{
	pool_pieces -= memory != NULL;
	if (pool_keeps && memory) {
		pool_keeps = false;
		pool_kept = memory;
		return;
	}
	free(memory);
}

EFI_STATUS EFIAPI efi_allocate_pool(EFI_MEMORY_TYPE type, UINTN size, VOID **buffer)
{
	if (type != EfiBootServicesData)
		abort();
	*buffer = efi_allocate(size);
	return *buffer ? EFI_SUCCESS : EFI_OUT_OF_RESOURCES;
}

EFI_STATUS EFIAPI efi_free_pool(VOID *buffer)
{
	efi_free(buffer);
	return EFI_SUCCESS;
}

EFI_HANDLE efi_firmware_image(void)
{
	return firmware_image.protocols ? &firmware_image : NULL;
}
