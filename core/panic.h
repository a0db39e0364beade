/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of the line: for our own mistakes only. No input from disk, device or VMM may lead here.
 */
#pragma once

#include "core/log.h"
#include "core/power.h"

/* Logs the message, a literal pattern and its arguments, then takes the last action (power.h). */
#define panic(...)                                                         \
	do {                                                               \
		panic_begin();                                             \
		log_error("firmware bug, please report it: " __VA_ARGS__); \
		power_last_action();                                       \
	} while (0)

/* A processor fault calls it too. What fails on the way out is not tried again: it halts then. */
void panic_begin(void);

#define assert(condition)                                   \
	do {                                                \
		if (!(condition))                           \
			panic("%s:%d", __FILE__, __LINE__); \
	} while (0)
