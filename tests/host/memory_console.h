/* SPDX-License-Identifier: Apache-2.0 */
/* A console whose screen and keyboard are memory. */
#pragma once

#include "core/console.h"
#include "core/log.h"

struct memory_console {
	struct console console;
	char text[64 * 1024]; /* all that was written, with a NUL; what does not fit is dropped */
	size_t size;
	const char *input; /* what is still to be typed */
	u32 input_delay;   /* reads that find nothing before each byte of it */
	char pause;        /* this byte of it stands for half a second without one */
	u64 pause_start;
	u32 waited;
	u64 reads;
};

/*
 * Registers it, or takes it anew, with nothing written and @input to be typed. To be unregistered
 * by the caller before its memory goes.
 */
void memory_console_init(struct memory_console *console, const char *input);

/* The same, for the log from now on: lines of that level and the more urgent ones. */
void memory_console_log(struct memory_console *console, enum log_level level);

/* Was that written? */
bool memory_console_has(const struct memory_console *console, const char *text);
