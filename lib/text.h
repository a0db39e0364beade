/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines, words and numbers out of a span of text that may hold anything. White space is what it is
 * to the kernel: space and the control characters from tab to carriage return.
 */
#pragma once

#include "lib/span.h"

/*
 * Removes the next line from the front of @rest (ends: LF, CR LF, CR, end of text; the end is not
 * part of @line). False at the end.
 */
bool text_next_line(struct span *rest, struct span *line);

/*
 * Removes the next word from the front of @rest, as the kernel splits its command line: a double
 * quote hides white space up to the next one, or to the end. The quotes stay in @word. False when
 * only white space is left.
 */
bool text_next_word(struct span *rest, struct span *word);

/* @text without the double quotes around it; unchanged if there are others in between. */
struct span text_unquote(struct span text);

/*
 * Removes lines from the front of @rest, up to the first that has a key and a value after it, as in
 * configuration files. Lines whose first character is '#' are comments. @value is without white
 * space at either end, but with its quotes. False at the end.
 */
bool text_next_setting(struct span *rest, struct span *key, struct span *value);

/* The text of a file: up to its first NUL, without a byte order mark. */
struct span text_of_file(struct span bytes);

/* @text without white space at either end. */
struct span text_trim(struct span text);

/* For the 26 ASCII letters; any other byte is returned unchanged. */
u8 text_to_lower(u8 c);

/* The value of a hexadecimal digit in either case; UINT8_MAX: not a digit. */
u8 text_digit(u8 c);

/* Of a variable's name: an ASCII letter, a digit or '_'. */
bool text_is_name(u8 c);

bool text_equals(struct span text, const char *other);

/* Same, but letters match in either case. */
bool text_equals_ignoring_case(struct span text, const char *other);

/* Below 0, 0, above 0, as strcmp(). */
int text_compare(struct span a, struct span b);

/*
 * The number in @text, decimal or, with "0x", hexadecimal, with nothing before or after it. False
 * if it is not a number or does not fit.
 */
bool text_to_u64(struct span text, u64 *out);
