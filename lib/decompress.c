/* SPDX-License-Identifier: Apache-2.0 */
/* Decompression (UEFI 2.11, 19.2 and 19.4). */
#include "lib/decompress.h"

#include "lib/string.h"

enum {
	LITERALS = 256,
	MATCH_MIN = 3, /* the length for the first symbol after the literals */

	BLOCK_SIZE_BITS = 16,

	/* Symbol sets, and the width of their symbol counts in bits. */
	CHARACTERS = DECOMPRESS_SYMBOLS_MAX,
	CHARACTERS_BITS = 9,
	LENGTHS = 19,
	LENGTHS_BITS = 5,
	POSITIONS = 14,
	POSITIONS_BITS = 4,

	LENGTHS_GAP_AT = 3, /* of the codes for lengths: here is the number of missing ones */
	LENGTHS_GAP_BITS = 2,
	NO_GAP = 0,

	SHORT_BITS = 3, /* a number of bits, up to 6; from 7 on, one bits are counted */
	SHORT_MAX = 7,
};

/* Bits, the highest of each byte first. */
struct bits {
	struct span rest;
	u32 left; /* of the first byte */
	bool has_ended;
};

static u32 take_bit(struct bits *bits)
{
	if (span_is_empty(bits->rest)) {
		bits->has_ended = true;
		return 0;
	}
	if (bits->left == 0)
		bits->left = 8;
	bits->left--;

	u32 bit = bits->rest.data[0] >> bits->left & 1;

	if (bits->left == 0)
		bits->rest = span_of(bits->rest.data + 1, bits->rest.size - 1);
	return bit;
}

static u32 take(struct bits *bits, u32 count)
{
	u32 value = 0;

	while (count--)
		value = value << 1 | take_bit(bits);
	return value;
}

/*
 * Makes the code from the length of each symbol's code. Every bit sequence must start with a code.
 */
static bool code_make(struct decompress_code *code, const u8 *bits, u32 count)
{
	u16 next[DECOMPRESS_BITS_MAX + 1];
	u32 used = 0;

	memset(code->counts, 0, sizeof(code->counts));
	code->has_one_symbol = false;
	for (u32 i = 0; i < count; i++)
		code->counts[bits[i]]++;
	code->counts[0] = 0;
	next[0] = 0;
	for (u32 i = 1; i <= DECOMPRESS_BITS_MAX; i++) {
		next[i] = (u16)(next[i - 1] + code->counts[i - 1]);
		used += (u32)code->counts[i] << (DECOMPRESS_BITS_MAX - i);
	}
	for (u32 i = 0; i < count; i++)
		if (bits[i])
			code->symbols[next[bits[i]]++] = (u16)i;
	return used == 1u << DECOMPRESS_BITS_MAX;
}

static u32 code_take(const struct decompress_code *code, struct bits *bits)
{
	u32 value = 0, first = 0, index = 0;

	if (code->has_one_symbol)
		return code->symbols[0];
	for (u32 i = 1; i <= DECOMPRESS_BITS_MAX; i++) {
		value = value << 1 | take_bit(bits);
		if (value - first < code->counts[i])
			return code->symbols[index + value - first];
		index += code->counts[i];
		first = (first + code->counts[i]) << 1;
	}
	/* Not reached: the code is complete. */
	bits->has_ended = true;
	return 0;
}

/* The only symbol of a set. */
static bool take_one_symbol(struct decompress_code *code, struct bits *bits, u32 number_bits,
			    u32 symbols)
{
	u32 symbol = take(bits, number_bits);

	code->has_one_symbol = true;
	code->symbols[0] = (u16)symbol;
	return symbol < symbols;
}

/* 19.2.3: reads the length of a code. */
static u32 take_code_bits(struct bits *bits)
{
	u32 count = take(bits, SHORT_BITS);

	if (count == SHORT_MAX)
		while (count <= DECOMPRESS_BITS_MAX && take_bit(bits))
			count++;
	return count;
}

/* Reads the codes for lengths and for positions. */
static bool take_small_code(struct decompress_work *work, struct decompress_code *code,
			    struct bits *bits, u32 number_bits, u32 symbols, u32 gap_at)
{
	u32 number = take(bits, number_bits), i = 0;

	if (number == 0)
		return take_one_symbol(code, bits, number_bits, symbols);
	if (number > symbols)
		return false;
	while (i < number) {
		u32 count = take_code_bits(bits);

		if (count > DECOMPRESS_BITS_MAX)
			return false;
		work->bits[i++] = (u8)count;
		if (i == gap_at)
			for (u32 gap = take(bits, LENGTHS_GAP_BITS); gap && i < number; gap--)
				work->bits[i++] = 0;
	}
	return code_make(code, work->bits, number);
}

/* Reads the code for characters and match lengths, whose lengths are encoded themselves. */
static bool take_characters(struct decompress_work *work, struct bits *bits)
{
	u32 number = take(bits, CHARACTERS_BITS), i = 0;

	if (number == 0)
		return take_one_symbol(&work->characters, bits, CHARACTERS_BITS, CHARACTERS);
	if (number > CHARACTERS)
		return false;
	while (i < number) {
		u32 symbol = code_take(&work->lengths, bits), missing = 0;

		if (symbol == 0)
			missing = 1;
		else if (symbol == 1)
			missing = take(bits, 4) + 3;
		else if (symbol == 2)
			missing = take(bits, 9) + 20;
		else
			work->bits[i++] = (u8)(symbol - 2);
		if (missing > number - i)
			return false;
		memset(work->bits + i, 0, missing);
		i += missing;
	}
	return code_make(&work->characters, work->bits, number);
}

static bool take_codes(struct decompress_work *work, struct bits *bits)
{
	return take_small_code(work, &work->lengths, bits, LENGTHS_BITS, LENGTHS, LENGTHS_GAP_AT) &&
	       take_characters(work, bits) &&
	       take_small_code(work, &work->positions, bits, POSITIONS_BITS, POSITIONS, NO_GAP) &&
	       !bits->has_ended;
}

/* Reads the distance of a match. */
static u32 take_distance(const struct decompress_work *work, struct bits *bits)
{
	u32 position = code_take(&work->positions, bits);

	if (position > 1)
		position = (1u << (position - 1)) + take(bits, position - 1);
	return position + 1;
}

enum status decompress_size(struct span source, u32 *size)
{
	if (source.size < DECOMPRESS_HEADER_SIZE ||
	    load_le32(source.data) > source.size - DECOMPRESS_HEADER_SIZE)
		return ERR_CORRUPT;
	*size = load_le32(source.data + 4);
	return OK;
}

enum status decompress(struct span source, u8 *to, struct decompress_work *work)
{
	struct bits bits = { 0 };
	u32 size, done = 0, block = 0;
	enum status status = decompress_size(source, &size);

	if (status)
		return status;
	bits.rest = span_of(source.data + DECOMPRESS_HEADER_SIZE, load_le32(source.data));
	while (done < size) {
		u32 symbol, length, distance;

		if (block == 0) {
			block = take(&bits, BLOCK_SIZE_BITS);
			if (block == 0 || !take_codes(work, &bits))
				return ERR_CORRUPT;
		}
		block--;
		symbol = code_take(&work->characters, &bits);
		if (symbol < LITERALS) {
			to[done++] = (u8)symbol;
			if (bits.has_ended)
				return ERR_CORRUPT;
			continue;
		}
		length = symbol - LITERALS + MATCH_MIN;
		distance = take_distance(work, &bits);
		if (bits.has_ended || distance > done || length > size - done)
			return ERR_CORRUPT;
		/* The source of a copy may overlap its own output. */
		for (; length; length--, done++)
			to[done] = to[done - distance];
	}
	return OK;
}
