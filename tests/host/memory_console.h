/* SPDX-License-Identifier: Apache-2.0 */
/* A console whose screen and keyboard are memory. */
#pragma once

#include "core/console.h"
#include "core/log.h"

struct memory_console {
	struct console console;
	char text[64 * 1024]; /* everything written, with a NUL; truncated if it does not fit */
	size_t size;
	const char *input; /* remaining input */
	u32 input_delay;   /* reads that return nothing before each byte of input */
	char pause;        /* this input byte means a pause of half a second */
	u64 pause_start;
	u32 waited;
	u64 reads;
};

/*
 * Registers or reinitialises it, with empty output and @input to be typed. The caller must
 * unregister it before its memory goes away.
 */
void memory_console_init(struct memory_console *console, const char *input);

/* The same, and receives log lines of that level and more severe ones from now on. */
void memory_console_log(struct memory_console *console, enum log_level level);

/* Was that written? */
bool memory_console_has(const struct memory_console *console, const char *text);
