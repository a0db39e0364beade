/* SPDX-License-Identifier: Apache-2.0 */
/* A console whose screen and keyboard are memory. */
#include "tests/host/memory_console.h"

#include "lib/util.h"
#include "tests/host/host.h"

#include <string.h>

static void console_append(struct console *console, const char *text, size_t size)
{
	struct memory_console *memory = container_of(console, struct memory_console, console);

	size = (size_t)min_u64(size, sizeof(memory->text) - 1 - memory->size);
	memcpy(memory->text + memory->size, text, size);
	memory->size += size;
	memory->text[memory->size] = '\0';
}

static int console_type(struct console *console)
{
	struct memory_console *memory = container_of(console, struct memory_console, console);

	memory->reads++;
	if (*memory->input && *memory->input == memory->pause) {
		if (!memory->pause_start)
			memory->pause_start = host_ticks;
		if (host_ticks - memory->pause_start < HOST_TICKS_PER_SECOND / 2)
			return -1;
		memory->pause_start = 0;
		memory->input++;
		return -1;
	}
	if (!*memory->input || memory->waited++ < memory->input_delay)
		return -1;
	memory->waited = 0;
	return (unsigned char)*memory->input++;
}

bool memory_console_has(const struct memory_console *console, const char *text)
{
	return strstr(console->text, text) != NULL;
}

void memory_console_init(struct memory_console *console, const char *input)
{
	console_unregister(&console->console);
	memset(console, 0, sizeof(*console));
	console->console = (struct console){
		.name = "memory",
		.write = console_append,
		.read = console_type,
	};
	console->input = input;
	console_register(&console->console);
}

void memory_console_log(struct memory_console *console, enum log_level level)
{
	log_set_threshold(level);
	memory_console_init(console, "");
	log_replay(); /* prints lines buffered for the first console */
	memory_console_init(console, "");
}
