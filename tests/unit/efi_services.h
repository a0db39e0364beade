/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the tests of boot services. */
#pragma once

#include "tests/unit/test.h"

#include "efi/efi.h"
#include "efi/services/services.h"
#include "lib/util.h"
#include "tests/host/efi_pool.h"
#include "tests/host/host.h"

/* Like CHECK_EQUAL(), but prints statuses in hexadecimal. */
#define CHECK_STATUS(actual, expected)                                                    \
	do {                                                                              \
		EFI_STATUS check_s = (actual), check_x = (expected);                      \
		test_checks++;                                                            \
		if (check_s != check_x) {                                                 \
			test_failures++;                                                  \
			printf("%s:%d: %s is %#" PRIx64 ", not %#" PRIx64 "\n", __FILE__, \
			       __LINE__, #actual, check_s, check_x);                      \
		}                                                                         \
	} while (0)

/* Converts @milliseconds to SetTimer()'s units of 100 ns. */
#define MS(milliseconds) ((milliseconds) * 10000ull)

/* Advances the clock, which otherwise stands still. */
static inline void pass_ms(u64 milliseconds)
{
	host_ticks += milliseconds * (HOST_TICKS_PER_SECOND / 1000);
}
