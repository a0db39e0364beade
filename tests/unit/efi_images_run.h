/* SPDX-License-Identifier: Apache-2.0 */
/* For tests that start programs: one that returns, and a check that nothing is left of any. */
#pragma once

#include "tests/unit/efi_images.h"

static EFI_HANDLE seen_handle;
static u32 starts;

static EFI_STATUS EFIAPI returns(EFI_HANDLE handle, EFI_SYSTEM_TABLE *table)
{
	CHECK(table == efi_system_table);
	CHECK(efi_current_image() == handle);
	seen_handle = handle;
	starts++;
	return EFI_SUCCESS;
}

static EFI_STATUS unload_status;

static EFI_STATUS EFIAPI unload_says(EFI_HANDLE handle)
{
	(void)handle;
	return unload_status;
}

static u64 free_before;
static u32 ranges_before;

/* The firmware's own handle and the lists of its protocols are created once and stay. */
static void set_up(void)
{
	static bool is_warm;
	EFI_HANDLE image;

	program_make(PE_SUBSYSTEM_EFI_APPLICATION, returns);
	if (!is_warm) {
		CHECK_STATUS(load_program(&image), EFI_SUCCESS);
		CHECK_STATUS(efi_start_image(image, NULL, NULL), EFI_SUCCESS);
	}
	is_warm = true;
	starts = 0;
	free_before = memory_free_size();
	memory_map(&ranges_before);
}

/* Checks that nothing is left of any image. */
static void check_clean(void)
{
	u32 ranges;

	memory_map(&ranges);
	CHECK_EQUAL(memory_free_size(), free_before);
	CHECK_EQUAL(ranges, ranges_before);
	CHECK(!efi_current_image());
}
