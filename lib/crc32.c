/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRC-32, a byte at a time from a table of 1 KiB: GPT's arrays are 16 KiB and more. The remainder
 * of a byte is the sum (exclusive or) of the remainders of its bits, of which there are eight.
 */
#include "lib/crc32.h"

#define ENTRY(n)                                                       \
	(((n)&0x01 ? 0x77073096u : 0) ^ ((n)&0x02 ? 0xee0e612cu : 0) ^ \
	 ((n)&0x04 ? 0x076dc419u : 0) ^ ((n)&0x08 ? 0x0edb8832u : 0) ^ \
	 ((n)&0x10 ? 0x1db71064u : 0) ^ ((n)&0x20 ? 0x3b6e20c8u : 0) ^ \
	 ((n)&0x40 ? 0x76dc4190u : 0) ^ ((n)&0x80 ? 0xedb88320u : 0))
#define ENTRIES_4(n) ENTRY(n), ENTRY((n) + 1), ENTRY((n) + 2), ENTRY((n) + 3)
#define ENTRIES_16(n) ENTRIES_4(n), ENTRIES_4((n) + 4), ENTRIES_4((n) + 8), ENTRIES_4((n) + 12)
#define ENTRIES_64(n) \
	ENTRIES_16(n), ENTRIES_16((n) + 16), ENTRIES_16((n) + 32), ENTRIES_16((n) + 48)

static const u32 table[256] = { ENTRIES_64(0), ENTRIES_64(64), ENTRIES_64(128), ENTRIES_64(192) };

u32 crc32(u32 crc, struct span part)
{
	crc = ~crc;
	for (size_t i = 0; i < part.size; i++)
		crc = table[(u8)crc ^ part.data[i]] ^ crc >> 8;
	return ~crc;
}

/* Product of two polynomials modulo the CRC's; bit 31 is the coefficient of 1, bit 0 that of x^31. */
static u32 multiply(u32 a, u32 b)
{
	u32 product = 0;

	for (; a; a <<= 1) {
		if (a & 0x80000000)
			product ^= b;
		b = b >> 1 ^ (b & 1 ? 0xedb88320 : 0);
	}
	return product;
}

u32 crc32_zeroes(u32 crc, u64 size)
{
	u32 power = 0x00800000; /* x^8: one byte; squared for each further bit of @size */

	crc = ~crc;
	for (; size; size >>= 1) {
		if (size & 1)
			crc = multiply(crc, power);
		power = multiply(power, power);
	}
	return ~crc;
}
