/* SPDX-License-Identifier: Apache-2.0 */
/* drivers/display/terminal.c on any bytes: the cursor and all characters must stay on the page.
 */
#include <stdlib.h>

#include "drivers/display/font.h"
#include "drivers/display/terminal.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct terminal terminal;

	terminal_init(&terminal);
	terminal_write(&terminal, (const char *)data, size);
	if (terminal.row >= TERMINAL_ROWS || terminal.column >= TERMINAL_COLUMNS ||
	    terminal.parameter_count > TERMINAL_PARAMETERS_MAX + 1)
		abort();
	for (u32 row = 0; row < TERMINAL_ROWS; row++) {
		for (u32 column = 0; column < TERMINAL_COLUMNS; column++) {
			if (terminal.cells[row][column].attribute & 0x80)
				abort();
			(void)font_line(terminal.cells[row][column].character, FONT_HEIGHT - 1);
		}
	}
	return 0;
}
