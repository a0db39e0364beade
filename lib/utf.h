/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 and UCS-2, the encodings of boot files and of FAT long names. */
#pragma once

#include "lib/span.h"

enum { UNICODE_REPLACEMENT = 0xfffd };

/* Is it a control character, C1 included, which a terminal would interpret? */
static inline bool unicode_is_control(u32 character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

/*
 * Removes and returns one character from the front of @rest, which is not empty. Returns
 * UNICODE_REPLACEMENT for a malformed byte.
 */
u32 utf8_next(struct span *rest);

/*
 * Replaces each control character and each malformed byte by '?', so that terminals do not
 * interpret text from a disk or a guest. Returns the new size, which is not larger.
 */
size_t utf8_make_printable(char *text, size_t size);

/*
 * Writes @count UCS-2 units (UTF-16 surrogate pairs are joined) as UTF-8 and a NUL.
 * Returns the size without the NUL; 0 and an empty text if @size cannot hold all of it.
 */
size_t utf8_from_utf16(char *buffer, size_t size, const u16 *units, size_t count);

/*
 * Writes @utf8 as UTF-16 and a NUL. Returns the number of units needed, without the NUL, even if it
 * exceeds @count_max; the text is then truncated.
 */
size_t utf16_from_utf8(u16 *units, size_t count_max, struct span utf8);

/*
 * Simple upper case mapping in the Basic Multilingual Plane, which FAT and UEFI use to compare
 * names. Without UNICODE_CASE, of a to z only.
 */
u16 ucs2_to_upper(u16 unit);

/* The reverse mapping. If several units have this upper case, returns the usual one. */
u16 ucs2_to_lower(u16 unit);
