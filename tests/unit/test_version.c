/* SPDX-License-Identifier: Apache-2.0 */
/* lib/version.c: the specification's examples, and the properties of an order. */
#include "tests/unit/test.h"

#include "lib/version.h"

static int compare(const char *a, const char *b)
{
	int forward = version_compare(span_of_string(a), span_of_string(b));
	int backward = version_compare(span_of_string(b), span_of_string(a));

	/* The reverse comparison must give the opposite result. */
	CHECK_EQUAL((forward > 0) - (forward < 0), (backward < 0) - (backward > 0));
	return (forward > 0) - (forward < 0);
}

#define OLDER(a, b) CHECK_EQUAL(compare(a, b), -1)
#define SAME(a, b) CHECK_EQUAL(compare(a, b), 0)
#define NEWER(a, b) CHECK_EQUAL(compare(a, b), 1)

TEST(examples_of_the_specification)
{
	SAME("11", "11");
	SAME("systemd-123", "systemd-123");
	OLDER("bar-123", "foo-123");
	NEWER("123a", "123");
	NEWER("123.a", "123");
	OLDER("123.a", "123.b");
	NEWER("123a", "123.a");
	SAME("11\xce\xb1", "11\xce\xb2");
	OLDER("B", "a");
	OLDER("", "0");
	NEWER("0.", "0");
	NEWER("0.0", "0");
	NEWER("0", "~");
	NEWER("", "~");
	SAME("1_", "1");
	SAME("_1", "1");
	OLDER("1_", "1.2");
	NEWER("1_2_3", "1.3.3");
	SAME("1+", "1");
	SAME("+1", "1");
	OLDER("1+", "1.2");
	NEWER("1+2+3", "1.3.3");
}

/* The complete example of the specification. */
TEST(chain_of_the_specification)
{
	static const char *const chain[] = {
		"122.1",   "123~rc1-1", "123",     "123-a",   "123-a.1", "123-1",
		"123-1.1", "123^post1", "123.a-1", "123.1-1", "123a-1",  "124-1",
	};

	for (size_t i = 0; i < sizeof(chain) / sizeof(chain[0]); i++) {
		SAME(chain[i], chain[i]);
		for (size_t j = i + 1; j < sizeof(chain) / sizeof(chain[0]); j++)
			OLDER(chain[i], chain[j]);
	}
}

TEST(kernels_of_distributions)
{
	OLDER("6.1.0-9-amd64", "6.1.0-10-amd64");
	OLDER("6.9.0", "6.10.0");
	OLDER("6.12.107+deb13-cloud-amd64", "6.12.108+deb13-cloud-amd64");
	OLDER("6.8.0-rc7", "6.8.0.1");
	OLDER("6.8.0~rc7", "6.8.0");
	OLDER("6.8.0~rc7", "6.8.0~rc8");
	OLDER("5.14.0-70.el9", "5.14.0-362.8.1.el9_3");
	OLDER("linux-6.11.conf", "linux-6.12.conf");
}

/*
 * Ascending: each is older than all later ones. Compared with a digit, a letter counts as the
 * number 0, so words come between 0 and 1.
 */
static const char *const ascending[] = {
	"~",
	"~~",
	"",
	"-",
	"-1",
	"^",
	"^1",
	".",
	"0",
	"0-1",
	"0^1",
	"0.1",
	"A",
	"B",
	"a",
	"aa",
	"b",
	"b1",
	"ba",
	"1~",
	"1~~1",
	"1~rc1",
	"1~rc2",
	"1",
	"1-1",
	"1-2",
	"1-10",
	"1^20240101",
	"1^20240102",
	"1.0",
	"1.0.1",
	"1.1",
	"1.10",
	"1A",
	"1a",
	"1ab",
	"1b",
	"2",
	"10",
	"123456789012345678901234567890",
	"1234567890123456789012345678900",
};

TEST(a_list_in_its_order)
{
	for (size_t i = 0; i < sizeof(ascending) / sizeof(ascending[0]); i++) {
		SAME(ascending[i], ascending[i]);
		for (size_t j = i + 1; j < sizeof(ascending) / sizeof(ascending[0]); j++)
			CHECK_OF(compare(ascending[i], ascending[j]) == -1, "\"%s\" and \"%s\"",
				 ascending[i], ascending[j]);
	}
}

TEST(leading_zeroes_do_not_count)
{
	SAME("1.001", "1.1");
	SAME("00", "0");
	SAME("007a", "7a");
	OLDER("1.09", "1.10");
	OLDER("0", "0000000000000000000000000000001");
}

TEST(bytes_that_are_not_characters)
{
	CHECK_EQUAL(version_compare(SPAN("1\0002"), SPAN("1 2")), 0);
	CHECK_EQUAL(version_compare(SPAN("\0\0"), SPAN("")), 0);
	CHECK_EQUAL(version_compare((struct span){ 0 }, (struct span){ 0 }), 0);
	CHECK(version_compare(SPAN("\xff\xfe"), SPAN("1")) < 0);
}

/* A literal implementation of the specification on strings, for comparison. */
static int naive_sign(int n)
{
	return (n > 0) - (n < 0);
}

static int naive(const char *a, const char *b)
{
	static const char known[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.~^";

	for (;;) {
		a += strcspn(a, known);
		b += strcspn(b, known);
		if (*a == '~' || *b == '~') {
			if (*a != *b)
				return *a == '~' ? -1 : 1;
			a++, b++;
		}
		if (!*a || !*b)
			return (*a != 0) - (*b != 0);
		for (const char *mark = "-^."; *mark; mark++)
			if (*a == *mark || *b == *mark) {
				if (*a != *b)
					return *a == *mark ? -1 : 1;
				a++, b++;
			}
		if ((*a >= '0' && *a <= '9') || (*b >= '0' && *b <= '9')) {
			char *end;
			u64 x = 0, y = 0;

			if (*a >= '0' && *a <= '9')
				x = strtoull(a, &end, 10), a = end;
			if (*b >= '0' && *b <= '9')
				y = strtoull(b, &end, 10), b = end;
			if (x != y)
				return x < y ? -1 : 1;
			continue;
		}
		size_t m = strspn(a, "abAB"), n = strspn(b, "abAB");
		int order = strncmp(a, b, m < n ? m : n);

		if (order || m != n)
			return order ? naive_sign(order) : (m > n) - (m < n);
		a += m, b += n;
	}
}

TEST(random_texts_as_the_specification_reads)
{
	static const char letters[] = "0129abAB-.~^_";
	u64 state = 3;

	for (int round = 0; round < 200000; round++) {
		char a[8] = "", b[8] = "";

		state = state * 6364136223846793005u + 1442695040888963407u;
		for (size_t i = 0; i < (state >> 61); i++)
			a[i] = letters[(state >> (4 + 5 * i)) % (sizeof(letters) - 1)];
		state = state * 6364136223846793005u + 1442695040888963407u;
		for (size_t i = 0; i < (state >> 61); i++)
			b[i] = letters[(state >> (4 + 5 * i)) % (sizeof(letters) - 1)];
		if (compare(a, b) != naive(a, b)) {
			CHECK_TEXT(a, "");
			CHECK_TEXT(b, "");
		}
	}
}
