/* SPDX-License-Identifier: Apache-2.0 */
/* lib/decompress.c on any bytes, with a buffer of exactly the size in the header. */
#include <stdlib.h>

#include "lib/decompress.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { SIZE_MAX_KEPT = 1 << 20 };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct decompress_work work;
	struct span source = span_of(data, size);
	u32 original;
	u8 *to;

	if (decompress_size(source, &original) || original > SIZE_MAX_KEPT)
		return 0;
	to = malloc(original);
	(void)!decompress(source, to, &work);
	free(to);
	return 0;
}
