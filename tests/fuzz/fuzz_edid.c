/* SPDX-License-Identifier: Apache-2.0 */
/* drivers/display/edid.c on any bytes. */
#include <stdlib.h>

#include "drivers/display/display.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct span edid = edid_check(span_of(data, size));
	struct display_mode mode;

	if (edid.size % 128 || edid.size > size)
		abort();
	if (edid_preferred_mode(edid, &mode) && (mode.width > 4095 || mode.height > 4095))
		abort();
	(void)edid_preferred_mode(span_of(data, size), &mode);
	return 0;
}
