/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power off and reset through a register that the VMM has described (ACPI's FADT), with a fallback
 * in the architecture. Also how a crash is reported to the VMM (PVPANIC).
 */
#pragma once

#include "lib/span.h"

/* POWER_CRASHED: report a crash to the VMM. */
enum power_action { POWER_OFF, POWER_RESET, POWER_CRASHED, POWER_ACTIONS };

enum register_kind { REGISTER_PORT, REGISTER_MEMORY };

/* A register write as data, because the runtime services need it, too. */
struct register_write {
	u64 address;
	u16 value;
	u8 size; /* 1 or 2 bytes; 0: there is no such register */
	enum register_kind kind;
};

/* Sets the register write for @action, replacing an earlier one. */
void power_describe(enum power_action action, struct register_write write);

/* The write that was set; its size is 0 if there is none. */
struct register_write power_description(enum power_action action);

[[gnu::noreturn]] void power_off(void);
[[gnu::noreturn]] void power_reset(void);

/*
 * Overrides LAST_ACTION_* with "halt", "reset" or "poweroff". False: any other word, which has no
 * effect.
 */
bool power_set_last_action(struct span word);

/* Takes the last action, when there is nothing left to boot. */
[[gnu::noreturn]] void power_last_action(void);

/* The same after a crash, which is reported to the VMM first. */
[[gnu::noreturn]] void power_crashed(void);
