/* SPDX-License-Identifier: Apache-2.0 */
/* Checks that must hold for every input; a failure is a finding of the fuzzer. */
#pragma once

#define CHECK(condition)                  \
	do {                              \
		if (!(condition))         \
			__builtin_trap(); \
	} while (0)
