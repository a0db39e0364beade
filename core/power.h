/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power off and reset, by a register that the VMM has described (ACPI's FADT); the architecture has
 * a last resort. Also how the VMM learns of a crash (PVPANIC).
 */
#pragma once

#include "lib/span.h"

/* POWER_CRASHED: what tells the VMM of a crash. */
enum power_action { POWER_OFF, POWER_RESET, POWER_CRASHED, POWER_ACTIONS };

enum register_kind { REGISTER_PORT, REGISTER_MEMORY };

/* As data, because the runtime services need it too. */
struct register_write {
	u64 address;
	u16 value;
	u8 size; /* 1 or 2 bytes; 0: there is no such register */
	enum register_kind kind;
};

/* Sets the write that does it, in place of an earlier one. */
void power_describe(enum power_action action, struct register_write write);

/* What was described; of size 0 if nothing was. */
struct register_write power_description(enum power_action action);

[[gnu::noreturn]] void power_off(void);
[[gnu::noreturn]] void power_reset(void);

/*
 * "halt", "reset" or "poweroff" in place of what LAST_ACTION_* says. False: it is another word,
 * which changes nothing.
 */
bool power_set_last_action(struct span word);

/* Takes the last action, when there is nothing left to boot. */
[[gnu::noreturn]] void power_last_action(void);

/* The same after a crash, of which the VMM is told first. */
[[gnu::noreturn]] void power_crashed(void);
