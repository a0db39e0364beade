/* SPDX-License-Identifier: Apache-2.0 */
/* lib/format.c against the host's snprintf. */
#include "tests/unit/test.h"

#include <limits.h>

#include "lib/format.h"

/* Called through a pointer, so that gcc does not warn about intentional truncation. */
static int (*volatile host)(char *, size_t, const char *, ...) = snprintf;

/* Checks for the same text and length as the C library, with every buffer size from 0 on. */
#define CHECK_SAME(...)                                                           \
	do {                                                                      \
		char expected[512], ours[512];                                    \
		int length = host(expected, sizeof(expected), __VA_ARGS__);       \
		CHECK_EQUAL(format(ours, sizeof(ours), __VA_ARGS__), length);     \
		CHECK_TEXT(ours, expected);                                       \
		for (size_t size = 0; size < 24; size++) {                        \
			memset(ours, '#', sizeof(ours));                          \
			host(expected, size, __VA_ARGS__);                        \
			CHECK_EQUAL(format(ours, size, __VA_ARGS__), length);     \
			if (size)                                                 \
				CHECK_TEXT(ours, expected);                       \
			CHECK_EQUAL(ours[size], '#'); /* nothing past the size */ \
		}                                                                 \
	} while (0)

static const u64 numbers[] = {
	0,          1,
	9,          10,
	255,        256,
	65535,      65536,
	INT_MAX,    (u64)INT_MAX + 1,
	UINT_MAX,   1ull << 32,
	INT64_MAX,  1ull << 63,
	UINT64_MAX, 0x123456789abcdef,
};

TEST(numbers_of_all_lengths)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		u64 n = numbers[i];

		CHECK_SAME("%d %u %x", (int)n, (unsigned int)n, (unsigned int)n);
		CHECK_SAME("%ld %lu %lx", (long)n, (unsigned long)n, (unsigned long)n);
		CHECK_SAME("%lld %llu %llx", (long long)n, (unsigned long long)n,
			   (unsigned long long)n);
		CHECK_SAME("%zu %zx", (size_t)n, (size_t)n);
	}
}

TEST(widths_and_flags)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		int n = (int)numbers[i];
		unsigned int u = (unsigned int)n;

		CHECK_SAME("[%8d] [%-8d] [%08d] [%1d]", n, n, n, n);
		CHECK_SAME("[%8x] [%-8x] [%08x] [%02x]", u, u, u, u);
		CHECK_SAME("[%30lu] [%-30lu] [%030ld]", (unsigned long)numbers[i],
			   (unsigned long)numbers[i], (long)numbers[i]);
	}
	CHECK_SAME("[%016llx]", 0x123ull);
}

TEST(text_with_width_and_precision)
{
	CHECK_SAME("%s", "");
	CHECK_SAME("a%sb", "text");
	CHECK_SAME("[%10s] [%-10s] [%2s]", "text", "text", "text");
	CHECK_SAME("[%.2s] [%.0s] [%.9s] [%10.2s] [%-10.2s]", "text", "text", "text", "text",
		   "text");
	CHECK_SAME("[%.*s] [%.*s] [%6.*s]", 3, "text", 0, "text", 2, "text");
	CHECK_SAME("%s", "longer than the twenty-four bytes that are tried one by one");
}

TEST(precision_bounds_what_is_read)
{
	char *text = malloc(3); /* without a NUL, so that the sanitizer detects overruns */
	char out[8];

	memcpy(text, "abc", 3);
	CHECK_EQUAL(format(out, sizeof(out), "%.*s", 3, text), 3);
	CHECK_TEXT(out, "abc");
	format(out, sizeof(out), "%.*s", -1, text);
	CHECK_TEXT(out, "");
	free(text);
}

TEST(null_text_is_accepted)
{
	const char *volatile nothing = NULL;
	char out[16];

	format(out, sizeof(out), "%s", nothing);
	CHECK_TEXT(out, "(null)");
}

/* Not literals, because the compilers would rightly warn. */
TEST(unknown_conversions_and_the_rest_are_printed_verbatim)
{
	static const char *const patterns[] = { "%f",    "a %n b %s", "%",  "%-",   "%08",
						"%l",    "%hd",       "%z", "%5.3", "%#x %s",
						"%+d",   "%*d",       "%c", "%p",   "100% %s",
						"%% %s", "%X" };

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		char out[32];
		/* Through a pointer whose type has no format attribute. */
		size_t (*volatile plain)(char *, size_t, const char *, ...) = format;

		CHECK_EQUAL(plain(out, sizeof(out), patterns[i]), strlen(patterns[i]));
		CHECK_TEXT(out, patterns[i]);
	}
}

TEST(random_patterns)
{
	static const char flags[][3] = { "", "-", "0" };
	static const char lengths[][3] = { "", "l", "ll", "z" };
	static const char letters[] = "dux";
	u64 state = 1;

	for (int round = 0; round < 20000; round++) {
		size_t (*volatile plain)(char *, size_t, const char *, ...) = format;
		char pattern[32], expected[128], ours[128];
		unsigned int choice;
		int length;

		state = state * 6364136223846793005u + 1442695040888963407u;
		choice = (unsigned int)(state >> 33);
		snprintf(pattern, sizeof(pattern), "<%%%s%.0d%s%c>", flags[choice % 3],
			 (int)(choice / 3 % 24), lengths[choice / 72 % 4],
			 letters[choice / 288 % 3]);
		state = state * 6364136223846793005u + 1442695040888963407u;
		length = host(expected, sizeof(expected), pattern, state >> state % 60);
		CHECK_EQUAL(plain(ours, sizeof(ours), pattern, state >> state % 60), length);
		CHECK_TEXT(ours, expected);
	}
}
