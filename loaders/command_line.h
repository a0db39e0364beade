/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's command line: the entry's options, then the VMM's. */
#pragma once

#include "lib/span.h"

/*
 * Joins the two, with a space between them and a NUL at the end: first the words of @options, then
 * those of @vmm except words that begin with "fatwood.". Words after "--", which are for init, stay
 * after a "--". An open quote in either is closed. Returns the size without the NUL. @buffer has
 * command_line_size_max() bytes.
 */
size_t command_line_join(struct span options, struct span vmm, char *buffer);

/* Room for the result: the sizes of both plus a space, two quotes and the NUL. */
static inline size_t command_line_size_max(struct span options, struct span vmm)
{
	return options.size + vmm.size + 4;
}
