/* SPDX-License-Identifier: Apache-2.0 */
/* The ways in which a VMM describes the machine, for boot/tables.c. */
#pragma once

#include "core/boot_info.h"

extern const struct platform pvh_platform;
extern const struct platform linux_platform;
extern const struct platform multiboot2_platform;
extern const struct platform rom_platform;
