/* SPDX-License-Identifier: Apache-2.0 */
/* Shell patterns as loader.conf uses them (fnmatch: * ? [set] [!set] [a-z] and backslash). */
#pragma once

#include "lib/span.h"

enum {
	GLOB_SIZE_MAX = 1024,    /* bytes of a pattern */
	GLOB_ELEMENTS_MAX = 255, /* that take one byte each: no file name has more bytes */
	GLOB_WORDS = 4,
};

/* A pattern ready to be matched: 8 KiB, so not for the stack. */
struct glob {
	u64 accepts[256][GLOB_WORDS]; /* by byte: the elements that take it, a bit each */
	u64 stars[GLOB_WORDS];        /* the elements that a '*' stands before */
	u32 count;
};

/* False if @pattern is larger than the limits above. */
bool glob_compile(struct span pattern, struct glob *out);

/*
 * Does all of @text match, ASCII letters in either case? Each byte of it is looked at once,
 * whatever the pattern is.
 */
bool glob_matches(const struct glob *glob, struct span text);
