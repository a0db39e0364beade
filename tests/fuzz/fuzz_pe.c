/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PE32+ program: the input is the file's beginning, patched over one that loads, as many bytes as
 * its last two say. It is placed in exactly the memory that it asks for, up to 1 MiB, and
 * relocated.
 */
#include <stdlib.h>

#include "lib/util.h"
#include "tests/unit/pe_image.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* What pe.h promises of sections. */
static void check(const struct pe_image *image, u64 file_size)
{
	for (u32 i = 0; i < image->section_count; i++) {
		struct pe_section section = pe_section(image, i);

		if (section.memory_size == 0)
			continue;
		if (section.address < image->headers_size || section.address > image->size ||
		    section.memory_size > image->size - section.address ||
		    section.file_size > section.memory_size ||
		    (section.file_size && (u64)section.file_offset + section.file_size > file_size))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	size_t file_size = PE_FILE_SIZE;
	u8 whole[PE_FILE_SIZE];
	struct pe_image image;
	u8 *file, *memory;

	if (size >= 2)
		file_size = min_u64(load_le16(data + size - 2), PE_FILE_SIZE);
	pe_image_make(whole);
	memcpy(whole, data, min_u64(size, PE_FILE_SIZE));
	/* Exactly as many bytes as there are: the sanitizer sees one byte too far. */
	file = malloc(file_size);
	memcpy(file, whole, file_size);
	if (pe_check("fuzz", span_of(file, file_size), file_size, &image) == OK) {
		check(&image, file_size);
		if (image.size <= MIB) {
			memory = malloc(image.size);
			if (pe_place(&image, span_of(file, file_size), memory, image.size) != OK)
				abort();
			if (pe_relocate("fuzz", &image, memory, (uintptr_t)memory) == OK &&
			    image.relocations_stripped)
				abort();
			free(memory);
		}
	}
	free(file);
	return 0;
}
