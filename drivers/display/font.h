/* SPDX-License-Identifier: Apache-2.0 */
/* The font: ASCII, Latin-1, box drawing, blocks, and the arrows required by UEFI. */
#pragma once

#include "lib/types.h"

enum { FONT_WIDTH = 8, FONT_HEIGHT = 16 };

/* Line @line of the glyph, the leftmost pixel in bit 7. */
u8 font_line(u32 character, u32 line);
