/* SPDX-License-Identifier: Apache-2.0 */
/* GUIDs as stored on disk (UEFI 2.11 appendix A): the first three fields are little endian. */
#pragma once

#include "lib/types.h"

struct guid {
	u8 bytes[16];
};

/* GUID(0xc12a7328, 0xf81f, 0x11d2, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b) */
#define GUID(a, b, c, ...)                                                                    \
	((struct guid){ { (u8)(a), (u8)((a) >> 8), (u8)((a) >> 16), (u8)((a) >> 24), (u8)(b), \
			  (u8)((b) >> 8), (u8)(c), (u8)((c) >> 8), __VA_ARGS__ } })

bool guid_equals(const struct guid *a, const struct guid *b);
bool guid_is_zero(const struct guid *guid);
