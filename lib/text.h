/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines, words and numbers out of a span of text that may hold anything. White space is space and
 * tab.
 */
#pragma once

#include "lib/span.h"

/*
 * Takes the next line off @rest (ends: LF, CR LF, end of text; the end is not part of @line). False
 * at the end.
 */
bool text_next_line(struct span *rest, struct span *line);

/* Takes the next run of non-white bytes off @rest. False when only white space is left. */
bool text_next_word(struct span *rest, struct span *word);

/* @text without white space at either end. */
struct span text_trim(struct span text);

/* Of the 26 ASCII letters; any other byte as it is. */
u8 text_to_lower(u8 c);

bool text_equals(struct span text, const char *other);

/* Same, but letters match in either case. */
bool text_equals_ignoring_case(struct span text, const char *other);

/* Below 0, 0, above 0, as strcmp(). */
int text_compare(struct span a, struct span b);

/*
 * The number @text is, decimal or with "0x" hexadecimal, nothing before or after it. False if it is
 * none or does not fit.
 */
bool text_to_u64(struct span text, u64 *out);
