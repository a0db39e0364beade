/* SPDX-License-Identifier: Apache-2.0 */
/* A timer for calibrating the clock, recorded for tests. */
#pragma once

#include "lib/types.h"

extern u16 host_pm_port;

void timer_set_pm_port(u16 port);
