/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold whatever the input is; otherwise the fuzzer has found something. */
#pragma once

#define CHECK(condition)                  \
	do {                              \
		if (!(condition))         \
			__builtin_trap(); \
	} while (0)
