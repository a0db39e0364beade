/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4). Functions are named as in 4.1.2 and variables as in 6.2.2. */
#include "lib/sha256.h"

#include "lib/util.h"

enum { ROUNDS = 64, LENGTH_SIZE = 8 };

/* 4.2.2 */
static const u32 k[ROUNDS] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

/* 5.3.3 */
static const u32 initial[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static u32 rotr(u32 x, u32 n)
{
	return x >> n | x << (32 - n);
}

/* One word of the message schedule from the 16 before it, in a ring of them. */
static u32 schedule(u32 w[16], u32 t)
{
	const u32 w2 = w[(t - 2) % 16], w15 = w[(t - 15) % 16];
	const u32 sigma0 = rotr(w15, 7) ^ rotr(w15, 18) ^ w15 >> 3;
	const u32 sigma1 = rotr(w2, 17) ^ rotr(w2, 19) ^ w2 >> 10;

	return w[t % 16] += sigma1 + w[(t - 7) % 16] + sigma0;
}

static void process(struct sha256 *hash)
{
	u32 w[16], v[8]; /* a to h */

	memcpy(v, hash->state, sizeof(v));
	for (u32 t = 0; t < ROUNDS; t++) {
		const u32 a = v[0], b = v[1], c = v[2], e = v[4], f = v[5], g = v[6];
		const u32 sum0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22);
		const u32 sum1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25);
		const u32 ch = (e & f) ^ (~e & g), maj = (a & b) ^ (a & c) ^ (b & c);
		const u32 word = t < 16 ? (w[t] = load_be32(hash->block + 4 * t)) : schedule(w, t);
		const u32 t1 = v[7] + sum1 + ch + k[t] + word;

		memmove(v + 1, v, 7 * sizeof(*v));
		v[4] += t1;
		v[0] = t1 + sum0 + maj;
	}
	for (u32 i = 0; i < 8; i++)
		hash->state[i] += v[i];
}

void sha256_init(struct sha256 *hash)
{
	memcpy(hash->state, initial, sizeof(initial));
	hash->size = 0;
}

void sha256_add(struct sha256 *hash, struct span part)
{
	while (part.size) {
		const size_t used = hash->size % SHA256_BLOCK_SIZE;
		const size_t count = (size_t)min_u64(part.size, SHA256_BLOCK_SIZE - used);

		memcpy(hash->block + used, part.data, count);
		hash->size += count;
		part = span_from(part, count);
		if (used + count == SHA256_BLOCK_SIZE)
			process(hash);
	}
}

/* 5.1.1: a one bit, zeroes up to the end of a block, and in it the length in bits. */
void sha256_finish(struct sha256 *hash, u8 out[SHA256_SIZE])
{
	static const u8 padding[SHA256_BLOCK_SIZE] = { 0x80 };
	const u64 length = __builtin_bswap64(hash->size * 8);
	const size_t used = (hash->size + LENGTH_SIZE) % SHA256_BLOCK_SIZE;

	sha256_add(hash, span_of(padding, SHA256_BLOCK_SIZE - used));
	sha256_add(hash, span_of(&length, sizeof(length)));
	for (u32 i = 0; i < 8; i++)
		store_be32(out + 4 * i, hash->state[i]);
}
