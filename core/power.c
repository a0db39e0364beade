/* SPDX-License-Identifier: Apache-2.0 */
/* Power off, reset, halt: as described by the VMM, otherwise with the architecture's fallback. */
#include "core/power.h"

#include "core/arch.h"
#include "core/console.h"
#include "core/log.h"
#include "core/time.h"
#include "lib/text.h"
#include "lib/util.h"

enum { VMM_WAIT_US = 100 * 1000 }; /* it may take a moment to act */

static struct register_write writes[POWER_ACTIONS];

enum last_action { LAST_HALT, LAST_RESET, LAST_POWER_OFF };

static enum last_action last_action = IS_ENABLED(CONFIG_LAST_ACTION_RESET)     ? LAST_RESET :
				      IS_ENABLED(CONFIG_LAST_ACTION_POWER_OFF) ? LAST_POWER_OFF :
										 LAST_HALT;

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

bool power_set_last_action(struct span word)
{
	static const char *const words[] = {
		[LAST_HALT] = "halt",
		[LAST_RESET] = "reset",
		[LAST_POWER_OFF] = "poweroff",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (text_equals(word, words[i])) {
			last_action = (enum last_action)i;
			return true;
		}
	}
	return false;
}

static void say_all(void)
{
	log_replay(); /* even if the boot ended early */
	console_flush();
}

void power_last_action(void)
{
	say_all();
	if (last_action == LAST_RESET)
		power_reset();
	if (last_action == LAST_POWER_OFF)
		power_off();
	arch_halt();
}

void power_crashed(void)
{
	if (IS_ENABLED(CONFIG_PVPANIC)) {
		say_all();
		try_described(POWER_CRASHED);
	}
	power_last_action();
}
