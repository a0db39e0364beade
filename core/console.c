/* SPDX-License-Identifier: Apache-2.0 */
/* All consoles combined. */
#include "core/console.h"

#include <stddef.h>

static struct console *first;

void console_register(struct console *console)
{
	struct console **end = &first;

	while (*end)
		end = &(*end)->next;
	console->next = NULL;
	*end = console;
}

void console_unregister(struct console *console)
{
	for (struct console **at = &first; *at; at = &(*at)->next) {
		if (*at == console) {
			*at = console->next;
			return;
		}
	}
}

bool console_present(void)
{
	return first;
}

void console_write_raw(const char *bytes, size_t size)
{
	for (struct console *console = first; console; console = console->next)
		console->write(console, bytes, size);
}

void console_write(const char *text, size_t size)
{
	char chunk[256]; /* large, because a console may write a chunk in one VM exit */
	size_t used = 0;

	for (size_t i = 0; i < size; i++) {
		if (used + 2 > sizeof(chunk)) {
			console_write_raw(chunk, used);
			used = 0;
		}
		if (text[i] == '\n')
			chunk[used++] = '\r';
		chunk[used++] = text[i];
	}
	if (used)
		console_write_raw(chunk, used);
}

void console_flush(void)
{
	for (struct console *console = first; console; console = console->next)
		if (console->flush)
			console->flush(console);
}

bool console_has_input(void)
{
	for (struct console *console = first; console; console = console->next)
		if (console->read)
			return true;
	return false;
}

int console_read(void)
{
	for (struct console *console = first; console; console = console->next) {
		int byte = console->read ? console->read(console) : -1;

		if (byte >= 0)
			return byte;
	}
	return -1;
}
