/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines: formatted, sanitized, and buffered until there is a console. */
#include "core/log.h"

#include <stdarg.h>

#include "core/console.h"
#include "lib/format.h"
#include "lib/text.h"
#include "lib/utf.h"
#include "lib/util.h"

enum {
	LINE_SIZE_MAX = 256,
	RING_SIZE = 4096,
	/* Otherwise the level and the consoles are known before the first line. */
	KEEPS_LINES = IS_ENABLED(CONFIG_LOG_OPTION) || IS_ENABLED(CONFIG_CONSOLE_VIRTIO),
};

static const char *const level_names[] = { "none", "error", "warning", "info", "debug" };

static const char *subject;
static bool is_writing; /* a console that logs its own write failure would recurse endlessly */
static enum log_level threshold = CONFIG_LOG_DEFAULT;
/* Before that, it is unknown whether a line will be printed. */
static bool threshold_is_final = !IS_ENABLED(CONFIG_LOG_OPTION);

/* Buffered lines: level, text and a NUL for each. The oldest are dropped first. */
static char ring[RING_SIZE];
static u32 ring_start, ring_used, ring_lost;

static char ring_take(void)
{
	char c = ring[ring_start];

	ring_start = (ring_start + 1) % RING_SIZE;
	ring_used--;
	return c;
}

static void ring_put(char c)
{
	ring[(ring_start + ring_used++) % RING_SIZE] = c;
}

static void ring_keep(enum log_level level, const char *line, size_t size)
{
	while (ring_used + size + 2 > RING_SIZE) {
		while (ring_take())
			;
		ring_lost++;
	}
	ring_put((char)level);
	for (size_t i = 0; i < size; i++)
		ring_put(line[i]);
	ring_put('\0');
}

static void print(char *line, size_t size)
{
	line[size] = '\n';
	console_write(line, size + 1);
}

void log_replay(void)
{
	char line[LINE_SIZE_MAX];

	threshold_is_final = true;
	if (!KEEPS_LINES || !console_present())
		return;
	if (ring_lost) {
		u32 lost = ring_lost;

		ring_lost = 0;
		print(line, format(line, sizeof(line), "(%u earlier lines were lost)", lost));
	}
	while (ring_used) {
		enum log_level level = (enum log_level)ring_take();
		size_t size = 0;

		while ((line[size] = ring_take()))
			size++;
		if (level <= threshold)
			print(line, size);
	}
}

void log_write(enum log_level level, const char *pattern, ...)
{
	char line[LINE_SIZE_MAX];
	const size_t size_max = sizeof(line) - 1; /* room for the newline */
	va_list arguments;
	size_t size = 0;

	if (is_writing || (level > threshold && threshold_is_final))
		return;
	is_writing = true;

	if (level <= LOG_WARNING)
		size = format(line, size_max, "%s: ", level_names[level]);
	if (subject)
		size += format(line + size, size_max - size, "%s: ", subject);
	size = (size_t)min_u64(size, size_max);
	va_start(arguments, pattern);
	size += format_list(line + size, size_max - size, pattern, arguments);
	va_end(arguments);
	if (size >= size_max) {
		size = size_max - 1;
		memcpy(line + size - 3, "...", 3);
	}
	size = utf8_make_printable(line, size);

	if (KEEPS_LINES && (!threshold_is_final || !console_present())) {
		ring_keep(level, line, size);
	} else {
		log_replay();
		print(line, size);
	}
	is_writing = false;
}

bool log_is_wanted(enum log_level level)
{
	return level <= threshold;
}

void log_abandon_line(void)
{
	is_writing = false;
}

void log_set_subject(const char *new_subject)
{
	subject = new_subject;
}

void log_set_threshold(enum log_level level)
{
	threshold = level;
	threshold_is_final = true;
}

bool log_level_from_name(struct span name, enum log_level *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(level_names); i++) {
		if (text_equals(name, level_names[i])) {
			*out = (enum log_level)i;
			return true;
		}
	}
	return false;
}
