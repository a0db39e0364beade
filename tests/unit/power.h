/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of power off and reset: used with host_run(); records what devices are told. */
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

/* The last write handled by record_write(), and the number of writes. */
struct write {
	u64 address;
	u32 size;
	u64 value;
	u32 count;
};

/* Of all tests, because a handler outlives the one that adds it. */
[[maybe_unused]] static struct write last_write;

[[maybe_unused]] static void record_write(void *context, u64 address, u32 size, bool write,
					  u64 *value)
{
	(void)context;
	if (write)
		last_write = (struct write){ address, size, *value, last_write.count + 1 };
}
