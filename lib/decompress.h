/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UEFI's compression format (UEFI 2.11, 19): LZ77 with a window of 8 KiB, encoded in blocks that
 * each have their own Huffman codes.
 *
 *	offset	size
 *	0	4	size of what follows the header
 *	4	4	size of the original
 *	8		blocks
 */
#pragma once

#include "lib/span.h"
#include "lib/status.h"

enum {
	DECOMPRESS_HEADER_SIZE = 8,
	DECOMPRESS_BITS_MAX = 16,    /* of a code */
	DECOMPRESS_SYMBOLS_MAX = 510 /* of a set */
};

/* The symbols of a set, the shortest code first. Equally long codes are in the order of symbols. */
struct decompress_code {
	u16 counts[DECOMPRESS_BITS_MAX + 1]; /* of codes with that many bits */
	u16 symbols[DECOMPRESS_SYMBOLS_MAX];
	bool has_one_symbol; /* symbols[0], which is encoded in no bits */
};

/* Working memory for decompress(). */
struct decompress_work {
	struct decompress_code lengths, characters, positions;
	u8 bits[DECOMPRESS_SYMBOLS_MAX]; /* length of each symbol's code; 0: unused */
};

/* The size of the decompressed data. ERR_CORRUPT: the header claims more than there is. */
enum status decompress_size(struct span source, u32 *size);

/*
 * @to has room for the decompressed data. ERR_CORRUPT: the source is truncated or malformed; the
 * content of @to is then undefined. The time is proportional to the sizes of both.
 */
enum status decompress(struct span source, u8 *to, struct decompress_work *work);
