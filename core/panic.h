/* SPDX-License-Identifier: Apache-2.0 */
/* The end of the line: for our own mistakes only. No input from disk, device or VMM may lead here. */
#pragma once

#include "core/log.h"

/* Logs the message, then takes the last action (power.h). */
[[gnu::noreturn, gnu::format(printf, 1, 2)]] void panic(const char *pattern, ...);

#define assert(condition)                                             \
	do {                                                          \
		if (!(condition))                                     \
			panic("%s:%d: %s", __FILE__, __LINE__, #condition); \
	} while (0)
