/* SPDX-License-Identifier: Apache-2.0 */
/* Power off, reset, halt: by whoever knows how, at last by the architecture. */
#include "core/power.h"

#include <stddef.h>

#include "core/arch.h"
#include "core/console.h"
#include "core/log.h"

static const struct power_ops *ways[POWER_OPS_MAX];
static size_t way_count;

void power_register(const struct power_ops *ops)
{
	if (way_count == POWER_OPS_MAX)
		log_warning("%s: more ways to power off than POWER_OPS_MAX", ops->name);
	else
		ways[way_count++] = ops;
}

void power_off(void)
{
	for (size_t i = way_count; i--;) {
		if (ways[i]->off)
			ways[i]->off();
	}
	arch_power_off();
	log_error("this machine cannot be powered off: halted");
	arch_halt();
}

void power_reset(void)
{
	for (size_t i = way_count; i--;) {
		if (ways[i]->reset)
			ways[i]->reset();
	}
	arch_reset();
}

void power_last_action(void)
{
	log_replay(); /* however early it ends */
	console_flush();
	if (IS_ENABLED(CONFIG_LAST_ACTION_RESET))
		power_reset();
	if (IS_ENABLED(CONFIG_LAST_ACTION_POWER_OFF))
		power_off();
	arch_halt();
}
