/* SPDX-License-Identifier: Apache-2.0 */
/* A bzImage that consists of a setup header and a number sequence, for tests to modify. */
#pragma once

#include <string.h>

#include "lib/span.h"
#include "lib/util.h"

enum {
	KERNEL_SETUP_SECTS = 3,
	KERNEL_CODE_OFFSET = (KERNEL_SETUP_SECTS + 1) * 512,
	KERNEL_CODE_SIZE = 0x3000,
	KERNEL_SIZE = KERNEL_CODE_OFFSET + KERNEL_CODE_SIZE,
	KERNEL_INIT_SIZE = 0x10000,
};

/*
 * @image has KERNEL_SIZE bytes. The kernel proper is a sequence of increasing words, so that a
 * displaced copy is detected.
 */
static inline void kernel_image_make(u8 *image)
{
	memset(image, 0, KERNEL_SIZE);
	memset(image, 0xff, 0x1f1); /* must not be copied */
	image[0x1f1] = KERNEL_SETUP_SECTS;
	store_le32(image + 0x1f4, KERNEL_CODE_SIZE / 16);
	store_le16(image + 0x1fa, 0xffff); /* vid_mode */
	store_le16(image + 0x1fe, 0xaa55);
	image[0x200] = 0xeb;
	image[0x201] = 0x26c - 0x202;
	memcpy(image + 0x202, "HdrS", 4);
	store_le16(image + 0x206, 0x20f);
	image[0x211] = 1; /* LOADED_HIGH */
	store_le32(image + 0x214, 0x100000);
	store_le32(image + 0x22c, 0x7fffffff);
	store_le32(image + 0x230, 0x200000);
	image[0x234] = 1;
	image[0x235] = 21;
	store_le16(image + 0x236, 0x3f);
	store_le32(image + 0x238, 2047);
	store_le64(image + 0x258, 0x1000000);
	store_le32(image + 0x260, KERNEL_INIT_SIZE);
	memset(image + 0x26c, 0xee, KERNEL_CODE_OFFSET - 0x26c);
	for (u32 i = 0; i < KERNEL_CODE_SIZE; i += 4)
		store_le32(image + KERNEL_CODE_OFFSET + i, i);
}
