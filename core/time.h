/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting: with a limit, for a fixed time, or until something may have happened. */
#pragma once

#include "lib/types.h"

/*
 *	struct deadline deadline = deadline_after(1000);
 *	while (!done())
 *		if (deadline_passed(&deadline))
 *			return ERR_TIMEOUT;
 *
 * The first polls do not read the clock, so a short wait costs nothing, and the clock's rate is
 * only measured during a longer wait.
 */
struct deadline {
	u64 start; /* ticks */
	u32 milliseconds;
	u32 polls;
};

struct deadline deadline_after(u32 milliseconds);

/* The same, but the time starts now, even if the deadline is not polled for a while. */
struct deadline deadline_started(u32 milliseconds);

/* How long it has been polled; 0 in a short wait. */
u64 deadline_waited_ms(const struct deadline *deadline);

/* Also relaxes the processor, so a polling loop needs no other call. */
bool deadline_passed(struct deadline *deadline);

/*
 * Both wait for at least this time, and at most 1 % longer if the clock's rate is known
 * (NEED_CLOCK). delay_us() polls, and works after a fault; sleep_us() yields the host's
 * processor if the wait is a millisecond or more.
 */
void delay_us(u32 microseconds);
void sleep_us(u32 microseconds);

/*
 * Yields the host's processor until something may have happened, for at most @microseconds or 10
 * ms, whichever is less, or not at all. To be called in a loop that reads the clock and polls its
 * devices.
 */
void time_rest(u32 microseconds);
