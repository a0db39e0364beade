/* SPDX-License-Identifier: Apache-2.0 */
/* loader/loader.conf, and the VMM's words that override it. */
#pragma once

#include "lib/config.h"
#include "lib/span.h"

enum {
	LOADER_CONF_SIZE_MAX = 64 * 1024, /* of the file; a larger one is ignored with a message */
	LOADER_TIMEOUT_MAX = 3600, /* seconds that a disk or a guest can have the menu wait */
};

#define MENU_NEVER 0u
#define MENU_IF_KEY (UINT32_MAX - 1) /* only if a key has been typed already */
#define MENU_FOREVER UINT32_MAX      /* until a key chooses */

struct loader_conf {
	struct span preferred;       /* a pattern of entry names; empty: none */
	struct span default_pattern; /* the same, and second to it */
	u32 timeout_seconds;         /* that the menu waits, or one of the above */
	bool is_timeout_vmms;        /* the VMM says it, not a disk: it has no limit */
	bool is_editor_off;          /* nobody may edit options in the menu */
};

/* Reads @text into @conf; fields whose keys are missing stay unchanged. */
void loader_conf_parse(struct span text, struct loader_conf *conf);

/* What "timeout" says; @conf->is_timeout_vmms says who. */
void loader_conf_set_timeout(struct span value, struct loader_conf *conf);

/* "fatwood.entry=", "fatwood.timeout=" and "fatwood.editor=" on the VMM's command line. */
void loader_conf_apply_command_line(struct loader_conf *conf);

/* The last of them alone. */
void loader_conf_apply_editor(struct loader_conf *conf);
