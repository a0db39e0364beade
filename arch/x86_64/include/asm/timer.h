/* SPDX-License-Identifier: Apache-2.0 */
/* What the clock's calibration can use, if somebody finds it. */
#pragma once

#include "lib/types.h"

/* The port of the ACPI PM timer (FADT), 32 bits wide or 24. */
void timer_set_pm_port(u16 port);
