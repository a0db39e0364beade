/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-32 of IEEE 802.3 as GPT and UEFI use it: reflected, initial value and final xor all ones. */
#pragma once

#include "lib/span.h"

/* @crc is 0 for the first part, then what the part before returned. */
u32 crc32(u32 crc, struct span part);

/*
 * The same for a part of @size zeroes, in time of the logarithm of @size: what is at the end of
 * most tables.
 */
u32 crc32_zeroes(u32 crc, u64 size);
