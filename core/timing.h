/* SPDX-License-Identifier: Apache-2.0 */
/* How long the phases of a boot took (BOOT_TIMING; without it, the calls do nothing). */
#pragma once

enum { TIMING_MARKS_MAX = 16 };

/*
 * Records a milestone of the boot. @name is not copied. If the same name is used again (the next
 * volume, the next kernel), it replaces that milestone and all after it. There can be
 * TIMING_MARKS_MAX; more are dropped. timing_print() prints those that it has not printed yet,
 * regardless of the log threshold, if timing_enable() was called ("fatwood.log=timing"). The time
 * for printing is not counted.
 */
void timing_mark(const char *name);
void timing_enable(void);
void timing_print(void);
