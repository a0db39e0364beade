/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The unit test framework: one binary per test_*.c.
 *
 *	TEST(span_part_does_not_wrap)
 *	{
 *		CHECK(span_is_empty(span_part(s, 1, UINT64_MAX)));
 *		CHECK_EQUAL(s.size, 3);
 *	}
 *
 * TEST registers itself; main() below runs all tests in the file's order and ends with "N passed, N
 * failed". A test without checks fails.
 */
#pragma once

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/types.h"

struct test {
	const char *name;
	void (*run)(void);
	struct test *next;
};

static struct test *test_first;
static struct test **test_last = &test_first;
static unsigned int test_checks, test_failures; /* in the running test */

#define TEST(test_name)                                                         \
	static void test_name(void);                                            \
	static struct test test_name##_entry = { #test_name, test_name, NULL }; \
	[[gnu::constructor]] static void test_name##_register(void)             \
	{                                                                       \
		*test_last = &test_name##_entry;                                \
		test_last = &test_name##_entry.next;                            \
	}                                                                       \
	static void test_name(void)

#define CHECK(condition)                                                               \
	do {                                                                           \
		test_checks++;                                                         \
		if (!(condition)) {                                                    \
			test_failures++;                                               \
			printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
		}                                                                      \
	} while (0)

/* For checks in loops: the format string identifies the case. */
#define CHECK_OF(condition, ...)                                                       \
	do {                                                                           \
		test_checks++;                                                         \
		if (!(condition)) {                                                    \
			test_failures++;                                               \
			printf("%s:%d: failed: %s: ", __FILE__, __LINE__, #condition); \
			printf(__VA_ARGS__);                                           \
			printf("\n");                                                  \
		}                                                                      \
	} while (0)

/* Compares two numbers. */
#define CHECK_EQUAL(actual, expected)                                                            \
	do {                                                                                     \
		u64 check_a = (u64)(actual), check_e = (u64)(expected);                          \
		test_checks++;                                                                   \
		if (check_a != check_e) {                                                        \
			test_failures++;                                                         \
			printf("%s:%d: %s is %" PRIu64 " (%#" PRIx64 "), not %" PRIu64           \
			       " (%#" PRIx64 ")\n",                                              \
			       __FILE__, __LINE__, #actual, check_a, check_a, check_e, check_e); \
		}                                                                                \
	} while (0)

/* Compares two strings. */
#define CHECK_TEXT(actual, expected)                                                             \
	do {                                                                                     \
		const char *check_a = (actual), *check_e = (expected);                           \
		test_checks++;                                                                   \
		if (strcmp(check_a, check_e) != 0) {                                             \
			test_failures++;                                                         \
			printf("%s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, #actual, \
			       check_a, check_e);                                                \
		}                                                                                \
	} while (0)

int main(void)
{
	unsigned int passed = 0, failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (struct test *test = test_first; test; test = test->next) {
		test_checks = test_failures = 0;
		test->run();
		if (test_checks == 0)
			printf("%s checks nothing\n", test->name);
		if (test_failures || test_checks == 0) {
			printf("FAILED %s\n", test->name);
			failed++;
		} else {
			passed++;
		}
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
