/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ending the machine's run. ACPI registers its way when the VMM has described one; the architecture
 * has a last resort.
 */
#pragma once

struct power_ops {
	const char *name;
	/* Each returns only if it did not work. NULL: no such way. */
	void (*off)(void);
	void (*reset)(void);
};

enum { POWER_OPS_MAX = 4 };

/* The one registered last is tried first. At most POWER_OPS_MAX. */
void power_register(const struct power_ops *ops);

[[gnu::noreturn]] void power_off(void);
[[gnu::noreturn]] void power_reset(void);

/* What LAST_ACTION_* says, when there is nothing left to boot. */
[[gnu::noreturn]] void power_last_action(void);
