/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replaces services/pool.c by malloc(), so that AddressSanitizer detects each use after free of an
 * event, a handle or a list item. Include it in one file of a program.
 */
#pragma once

#include <stdlib.h>

#include "efi/efi.h"
#include "efi/services/services.h"

static u64 pool_left = UINT64_MAX; /* remaining number of allocations that succeed */
static s64 pool_pieces;            /* not freed yet */
static struct efi_object firmware_image;

void *efi_allocate(size_t size)
{
	if (!pool_left)
		return NULL;
	pool_left -= pool_left != UINT64_MAX;
	pool_pieces++;
	return calloc(1, size);
}

void efi_free(void *memory)
{
	pool_pieces -= memory != NULL;
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
