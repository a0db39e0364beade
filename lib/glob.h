/* SPDX-License-Identifier: Apache-2.0 */
/* Shell patterns as loader.conf uses them (fnmatch: * ? [set] [!set] [a-z] and backslash). */
#pragma once

#include "lib/span.h"

/*
 * Does all of @text match @pattern, ASCII letters in either case? Time at most pattern size times
 * text size: no backtracking.
 */
bool glob_matches(struct span pattern, struct span text);
