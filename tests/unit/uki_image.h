/* SPDX-License-Identifier: Apache-2.0 */
/* A unified kernel image that contains only the sections that a test adds. */
#pragma once

#include "tests/unit/pe_image.h"

enum { UKI_IMAGE_SIZE = 0x4000, UKI_ADDED_MAX = 10 };

struct uki_image {
	u8 bytes[UKI_IMAGE_SIZE];
	u32 added;
};

static inline void uki_image_begin(struct uki_image *image)
{
	memset(image, 0, sizeof(*image));
	pe_image_make(image->bytes);
}

/* Each section gets its own page in memory and 0x400 bytes in the file. */
static inline void uki_image_add(struct uki_image *image, const char *name, const char *text)
{
	u32 index = image->added++, offset = 0xc00 + 0x400 * index;
	u32 size = (u32)strlen(text);

	memcpy(image->bytes + offset, text, size);
	pe_image_section(image->bytes + PE_TABLE + 40 * (3 + index), name,
			 PE_MEMORY_SIZE + 0x1000 * index, size, offset, 0x400);
	store_le16(image->bytes + PE_P + 6, (u16)(3 + image->added));
	store_le32(image->bytes + PE_P + 80, PE_MEMORY_SIZE + 0x1000 * image->added);
}
