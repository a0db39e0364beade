/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting: with a limit, for a while, or until something may have happened. */
#pragma once

#include "lib/types.h"

/*
 *	struct deadline deadline = deadline_after(1000);
 *	while (!done())
 *		if (deadline_passed(&deadline))
 *			return ERR_TIMEOUT;
 *
 * The first polls do not read the clock: a short wait costs nothing, and the clock's rate is only
 * measured in a wait that lasts.
 */
struct deadline {
	u64 start; /* ticks */
	u32 milliseconds;
	u32 polls;
};

struct deadline deadline_after(u32 milliseconds);

/* The same, counted from now on even if it is not polled for a while. */
struct deadline deadline_started(u32 milliseconds);

/* For how long it has been polled; 0 in a short wait. */
u64 deadline_waited_ms(const struct deadline *deadline);

/* Also relaxes the processor: the one call in a polling loop. */
bool deadline_passed(struct deadline *deadline);

/*
 * Waits for at least this time, and at most 1 % longer where the clock's rate is known
 * (NEED_CLOCK). The first one polls, and works after a fault; the second one yields the host's
 * processor when it waits for a millisecond or more.
 */
void delay_us(u32 microseconds);
void sleep_us(u32 microseconds);

/*
 * Yields the host's processor until something may have happened, for at most @microseconds and 10
 * ms, or not at all: called in a loop that reads the clock and polls its devices.
 */
void time_rest(u32 microseconds);
