/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A flash with the Intel command set, like QEMU's pflash, but as strict as real flash: programming
 * only changes bits from 1 to 0. Its power can fail between any two bytes.
 */
#pragma once

#include "core/flash.h"

enum { FAKE_FLASH_BASE = 0x30000000 };

struct fake_flash {
	struct flash flash;
	u8 *bytes; /* at flash.base, where the firmware reads them */
	bool read_only;
	bool is_busy;     /* never becomes ready again */
	u64 changes_left; /* bytes that can be programmed or erased before the power fails */
	u64 changes;      /* done so far */

	/* State of the command. */
	u8 command, status;
	u32 expected, count; /* bytes of a buffer */
	u32 start;
	u8 buffer[256];
	bool has_count;
};

/* Makes an erased flash at FAKE_FLASH_BASE, replacing the previous one. */
void fake_flash_init(struct fake_flash *fake, u32 size, u32 block_size, u32 buffer_size);

/* Resets the flash and restores its power. */
void fake_flash_reset(struct fake_flash *fake);
