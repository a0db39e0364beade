/* SPDX-License-Identifier: Apache-2.0 */
/* The menu of boot entries on the consoles (BOOT_MENU). */
#pragma once

#include "core/arena.h"
#include "core/time.h"
#include "loaders/line_editor.h"

enum { MENU_OPTIONS_SIZE_MAX = 16 * 1024 }; /* of edited options, as in a boot entry */

struct menu {
	const struct span *titles;
	u32 count;     /* of them, not 0 */
	u32 selected;  /* marked at first */
	u32 seconds;   /* before the selected one boots; or as in loaders/loader_conf.h, except
			  MENU_NEVER */
	bool may_wait; /* forever: only the owner of the machine can request it, not a disk */
	/*
	 * Reads the options of a choice for editing (BOOT_MENU_EDITOR), as UTF-8 in @arena. NULL:
	 * editing is not allowed.
	 */
	enum status (*read_options)(const struct menu *menu, u32 number, struct arena *arena,
				    struct span *out);
	const void *argument; /* read_options()'s */
	struct arena *arena;  /* of the editor */
	/* The result, besides the number of the chosen one: */
	struct span edited; /* the edited options; no data: they were not edited */
	/* Private to the menu, initially 0: */
	struct line_editor editor;    /* without text: not used yet */
	struct deadline editor_pause; /* Enter is noise until it has passed */
	bool is_editing;
	u32 top;          /* first title shown */
	u32 typed;        /* number typed so far */
	u32 idle_seconds; /* without a key before the selected one boots */
	u32 used_seconds; /* since the first key, or the start without a countdown */
	bool is_used;
};

/*
 * Shows the titles and returns the number of the one chosen by a key or by the timeout.
 */
u32 menu_choose(struct menu *menu);

/*
 * Has a key of the menu been typed? Anything else is treated as noise on the line. Waits only while
 * a key is arriving.
 */
bool menu_key_is_typed(void);
