/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 and UCS-2, the encodings of boot files and of FAT long names. */
#pragma once

#include "lib/span.h"

enum { UNICODE_REPLACEMENT = 0xfffd };

/*
 * Removes one character from the front of @rest, which is not empty. A malformed byte yields
 * UNICODE_REPLACEMENT.
 */
u32 utf8_next(struct span *rest);

/*
 * Puts a '?' in place of each control character, C1 ones included, and of each malformed byte, so
 * that no terminal obeys what a disk or a guest has written. Returns the size, which is not larger.
 */
size_t utf8_make_printable(char *text, size_t size);

/*
 * Writes @count UCS-2 units (UTF-16 surrogate pairs are joined) as UTF-8 and a NUL.
 * Returns the size without the NUL; 0 and an empty text if @size cannot hold all of it.
 */
size_t utf8_from_utf16(char *buffer, size_t size, const u16 *units, size_t count);

/*
 * Writes @utf8 as UTF-16 and a NUL. Returns the units that all of it takes, without the NUL, even
 * if @count_max cannot hold them; what does not fit is left out.
 */
size_t utf16_from_utf8(u16 *units, size_t count_max, struct span utf8);

/*
 * Simple upper case of the Basic Multilingual Plane: what FAT and UEFI compare names by. Without
 * UNICODE_CASE of a to z only.
 */
u16 ucs2_to_upper(u16 unit);

/* The reverse: of the units with this upper case, the usual one. */
u16 ucs2_to_lower(u16 unit);
