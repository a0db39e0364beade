/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts the work of the firmware's own code, which calls this at each branch. The linker puts it
 * in the place of __sanitizer_cov_trace_pc(), because libFuzzer's only says that it does nothing.
 */
#include "tests/host/host.h"

u64 host_steps;

void __wrap___sanitizer_cov_trace_pc(void);

void __wrap___sanitizer_cov_trace_pc(void)
{
	host_steps++;
}
