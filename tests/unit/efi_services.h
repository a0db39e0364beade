/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of boot services share: memory of the C library in place of the pool, so that the
 * address sanitizer sees each use after free; events and timers begin anew with each test.
 */
#pragma once

#include "tests/unit/test.h"

#include "efi/efi.h"
#include "efi/services/services.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/unit/efi_paths.h"

static u64 pool_left = UINT64_MAX; /* so many more allocations succeed */
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
	CHECK_EQUAL(type, EfiBootServicesData);
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

/* Without bits that a status has and a plain number of a test has not. */
#define CHECK_STATUS(actual, expected)                                                    \
	do {                                                                              \
		EFI_STATUS check_s = (actual), check_x = (expected);                      \
		test_checks++;                                                            \
		if (check_s != check_x) {                                                 \
			test_failures++;                                                  \
			printf("%s:%d: %s is %#" PRIx64 ", not %#" PRIx64 "\n", __FILE__, \
			       __LINE__, #actual, check_s, check_x);                      \
		}                                                                         \
	} while (0)

/* 100 ns units of SetTimer() in @milliseconds. */
#define MS(milliseconds) ((milliseconds) * 10000ull)

/* The clock stands still but for this. */
static inline void pass_ms(u64 milliseconds)
{
	host_ticks += milliseconds * (HOST_TICKS_PER_SECOND / 1000);
}
