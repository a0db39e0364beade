/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A screen's terminal: converts bytes as sent to a serial terminal (UTF-8 and the VT100 sequences
 * that the firmware itself uses; ECMA-48) to a page of cells. It does not deal with pixels.
 */
#pragma once

#include "lib/types.h"

enum { TERMINAL_COLUMNS = 80, TERMINAL_ROWS = 25, TERMINAL_PARAMETERS_MAX = 4 };

enum { TERMINAL_NORMAL = 0x07 }; /* light grey on black */

struct terminal_cell {
	u16 character;
	u8 attribute; /* colours as in UEFI: foreground in bits 0 to 3, background in 4 to 6 */
};

struct terminal {
	struct terminal_cell cells[TERMINAL_ROWS][TERMINAL_COLUMNS];
	u32 row, column;
	bool wraps_next; /* a character was written in the last column */
	bool wrap_is_off;
	bool cursor_is_hidden;
	u8 attribute;
	u32 changed_rows; /* one bit each, cleared by the reader */
	bool was_cleared; /* entirely: anything drawn around the cells must be cleared, too */

	u8 state; /* of the current sequence */
	bool is_private;
	u32 parameter_count;
	u32 parameters[TERMINAL_PARAMETERS_MAX]; /* at most 9999 */
	u32 character;                           /* of UTF-8 */
	u32 bytes_left;
};

/* A blank page with the cursor at the top. */
void terminal_init(struct terminal *terminal);

void terminal_write(struct terminal *terminal, const char *bytes, size_t size);
