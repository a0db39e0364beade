/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the machine's end: host_run() with these, and what devices are told. */
#pragma once

#include "core/power.h"
#include "tests/host/host.h"

static void run_off(void *context)
{
	(void)context;
	power_off();
}

static void run_reset(void *context)
{
	(void)context;
	power_reset();
}

/* The last write to where record_write() is the handler, and how many there were. */
struct write {
	u64 address;
	u32 size;
	u64 value;
	u32 count;
};

[[maybe_unused]] static void record_write(void *context, u64 address, u32 size, bool write,
					  u64 *value)
{
	struct write *last = context;

	if (write)
		*last = (struct write){ address, size, *value, last->count + 1 };
}
