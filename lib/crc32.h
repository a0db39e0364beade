/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-32 of IEEE 802.3 as GPT and UEFI use it: reflected, initial value and final xor all ones. */
#pragma once

#include "lib/span.h"

/* @crc is 0 for the first part, then the result for the previous part. */
u32 crc32(u32 crc, struct span part);

/*
 * The same for a part of @size zeroes, in time proportional to log(@size). Most tables end with
 * zeroes.
 */
u32 crc32_zeroes(u32 crc, u64 size);
