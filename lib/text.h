/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Extracts lines, words and numbers from arbitrary text. White space is as defined by the Linux
 * kernel: space and the control characters from tab to carriage return.
 */
#pragma once

#include "lib/span.h"

/*
 * Removes the next line from the front of @rest (ends: LF, CR LF, CR, end of text; the end is not
 * part of @line). False at the end.
 */
bool text_next_line(struct span *rest, struct span *line);

/*
 * Removes the next word from the front of @rest, as the kernel splits its command line: white space
 * between double quotes, or after an unmatched one, does not end a word. The quotes stay in @word.
 * False when only white space is left.
 */
bool text_next_word(struct span *rest, struct span *word);

/* @text without its enclosing quotes (" or '); unchanged if there are more of them inside. */
struct span text_unquote(struct span text);

/*
 * Removes lines from the front of @rest up to and including the first that has a key and a value,
 * as in configuration files. Lines whose first character is '#' are comments. @value has no white
 * space at either end, but keeps its quotes. False at the end.
 */
bool text_next_setting(struct span *rest, struct span *key, struct span *value);

/* The text of a file: up to its first NUL, without a byte order mark. */
struct span text_of_file(struct span bytes);

/* @text without white space at either end. */
struct span text_trim(struct span text);

/* ASCII only. */
static inline bool text_is_letter(u8 c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool text_is_digit(u8 c)
{
	return c >= '0' && c <= '9';
}

/* Converts ASCII letters; any other byte is returned unchanged. */
u8 text_to_lower(u8 c);

/* The value of a hexadecimal digit in either case; UINT8_MAX: not a digit. */
u8 text_digit(u8 c);

/* May @c be part of a variable's name: is it an ASCII letter, a digit or '_'? */
bool text_is_name(u8 c);

bool text_equals(struct span text, const char *other);

/* The same, ignoring the case of letters. */
bool text_equals_ignoring_case(struct span text, const char *other);

/* Negative, 0 or positive, like strcmp(). */
int text_compare(struct span a, struct span b);

/*
 * Converts @text, which must be a decimal or, with "0x", hexadecimal number and nothing else. False
 * if it is not a number or does not fit.
 */
bool text_to_u64(struct span text, u64 *out);
