/* SPDX-License-Identifier: Apache-2.0 */
/* The memory ledger in the format for Linux on x86. */
#pragma once

#include "loaders/boot_params.h"

/*
 * Returns the entry at @cursor (initially 0) and advances the cursor; false at the end. Adjacent
 * ranges of the same kind are one entry, so allocations in RAM change neither the entries nor their
 * number.
 */
bool e820_next(u32 *cursor, struct e820_entry *out);
