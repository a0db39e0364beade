/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting with a limit, and how long things took. */
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

void delay_us(u32 microseconds);

enum { TIMING_MARKS_MAX = 16 };

/*
 * Milestones of a boot (BOOT_TIMING; else nothing). @name is not copied. The same name again (the
 * next volume, the next kernel) takes the place of that milestone and all after it. At most
 * TIMING_MARKS_MAX; more are dropped. timing_print() prints those that it has not printed yet,
 * whatever the log threshold, if timing_enable() was called ("fatwood.log=timing"). What printing
 * takes is not counted.
 */
void timing_mark(const char *name);
void timing_enable(void);
void timing_print(void);
