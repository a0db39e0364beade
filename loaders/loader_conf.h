/* SPDX-License-Identifier: Apache-2.0 */
/* loader/loader.conf, and the VMM's options that override it. */
#pragma once

#include "lib/config.h"
#include "lib/span.h"

enum {
	LOADER_CONF_SIZE_MAX = 64 * 1024, /* of the file; a larger one is ignored with a message */
	LOADER_TIMEOUT_MAX = 3600, /* seconds, the longest timeout that a disk or a guest can set */
};

#define MENU_NEVER 0u
#define MENU_IF_KEY (UINT32_MAX - 1) /* only if a key has been typed already */
#define MENU_FOREVER UINT32_MAX      /* until a key chooses */

struct loader_conf {
	struct span preferred;       /* a pattern for entry names; empty: none */
	struct span default_pattern; /* the same, with lower priority */
	bool is_entry_vmms;          /* @default_pattern is set by the VMM, not by a disk */
	u32 timeout_seconds;         /* for the menu, or one of the above */
	bool is_timeout_vmms;        /* set by the VMM, not by a disk, and so not limited */
	bool is_editor_off;          /* options must not be edited in the menu */
};

/* Parses @text into @conf; fields whose keys are missing are unchanged. */
void loader_conf_parse(struct span text, struct loader_conf *conf);

/* Applies a value of "timeout"; @conf->is_timeout_vmms tells whether it is the VMM's. */
void loader_conf_set_timeout(struct span value, struct loader_conf *conf);

/* "fatwood.entry=", "fatwood.timeout=" and "fatwood.editor=" on the VMM's command line. */
void loader_conf_apply_command_line(struct loader_conf *conf);

/* Only the last of these. */
void loader_conf_apply_editor(struct loader_conf *conf);
