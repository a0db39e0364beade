/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of one line each, without a newline. Levels above LOG_LEVEL_* are not compiled in; for
 * the others, the threshold decides (LOG_DEFAULT_*, "fatwood.log=" on the VMM's command line).
 * Lines logged before the threshold is known, or before there is a console, are buffered and
 * replayed. Control characters are printed as '?', because names come from disks.
 */
#pragma once

#include "lib/config.h"
#include "lib/span.h"
#include "lib/status.h"

enum log_level { LOG_NONE, LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

#define LOG_AT(level, ...) ((level) <= CONFIG_LOG_LEVEL ? log_write((level), __VA_ARGS__) : (void)0)

#define log_error(...) LOG_AT(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) LOG_AT(LOG_WARNING, __VA_ARGS__)
#define log_info(...) LOG_AT(LOG_INFO, __VA_ARGS__)
#define log_debug(...) LOG_AT(LOG_DEBUG, __VA_ARGS__)

/*
 * Bytes from outside break their format's rules, or ask for what is not built in: log where it is
 * known, and return the status to pass on.
 *	return corrupt("FAT: cluster %u of %u", cluster, count);
 */
#define corrupt(...) LOG_STATUS(ERR_CORRUPT, __VA_ARGS__)
#define unsupported(...) LOG_STATUS(ERR_UNSUPPORTED, __VA_ARGS__)
#define LOG_STATUS(status_value, ...)        \
	({                                   \
		log_warning(__VA_ARGS__);    \
		(enum status)(status_value); \
	})

/*
 * Sets the subject of the following lines ("disk0p1"), which is printed before each of them. NULL:
 * none. Not copied.
 */
void log_set_subject(const char *subject);

void log_set_threshold(enum log_level level);

/* Converts "error", "warning", "info", "debug" or "none" to a level. False for anything else. */
bool log_level_from_name(struct span name, enum log_level *out);

[[gnu::format(printf, 2, 3)]] void log_write(enum log_level level, const char *pattern, ...);

/* Is this level printed? For information that is collected only to be logged. */
bool log_is_wanted(enum log_level level);

/*
 * Called after a fault or panic, which may have interrupted a line, so that later lines are
 * printed.
 */
void log_abandon_line(void);

/*
 * Called when the threshold is known: from now on it decides which lines are printed or, without a
 * console, buffered. Prints the buffered lines if there is a console; so does each later line.
 */
void log_replay(void);
