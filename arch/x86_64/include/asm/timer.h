/* SPDX-License-Identifier: Apache-2.0 */
/* A timer for calibrating the clock, if a driver finds one. */
#pragma once

#include "lib/types.h"

/* The port of the ACPI PM timer (FADT), 32 bits wide or 24. */
void timer_set_pm_port(u16 port);
