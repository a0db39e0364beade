// SPDX-License-Identifier: Apache-2.0
/* PVH start information. The pointers in the corpus are relative to its address here. */
#include "tests/fuzz/platform.h"

enum { INFORMATION = 0x6000 };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	fuzz_platform(&pvh_platform, ENTRY_PROTOCOL_PVH, INFORMATION, data, size);
	return 0;
}
