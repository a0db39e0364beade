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
 * The first polls ask no clock: a wait that is short costs nothing, and the clock's rate is only
 * measured once somebody really waits.
 */
struct deadline {
	u64 start; /* ticks */
	u32 milliseconds;
	u32 polls;
};

struct deadline deadline_after(u32 milliseconds);

/* The same, counted from now on even if nobody looks at it before. */
struct deadline deadline_started(u32 milliseconds);

/* How long it has been looked at in vain; 0 for a short while. */
u64 deadline_waited_ms(const struct deadline *deadline);

/* Also relaxes the processor: the one call in a polling loop. */
bool deadline_passed(struct deadline *deadline);

/*
 * At least so long, and at most 1 % longer where the clock's rate is known (NEED_CLOCK). The first
 * polls, also after a fault; the second lets the host's processor go, for a millisecond and more.
 */
void delay_us(u32 microseconds);
void sleep_us(u32 microseconds);

/*
 * Lets the host's processor go until something may have happened, for at most @microseconds and
 * 10 ms, or not at all: called in a loop that looks at the clock and polls its devices.
 */
void time_rest(u32 microseconds);
