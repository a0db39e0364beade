/* SPDX-License-Identifier: Apache-2.0 */
/* The menu of boot entries on the consoles (BOOT_MENU). */
#pragma once

#include "lib/span.h"

/*
 * Shows @count titles (not 0), @selected marked, and returns the one chosen: by a key, or the
 * marked one when @timeout_seconds (loaders/loader_conf.h, not MENU_NEVER) have passed without one.
 */
u32 menu_choose(const struct span *titles, u32 count, u32 selected, u32 timeout_seconds);
