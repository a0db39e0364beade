/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of boot services share. */
#pragma once

#include "tests/unit/test.h"

#include "efi/efi.h"
#include "efi/services/services.h"
#include "lib/util.h"
#include "tests/host/efi_pool.h"
#include "tests/host/host.h"

/* As CHECK_EQUAL(); a status is read best as a hexadecimal number. */
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

/* 100 ns units of SetTimer() in @milliseconds. */
#define MS(milliseconds) ((milliseconds) * 10000ull)

/* The clock stands still but for this. */
static inline void pass_ms(u64 milliseconds)
{
	host_ticks += milliseconds * (HOST_TICKS_PER_SECOND / 1000);
}
