/* SPDX-License-Identifier: Apache-2.0 */
/* loader/loader.conf, and the VMM's words that stand above it. */
#pragma once

#include "lib/span.h"

#define MENU_NEVER 0u
#define MENU_IF_KEY (UINT32_MAX - 1) /* only if a key has been typed already */
#define MENU_FOREVER UINT32_MAX      /* until a key chooses */

struct loader_conf {
	struct span default_pattern; /* of entry names */
	u32 timeout_seconds;         /* that the menu waits, or one of the above */
};

/* What @text says; keys it does not have keep what is in @conf. */
void loader_conf_parse(struct span text, struct loader_conf *conf);

/* "fatwood.entry=" and "fatwood.timeout=" on the VMM's command line. */
void loader_conf_apply_command_line(struct loader_conf *conf);
