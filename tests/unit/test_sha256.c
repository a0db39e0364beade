/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/sha256.c against the examples of FIPS 180-2, appendix B, and of NIST's CAVP (SHAVS, short and
 * long messages, Monte Carlo test).
 */
#include "tests/unit/test.h"

#include "lib/sha256.h"

static const char *hex(const u8 digest[SHA256_SIZE])
{
	static char text[2 * SHA256_SIZE + 1];

	for (u32 i = 0; i < SHA256_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return text;
}

static const char *hash_of(struct span message)
{
	struct sha256 hash;
	u8 digest[SHA256_SIZE];

	sha256_init(&hash);
	sha256_add(&hash, message);
	sha256_finish(&hash, digest);
	return hex(digest);
}

TEST(known_values)
{
	static u8 million[1000000];

	CHECK_TEXT(hash_of((struct span){ 0 }),
		   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	CHECK_TEXT(hash_of(SPAN("abc")),
		   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	CHECK_TEXT(hash_of(SPAN("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
		   "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	CHECK_TEXT(hash_of(SPAN("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
				"hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu")),
		   "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
	memset(million, 'a', sizeof(million));
	CHECK_TEXT(hash_of(span_of(million, sizeof(million))),
		   "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	CHECK_TEXT(hash_of(SPAN("\xd3")),
		   "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1");
	CHECK_TEXT(hash_of(SPAN("\x74\xba\x25\x21")),
		   "b16aa56be3880d18cd41e68384cf1ec8c17680c45a02b1575dc1518923ae8b0e");
}

/* Padding takes a block of its own from 56 bytes in the last block on. */
TEST(parts_make_the_whole)
{
	u8 bytes[3 * SHA256_BLOCK_SIZE];
	char whole[2 * SHA256_SIZE + 1];
	u8 digest[SHA256_SIZE];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)(i * 7);
	for (size_t size = 0; size <= sizeof(bytes); size++) {
		strcpy(whole, hash_of(span_of(bytes, size)));
		for (size_t cut = 0; cut <= size; cut++) {
			struct sha256 hash;

			sha256_init(&hash);
			sha256_add(&hash, span_of(bytes, cut));
			sha256_add(&hash, span_of(bytes + cut, size - cut));
			sha256_finish(&hash, digest);
			CHECK_TEXT(hex(digest), whole);
		}
	}
}

/*
 * A hundred thousand digests, each of the three before it (SHAVS, 6.4). The results are those of
 * another implementation (Python's hashlib).
 */
TEST(digests_of_digests)
{
	u8 last[3][SHA256_SIZE];

	for (u32 i = 0; i < 3; i++)
		for (u32 j = 0; j < SHA256_SIZE; j++)
			last[i][j] = (u8)j;
	for (u32 i = 0; i < 100000; i++) {
		struct sha256 hash;
		u8 next[SHA256_SIZE];

		sha256_init(&hash);
		sha256_add(&hash, span_of(last, sizeof(last)));
		sha256_finish(&hash, next);
		memmove(last[0], last[1], 2 * SHA256_SIZE);
		memcpy(last[2], next, SHA256_SIZE);
	}
	CHECK_TEXT(hex(last[2]),
		   "4cb303e8eed0aafb8f2e11b4cbcfe7f8738852d8e1b1753e113b96df3d0a36a1");
}
