/* SPDX-License-Identifier: Apache-2.0 */
/* For bugs in the firmware only. No input from a disk, a device or the VMM may lead here. */
#pragma once

#include "core/log.h"
#include "core/power.h"

/*
 * Logs the message, a literal format string and its arguments, then takes the last action
 * (power.h).
 */
#define panic(...)                                                         \
	do {                                                               \
		panic_begin();                                             \
		log_error("firmware bug, please report it: " __VA_ARGS__); \
		power_crashed();                                           \
	} while (0)

/* Also called after a processor fault. If that fails in turn, the machine is halted. */
void panic_begin(void);

#define assert(condition)                                   \
	do {                                                \
		if (!(condition))                           \
			panic("%s:%d", __FILE__, __LINE__); \
	} while (0)
