/* SPDX-License-Identifier: Apache-2.0 */
/* What the clock's calibration can use: the host keeps it for a test to look at. */
#pragma once

#include "lib/types.h"

extern u16 host_pm_port;

void timer_set_pm_port(u16 port);
