/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRC-32, half a byte at a time. The data is short (crc32_zeroes() handles the empty rest of
 * tables), so a table of 64 bytes is better than one of 1,024.
 */
#include "lib/crc32.h"

static const u32 table[16] = {
	0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
	0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
	0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

u32 crc32(u32 crc, struct span part)
{
	crc = ~crc;
	for (size_t i = 0; i < part.size; i++) {
		crc ^= part.data[i];
		crc = table[crc & 15] ^ crc >> 4;
		crc = table[crc & 15] ^ crc >> 4;
	}
	return ~crc;
}

/* Product of two polynomials modulo the CRC's; bit 31 is the coefficient of 1, bit 0 of x^31. */
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
