/* SPDX-License-Identifier: Apache-2.0 */
/* Looking up the name of our own function at an address. */
#include "core/symbols.h"

const char *symbol_find(u64 address, u64 *offset)
{
	u32 low = 0, high = symbol_count;

	/* All symbols before low start at or below the address, all from high on above it. */
	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (symbols[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	*offset = address - symbols[low - 1].address;
	return symbol_names + symbols[low - 1].name;
}
