/* SPDX-License-Identifier: Apache-2.0 */
/* Handling of our own bugs. */
#include "core/panic.h"

#include "core/arch.h"

void panic_begin(void)
{
	static bool is_panicking;

	if (is_panicking)
		arch_halt();
	is_panicking = true;
	log_abandon_line();
}
