/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EDID, the description of a monitor (VESA Enhanced EDID Standard, release A revision 2):
 *
 *	offset	size
 *	0	8	00 ff ff ff ff ff ff 00
 *	54	18	detailed timing: the preferred mode
 *	126	1	number of extension blocks
 *	127	1	makes the sum of the block 0
 *
 * and of the detailed timing:
 *
 *	0	2	pixel clock; 0: no timing, but text
 *	2	1	width, the low 8 bits; the upper 4 in the upper half of byte 4
 *	5	1	height, the low 8 bits; the upper 4 in the upper half of byte 7
 */
#include "drivers/display/display.h"
#include "lib/util.h"

enum { BLOCK_SIZE = 128, TIMING = 54, EXTENSIONS = 126 };

struct span edid_check(struct span bytes)
{
	struct span head = span_part(bytes, 0, BLOCK_SIZE);
	u64 size, wanted;

	if (span_is_empty(head) || span_sum(head) ||
	    !span_starts_with(head, SPAN("\x00\xff\xff\xff\xff\xff\xff\x00")))
		return (struct span){ 0 };
	wanted = (1ull + head.data[EXTENSIONS]) * BLOCK_SIZE;
	for (size = BLOCK_SIZE; size < wanted; size += BLOCK_SIZE) {
		struct span block = span_part(bytes, size, BLOCK_SIZE);

		if (span_is_empty(block) || span_sum(block))
			break;
	}
	return span_part(bytes, 0, size);
}

bool edid_preferred_mode(struct span edid, struct display_mode *out)
{
	struct span timing = span_part(edid, TIMING, 18);
	const u8 *t = timing.data;

	if (span_is_empty(timing) || load_le16(t) == 0)
		return false;
	*out = (struct display_mode){
		.width = t[2] | (u32)(t[4] & 0xf0) << 4,
		.height = t[5] | (u32)(t[7] & 0xf0) << 4,
	};
	return out->width && out->height;
}
