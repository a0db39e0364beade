/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compression of UEFI (UEFI 2.11, 19): LZ77 in a window of 8 KiB, the result coded in blocks,
 * each with Huffman codes of its own.
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
	bool has_one_symbol; /* symbols[0], of which no bit is written */
};

/* What a decompression needs beside its buffers. */
struct decompress_work {
	struct decompress_code lengths, characters, positions;
	u8 bits[DECOMPRESS_SYMBOLS_MAX]; /* of each symbol's code; 0: has none */
};

/* The size of the original. ERR_CORRUPT: the header says more than there is. */
enum status decompress_size(struct span source, u32 *size);

/*
 * @to has room for the original. ERR_CORRUPT: the source ends too early, or cannot be the result of
 * compression; what is in @to is then undefined. The work is proportional to the source and the
 * original.
 */
enum status decompress(struct span source, u8 *to, struct decompress_work *work);
