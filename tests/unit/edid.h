/* SPDX-License-Identifier: Apache-2.0 */
/* EDID for tests. */
#pragma once

#include "lib/span.h"

enum { EDID_BLOCK = 128 };

/* Sets the correct checksum of a block. */
static inline void edid_set_sum(u8 *block)
{
	u8 sum = 0;

	for (u32 i = 0; i < EDID_BLOCK - 1; i++)
		sum = (u8)(sum + block[i]);
	block[EDID_BLOCK - 1] = (u8)-sum;
}

/* Makes one block with that preferred mode. */
static inline void edid_make(u8 *block, u32 width, u32 height)
{
	memset(block, 0, EDID_BLOCK);
	memset(block + 1, 0xff, 6);
	store_le16(block + 54, 10800);
	block[56] = (u8)width;
	block[58] = (u8)(width >> 8 << 4);
	block[59] = (u8)height;
	block[61] = (u8)(height >> 8 << 4);
	edid_set_sum(block);
}
