/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of loaders/pe.c: a program to modify, and memory to load it into. */
#pragma once

#include "tests/host/host.h"
#include "tests/unit/pe_image.h"
#include "tests/unit/test.h"

static u8 file[PE_FILE_SIZE];
static u8 memory[PE_MEMORY_SIZE + 64];
static struct pe_image image;

static u8 *const p = file + PE_P;

static enum status check_sized(size_t size)
{
	static u8 *copy;
	enum status status;

	free(copy);          /* @image refers to the previous one */
	copy = malloc(size); /* exact size, so that the sanitizer detects overruns */
	if (size)
		memcpy(copy, file, size);
	image = (struct pe_image){ 0 };
	status = pe_check("test", span_of(copy, size), size, &image);
	return status;
}

static enum status check(void)
{
	return check_sized(PE_FILE_SIZE);
}

static enum status place(void)
{
	memset(memory, 0xee, sizeof(memory));
	return pe_place(&image, span_of(file, sizeof(file)), memory, PE_MEMORY_SIZE);
}

static void set_up(void)
{
	pe_image_make(file);
}

static enum status relocate(u64 address)
{
	CHECK_EQUAL(check(), OK);
	CHECK_EQUAL(place(), OK);
	return pe_relocate("test", &image, memory, address);
}

[[maybe_unused]] static bool all_are(const u8 *bytes, u8 value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != value)
			return false;
	return true;
}
