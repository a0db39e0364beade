// SPDX-License-Identifier: Apache-2.0
/* Multiboot2 boot information. The pointers in the corpus are relative to its address here. */
#include "tests/fuzz/platform.h"

enum { INFORMATION = 0x7000 };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	fuzz_platform(&multiboot2_platform, ENTRY_PROTOCOL_MULTIBOOT2, INFORMATION, data, size);
	return 0;
}
