/* SPDX-License-Identifier: Apache-2.0 */
/*
 * printf's formatting without its locale, floats and surprises.
 * Conversions: %d %u %x %s; flags '-' or '0'; width; precision for %s, also as '*', where a
 * negative one counts as 0; lengths l ll z. Anything else is printed as it stands, with all that
 * follows.
 */
#pragma once

#include <stdarg.h>

#include "lib/types.h"

/*
 * Writes at most @size - 1 characters and a NUL (nothing at all if @size is 0).
 * Returns the length the whole text would have had.
 */
[[gnu::format(printf, 3, 4)]] size_t format(char *buffer, size_t size, const char *pattern, ...);
[[gnu::format(printf, 3, 0)]] size_t format_list(char *buffer, size_t size, const char *pattern,
						 va_list arguments);
