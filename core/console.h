/* SPDX-License-Identifier: Apache-2.0 */
/* Consoles: output goes to all of them, input comes from any of them. */
#pragma once

#include "lib/types.h"

struct console {
	const char *name;
	/*
	 * Writes all of @text, or gives up after a bounded wait: a console never blocks the boot.
	 */
	void (*write)(struct console *console, const char *text, size_t size);
	/* The next byte typed, or -1. NULL: a console without input. */
	int (*read)(struct console *console);
	/*
	 * Waits, with a limit, until everything written has been sent. NULL: write() does so
	 * itself.
	 */
	void (*flush)(struct console *console);
	struct console *next; /* console_register()'s */
};

/* The console stays registered until devices_quiesce(), or forever if it needs no memory. */
void console_register(struct console *console);
void console_unregister(struct console *console);

/* Is there a console? */
bool console_present(void);

/* '\n' is sent as "\r\n". */
void console_write(const char *text, size_t size);

/* Writes the bytes unchanged, for callers that manage the cursor themselves. */
void console_write_raw(const char *bytes, size_t size);

/* Does any console have input? */
bool console_has_input(void);

/*
 * Waits until all consoles have sent what was written. To be called before the machine stops or a
 * device is reset.
 */
void console_flush(void);

/* The next byte typed on any console, or -1. Does not wait. */
int console_read(void);
