/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the variable stores outside the guest's memory. */
#pragma once

#include "efi/spec/tables.h"

/* Limits and attributes of variables that our services expose; a store may have others. */
enum {
	KEPT_ATTRIBUTES_NEEDED = EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS,
	KEPT_ATTRIBUTES = KEPT_ATTRIBUTES_NEEDED | EFI_VARIABLE_RUNTIME_ACCESS,
};

/* A variable to be written, with its data in two parts. */
struct kept_variable {
	const CHAR16 *name;
	u32 name_size; /* bytes, with the NUL */
	const EFI_GUID *vendor;
	u32 attributes;
	const void *first;
	u32 first_size;
	const void *second;
	u32 second_size;
};
