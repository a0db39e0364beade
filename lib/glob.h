/* SPDX-License-Identifier: Apache-2.0 */
/* Shell patterns as used in loader.conf (fnmatch: * ? [set] [!set] [a-z] and backslash). */
#pragma once

#include "lib/span.h"

enum {
	GLOB_SIZE_MAX = 1024,    /* bytes of a pattern */
	GLOB_ELEMENTS_MAX = 255, /* that match one byte each: no file name has more bytes */
	GLOB_WORDS = 4,
};

/* A compiled pattern: 8 KiB, too large for the stack. */
struct glob {
	u64 accepts[256][GLOB_WORDS]; /* for each byte: the elements that match it, one bit each */
	u64 stars[GLOB_WORDS];        /* the elements after a '*' */
	u32 count;
};

/* False if @pattern is larger than the limits above. */
bool glob_compile(struct span pattern, struct glob *out);

/*
 * Does all of @text match, ignoring the case of ASCII letters? Each byte of it is examined once,
 * whatever the pattern.
 */
bool glob_matches(const struct glob *glob, struct span text);
