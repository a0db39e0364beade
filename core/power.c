/* SPDX-License-Identifier: Apache-2.0 */
/* Power off, reset, halt: as the VMM has described it, or else by the architecture's means. */
#include "core/power.h"

#include "core/arch.h"
#include "core/console.h"
#include "core/log.h"
#include "core/time.h"

enum { VMM_WAIT_US = 100 * 1000 }; /* it may take a moment to stop us */

static struct register_write writes[POWER_ACTIONS];

void power_describe(enum power_action action, struct register_write write)
{
	writes[action] = write;
}

struct register_write power_description(enum power_action action)
{
	return writes[action];
}

static void try_described(enum power_action action)
{
	if (writes[action].size && arch_register_write(&writes[action]))
		delay_us(VMM_WAIT_US);
}

void power_off(void)
{
	try_described(POWER_OFF);
	arch_power_off();
	log_error("this machine cannot be powered off: halted");
	arch_halt();
}

void power_reset(void)
{
	try_described(POWER_RESET);
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
