/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4, 6.2). */
#pragma once

#include "lib/span.h"

enum { SHA256_SIZE = 32, SHA256_BLOCK_SIZE = 64 };

struct sha256 {
	u32 state[8];
	u64 size; /* bytes so far, at most 2^61 - 1 */
	u8 block[SHA256_BLOCK_SIZE];
};

void sha256_init(struct sha256 *hash);
void sha256_add(struct sha256 *hash, struct span part);

/* @hash must be initialized again before it is used for another message. */
void sha256_finish(struct sha256 *hash, u8 out[SHA256_SIZE]);
