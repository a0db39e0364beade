/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NOR flash for variables, with the Intel command set of the Common Flash Interface (JEDEC
 * JESD68.01, JEP137). Its content is memory-mapped.
 */
#pragma once

#include "lib/types.h"

struct flash {
	u64 base; /* in the memory map. 0: there is no flash */
	u32 size;
	u32 block_size;  /* bytes that are erased together; a power of two */
	u32 buffer_size; /* bytes that are programmed together, at most; a power of two */
};

/* Set by a driver before UEFI starts. */
extern struct flash variable_flash;
