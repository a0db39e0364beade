/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For code that runs once per boot and keeps its state: runs a test in a separate process, in which
 * all variables have their initial values.
 *
 *	FRESH_TEST(nothing_is_mapped_yet)
 *	{
 *		CHECK_EQUAL(host_cr3, 0);
 *	}
 */
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/test.h"

static inline void run_fresh(void (*run)(void))
{
	pid_t child = fork();
	int status = -1;

	if (child == 0) {
		test_checks = test_failures = 0;
		run();
		fflush(stdout);
		_exit(test_failures || !test_checks ? EXIT_FAILURE : EXIT_SUCCESS);
	}
	if (child > 0)
		waitpid(child, &status, 0);
	CHECK_EQUAL(status, 0);
}

#define FRESH_TEST(test_name)                 \
	static void test_name##_fresh(void);  \
	TEST(test_name)                       \
	{                                     \
		run_fresh(test_name##_fresh); \
	}                                     \
	static void test_name##_fresh(void)
