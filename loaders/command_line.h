/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's command line: what the entry says, then what the VMM says. */
#pragma once

#include "lib/span.h"

/*
 * Joins the two, with a space between them and a NUL at the end: first the words of @options, then
 * those of @vmm, without any that begin with "fatwood."; what stands after a word "--", which is
 * for init, stays after one. A quote left open in either is closed. Returns the size without the
 * NUL. @buffer holds command_line_size_max() bytes.
 */
size_t command_line_join(struct span options, struct span vmm, char *buffer);

/* Enough for the result: a space, two quotes and the NUL more than both. */
static inline size_t command_line_size_max(struct span options, struct span vmm)
{
	return options.size + vmm.size + 4;
}
