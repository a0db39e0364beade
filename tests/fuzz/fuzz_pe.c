/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PE32+ program: the input replaces the start of a valid file, whose size is given by the last
 * two bytes. It is loaded into exactly the memory that it requests, up to 128 KiB, and relocated.
 * All results are compared with those of a reference loader.
 */
#include <stdlib.h>

#include "lib/util.h"
#include "tests/fuzz/check.h"
#include "tests/unit/pe_image.h"
#include "tests/unit/pe_reference.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void place(const struct pe_image *image, const struct pe_reference *r, struct span file)
{
	u8 *memory = malloc(image->size), *expected = malloc(image->size);
	u64 address = (uintptr_t)memory;

	CHECK(pe_place(image, file, memory, image->size) == OK);
	pe_reference_place(r, expected);
	CHECK(memcmp(memory, expected, image->size) == 0);
	CHECK(pe_relocate("fuzz", image, memory, address) ==
	      pe_reference_relocate(r, expected, address));
	CHECK(memcmp(memory, expected, image->size) == 0);
	free(memory);
	free(expected);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	size_t file_size = PE_FILE_SIZE;
	struct pe_reference reference;
	u8 whole[PE_FILE_SIZE];
	struct pe_image image;
	enum status status;
	u8 *file;

	if (size >= 2)
		file_size = min_u64(load_le16(data + size - 2), PE_FILE_SIZE);
	pe_image_make(whole);
	memcpy(whole, data, min_u64(size, PE_FILE_SIZE));
	/* Exact size, so that the sanitizer detects overruns. */
	file = malloc(file_size);
	memcpy(file, whole, file_size);
	reference = pe_reference_read(file, file_size, PE_MACHINE_X86_64);
	status = pe_check("fuzz", span_of(file, file_size), file_size, &image);
	CHECK(reference.faults ? reference.faults >> status & 1 : status == OK);
	if (status == OK && image.size <= 128 * 1024)
		place(&image, &reference, span_of(file, file_size));
	free(file);
	return 0;
}
