/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A flash with the Intel command set, as QEMU's pflash shows it, but as strict as a real one: bits
 * are programmed from 1 to 0 only. Its power can end between any two bytes.
 */
#pragma once

#include "core/flash.h"

enum { FAKE_FLASH_BASE = 0x30000000 };

struct fake_flash {
	struct flash flash;
	u8 *bytes; /* at flash.base, where firmware reads them */
	bool read_only;
	bool is_busy;     /* never ready again */
	u64 changes_left; /* bytes that can be programmed or erased before the power ends */
	u64 changes;      /* done so far */

	/* Of the commands. */
	u8 command, status;
	u32 expected, count; /* bytes of a buffer */
	u32 start;
	u8 buffer[256];
	bool has_count;
};

/* At FAKE_FLASH_BASE, erased; it replaces the previous one. */
void fake_flash_init(struct fake_flash *fake, u32 size, u32 block_size, u32 buffer_size);

/* As after a reset: the power is there again. */
void fake_flash_reset(struct fake_flash *fake);
