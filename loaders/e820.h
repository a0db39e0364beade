/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger of memory in the form that Linux on x86 receives. */
#pragma once

#include "loaders/boot_params.h"

/*
 * The entry that starts at @cursor (0 at first), and the cursor moved past it; false at the end.
 * Neighbours of one kind are one entry, so that neither entries nor their count change with what is
 * allocated in RAM.
 */
bool e820_next(u32 *cursor, struct e820_entry *out);
