/* SPDX-License-Identifier: Apache-2.0 */
/* The names of our own functions, for the fault dump (FAULT_SYMBOLS). */
#pragma once

#include "lib/types.h"

/* One function. The table ascends by address; scripts/symbols.py makes it from the linked image. */
struct symbol {
	u32 address;
	u32 name; /* the offset of its name in symbol_names */
};

extern const struct symbol symbols[];
extern const u32 symbol_count;
extern const char symbol_names[];

/*
 * The name of the function that contains @address, and the offset in it. NULL before the first
 * function; an address after the last function is attributed to it.
 */
const char *symbol_find(u64 address, u64 *offset);
