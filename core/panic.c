/* SPDX-License-Identifier: Apache-2.0 */
/* The end of the line. */
#include "core/panic.h"

#include <stdarg.h>

#include "core/arch.h"
#include "core/power.h"
#include "lib/format.h"

void panic(const char *pattern, ...)
{
	static bool is_panicking;
	char text[160];
	va_list arguments;

	/* What fails on the way out is not tried again. */
	if (is_panicking)
		arch_halt();
	is_panicking = true;
	va_start(arguments, pattern);
	format_list(text, sizeof(text), pattern, arguments);
	va_end(arguments);
	log_error("firmware bug, please report it: %s", text);
	power_last_action();
}
