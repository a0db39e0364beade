/* SPDX-License-Identifier: Apache-2.0 */
/* What the places outside of the guest's memory share in which variables are kept. */
#pragma once

#include "efi/spec/tables.h"

/* Of variables that our services offer; a store may hold others. */
enum {
	KEPT_ATTRIBUTES_NEEDED = EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS,
	KEPT_ATTRIBUTES = KEPT_ATTRIBUTES_NEEDED | EFI_VARIABLE_RUNTIME_ACCESS,
};

/* A variable that is to be written: its data are two parts. */
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
