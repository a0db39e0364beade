/* SPDX-License-Identifier: Apache-2.0 */
/* The menu of boot entries on the consoles (BOOT_MENU). */
#pragma once

#include "core/arena.h"
#include "loaders/line_editor.h"

enum { MENU_OPTIONS_SIZE_MAX = 16 * 1024 }; /* of options that are edited: as in a boot entry */

struct menu {
	const struct span *titles;
	u32 count;    /* of them, not 0 */
	u32 selected; /* marked at first */
	u32 seconds;  /* before the marked one boots; or as loaders/loader_conf.h, but MENU_NEVER */
	bool may_wait; /* forever: only the owner of the machine can ask for it, not a disk */
	/*
	 * Reads the options of one to be edited (BOOT_MENU_EDITOR), UTF-8 in @arena. NULL: nobody
	 * may edit any.
	 */
	enum status (*read_options)(const struct menu *menu, u32 number, struct arena *arena,
				    struct span *out);
	const void *argument; /* read_options()'s */
	struct arena *arena;  /* of the editor */
	/* The result, besides the number of the chosen one: */
	struct span edited; /* its options, for this boot; no data: they were not edited */
	/* The menu's own, 0 at first: */
	struct line_editor editor; /* without text: not used yet */
	bool is_editing;
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
