/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration in C. A symbol that is off is still compiled, then dropped:
 *
 *	if (IS_ENABLED(CONFIG_X) && ...)		a branch
 *	IF_ENABLED(CONFIG_X, &row,)			a row of a table, or nothing
 *
 * CONFIG_X is defined as 1 when on and undefined when off. So PLACEHOLDER_1 inserts an argument,
 * anything else does not, and the second argument is the result.
 */
#pragma once

#include <generated/autoconf.h>

#define PLACEHOLDER_1 0,
#define SECOND_ARGUMENT(ignored, value, ...) value

#define IS_ENABLED(option) IS_ENABLED_VALUE(option)
#define IS_ENABLED_VALUE(value) IS_ENABLED_ARGUMENT(PLACEHOLDER_##value)
#define IS_ENABLED_ARGUMENT(argument_or_junk) SECOND_ARGUMENT(argument_or_junk 1, 0, 0)

#define IF_ENABLED(option, ...) IF_ENABLED_VALUE(option, __VA_ARGS__)
#define IF_ENABLED_VALUE(value, ...) IF_ENABLED_ARGUMENT(PLACEHOLDER_##value, __VA_ARGS__)
#define IF_ENABLED_ARGUMENT(argument_or_junk, ...) \
	SECOND_ARGUMENT(argument_or_junk KEEP_ROW, DROP_ROW, 0)(__VA_ARGS__)
#define KEEP_ROW(...) __VA_ARGS__
#define DROP_ROW(...)
