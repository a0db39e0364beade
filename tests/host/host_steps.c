/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts the work of the firmware's own code, which calls this at each branch. libFuzzer has its
 * own counter.
 */
#include "tests/host/host.h"

u64 host_steps;

[[gnu::weak]] void __sanitizer_cov_trace_pc(void);

void __sanitizer_cov_trace_pc(void)
{
	host_steps++;
}
