/* SPDX-License-Identifier: Apache-2.0 */
/*
 * printf's formatting without locale and floats. Conversions: %d %u %x %s; flags '-' or '0'; width;
 * precision for %s, also as '*', where a negative value means 0; lengths l ll z. Any other
 * conversion, and everything after it, is printed verbatim.
 */
#pragma once

#include <stdarg.h>

#include "lib/types.h"

/*
 * Writes at most @size - 1 characters and a NUL (nothing if @size is 0). Returns the length of the
 * complete text.
 */
[[gnu::format(printf, 3, 4)]] size_t format(char *buffer, size_t size, const char *pattern, ...);
[[gnu::format(printf, 3, 0)]] size_t format_list(char *buffer, size_t size, const char *pattern,
						 va_list arguments);
