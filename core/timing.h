/* SPDX-License-Identifier: Apache-2.0 */
/* How long the phases of a boot took (BOOT_TIMING; without it, the calls do nothing). */
#pragma once

enum { TIMING_MARKS_MAX = 16 };

/*
 * Milestones of a boot. @name is not copied. The same name again (the next volume, the next kernel)
 * takes the place of that milestone and all after it. At most TIMING_MARKS_MAX; more are dropped.
 * timing_print() prints those that it has not printed yet, whatever the log threshold, if
 * timing_enable() was called ("fatwood.log=timing"). The time for printing is not counted.
 */
void timing_mark(const char *name);
void timing_enable(void);
void timing_print(void);
