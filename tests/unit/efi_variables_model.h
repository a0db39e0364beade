/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Variables in an array, the functions of efi/efi.h that read and set them, and a pool based on
 * malloc(). Include it in one file per test.
 */
#pragma once

#include "efi/efi.h"
#include "efi/start.h"
#include "tests/unit/test.h"

enum { VARIABLES = 24, DATA_SIZE = 32 * 1024 };

static struct {
	CHAR16 name[40];
	const EFI_GUID *vendor;
	u32 attributes;
	size_t size; /* 0: no variable */
	u8 data[DATA_SIZE];
} variables[VARIABLES];

static size_t name_size(const CHAR16 *name)
{
	size_t count = 0;

	while (name[count])
		count++;
	return (count + 1) * sizeof(*name);
}

/* VARIABLES: not found. */
static u32 slot_of(const CHAR16 *name)
{
	for (u32 i = 0; i < VARIABLES; i++)
		if (variables[i].size && memcmp(variables[i].name, name, name_size(name)) == 0)
			return i;
	return VARIABLES;
}

enum status efi_start(void)
{
	return OK;
}

EFI_STATUS efi_variable_get(const CHAR16 *name, const EFI_GUID *vendor, u32 *attributes,
			    size_t *size, void *data)
{
	u32 slot = slot_of(name);
	size_t room = *size;

	if (slot == VARIABLES)
		return EFI_NOT_FOUND;
	CHECK(vendor == variables[slot].vendor);
	*size = variables[slot].size;
	if (room < *size)
		return EFI_BUFFER_TOO_SMALL;
	if (attributes)
		*attributes = variables[slot].attributes;
	memcpy(data, variables[slot].data, *size);
	return EFI_SUCCESS;
}

EFI_STATUS efi_variable_set(const CHAR16 *name, const EFI_GUID *vendor, u32 attributes, size_t size,
			    const void *data)
{
	u32 slot = slot_of(name);

	if (size == 0 && slot == VARIABLES)
		return EFI_NOT_FOUND;
	for (u32 i = 0; slot == VARIABLES && i < VARIABLES; i++)
		if (!variables[i].size)
			slot = i;
	CHECK(slot < VARIABLES && size <= DATA_SIZE);
	memcpy(variables[slot].name, name, name_size(name));
	variables[slot].vendor = vendor;
	variables[slot].attributes = attributes;
	variables[slot].size = size;
	if (size)
		memcpy(variables[slot].data, data, size);
	return EFI_SUCCESS;
}

void *efi_variable_load(const CHAR16 *name, const EFI_GUID *vendor, size_t *size)
{
	u32 slot = slot_of(name);
	u8 *copy;

	*size = 0;
	if (slot == VARIABLES)
		return NULL;
	CHECK(vendor == variables[slot].vendor);
	*size = variables[slot].size;
	copy = calloc(1, *size + 2);
	memcpy(copy, variables[slot].data, *size);
	return copy;
}

void *efi_allocate(size_t size)
{
	return calloc(1, size);
}

void efi_free(void *memory)
{
	free(memory);
}
