/* SPDX-License-Identifier: Apache-2.0 */
/* The menu of boot entries on the consoles (BOOT_MENU). */
#pragma once

#include "lib/span.h"

struct menu {
	const struct span *titles;
	u32 count;    /* of them, not 0 */
	u32 selected; /* marked at first */
	u32 seconds;  /* before the marked one boots; or as loaders/loader_conf.h, but MENU_NEVER */
	bool may_wait; /* forever: only the owner of the machine can ask for it, not a disk */
	/* The menu's own, 0 at first: */
	u32 top;          /* first title shown */
	u32 typed;        /* number typed so far */
	u32 idle_seconds; /* before the marked one boots after a key */
	u32 used_seconds; /* since the first key, or the start without a countdown */
	bool is_used;
};

/*
 * Shows the titles and returns the number of the chosen one: chosen by a key, or because the time
 * is up.
 */
u32 menu_choose(struct menu *menu);

/*
 * Has a key been typed that the menu knows? Anything else is noise on the line. Waits only while a
 * key is arriving.
 */
bool menu_key_is_typed(void);
