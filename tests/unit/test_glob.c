/* SPDX-License-Identifier: Apache-2.0 */
/* lib/glob.c: comparison with the host's fnmatch, and run time. */
#define _GNU_SOURCE /* FNM_CASEFOLD */
#include "tests/unit/test.h"

#include <fnmatch.h>

#include "lib/glob.h"
#include "tests/host/host.h"

static bool span_matches(struct span pattern, struct span text)
{
	static struct glob glob;

	return glob_compile(pattern, &glob) && glob_matches(&glob, text);
}

static bool matches(const char *pattern, const char *text)
{
	return span_matches(span_of_string(pattern), span_of_string(text));
}

TEST(words_of_loader_conf)
{
	CHECK(matches("debian-*", "debian-6.12.conf"));
	CHECK(matches("*", ""));
	CHECK(matches("*", "anything"));
	CHECK(matches("", ""));
	CHECK(!matches("", "a"));
	CHECK(!matches("a", ""));
	CHECK(matches("*-6.1[0-2].?", "linux-6.11.7"));
	CHECK(!matches("*-6.1[0-2].?", "linux-6.13.7"));
	CHECK(matches("*.conf", "a.conf.conf"));
	CHECK(!matches("*.conf", "a.config"));
	CHECK(matches("a**b***c", "abc"));
	CHECK(matches("*a*b*", "xxaxxbxx"));
	CHECK(!matches("*a*b*", "xxbxxaxx"));
}

TEST(sets)
{
	CHECK(matches("[abc]", "b"));
	CHECK(!matches("[abc]", "d"));
	CHECK(!matches("[abc]", ""));
	CHECK(matches("[!abc]", "d"));
	CHECK(!matches("[!abc]", "a"));
	CHECK(!matches("[!abc]", ""));
	CHECK(matches("[]]", "]"));
	CHECK(matches("[]a]", "a"));
	CHECK(matches("[!]]", "a"));
	CHECK(!matches("[!]]", "]"));
	CHECK(matches("[a-]", "-"));
	CHECK(matches("[-a]", "-"));
	CHECK(matches("[a-c-e]", "-"));
	CHECK(!matches("[c-a]", "b"));
	CHECK(matches("[\\]]", "]"));
	CHECK(matches("[a\\-c]", "-"));
	CHECK(!matches("[a\\-c]", "b"));
	CHECK(matches("[[]", "["));
	CHECK(matches("[*?]", "*"));
	CHECK(!matches("[*?]", "x"));
	CHECK(matches("[\x80-\xff]", "\xc3"));
}

TEST(letters_match_in_either_case)
{
	CHECK(matches("Debian-*", "dEBIAN-x"));
	CHECK(matches("[A-C]x", "bX"));
	CHECK(matches("[a-c]", "B"));
	CHECK(!matches("[!a-c]", "B"));
	CHECK(matches("\\A", "a"));
	CHECK(!matches("\xc3\xa4", "\xc3\x84"));
	CHECK(!matches("@[", "`{"));
}

TEST(incomplete_sets_match_literally)
{
	CHECK(matches("[abc", "[abc"));
	CHECK(matches("[", "["));
	CHECK(matches("[]", "[]"));
	CHECK(matches("[!]", "[!]"));
	CHECK(matches("x[[[[y", "x[[[[y"));
	CHECK(matches("[a[b]", "[") && matches("[a[b]", "b"));
}

TEST(escapes)
{
	CHECK(matches("\\*", "*"));
	CHECK(!matches("\\*", "a"));
	CHECK(matches("a\\?b", "a?b"));
	CHECK(matches("\\[a]", "[a]"));
	CHECK(matches("\\\\", "\\"));
	CHECK(matches("\\a", "a"));
	CHECK(!matches("a\\", "a\\"));
	CHECK(!matches("\\", "\\"));
}

TEST(nul_bytes_are_bytes)
{
	CHECK(span_matches(SPAN("a?c"), SPAN("a\0c")));
	CHECK(!span_matches(SPAN("a"), SPAN("a\0")));
}

TEST(random_patterns_match_like_fnmatch)
{
	/* No '^', which POSIX leaves undefined at the start of a set. */
	static const char pattern_letters[] = "aAb*?[]-!\\";
	static const char text_letters[] = "aB-]![\\*";
	u64 state = 7;
	u32 matched = 0;

	for (int round = 0; round < 300000; round++) {
		char pattern[12] = "", text[10] = "";
		size_t pattern_size, text_size;

		state = state * 6364136223846793005u + 1442695040888963407u;
		pattern_size = state >> 60 & 7;
		text_size = state >> 50 & 7;
		for (size_t i = 0; i < pattern_size; i++)
			pattern[i] = pattern_letters[(state >> (8 + 4 * i)) %
						     (sizeof(pattern_letters) - 1)];
		state = state * 6364136223846793005u + 1442695040888963407u;
		for (size_t i = 0; i < text_size; i++)
			text[i] = text_letters[(state >> (8 + 4 * i)) % (sizeof(text_letters) - 1)];
		/*
		 * With a set that ends in an incomplete range, glibc matches nothing, but POSIX
		 * says its letters.
		 */
		if (strstr(pattern, "-") && !strstr(strrchr(pattern, '-'), "]"))
			continue;
		bool expected = fnmatch(pattern, text, FNM_CASEFOLD) == 0;

		matched += expected;
		if (matches(pattern, text) != expected) {
			CHECK_TEXT(pattern, "");
			CHECK_TEXT(text, expected ? "to match" : "not to match");
		}
	}
	CHECK(matched > 1000);
}

TEST(patterns_have_a_limit)
{
	static char pattern[GLOB_SIZE_MAX + 2], text[GLOB_ELEMENTS_MAX + 1];

	memset(pattern, '*', GLOB_SIZE_MAX);
	CHECK(matches(pattern, "x") && matches(pattern, ""));
	memset(pattern, '*', sizeof(pattern) - 1);
	CHECK(!matches(pattern, "x"));
	memset(pattern, 0, sizeof(pattern));
	memset(pattern, '?', GLOB_ELEMENTS_MAX);
	memset(text, 'x', GLOB_ELEMENTS_MAX);
	CHECK(matches(pattern, text) && !matches(pattern, text + 1));
	pattern[GLOB_ELEMENTS_MAX] = '*';
	CHECK(matches(pattern, text) && !matches(pattern, text + 1));
	pattern[GLOB_ELEMENTS_MAX] = '?';
	CHECK(!matches(pattern, text));
}

/*
 * A matcher that tries every way to distribute the text among the stars would take exponential
 * time.
 */
TEST(matching_time_is_bounded)
{
	enum { TEXT = 4000, STARS = 250 };
	static char text[TEXT + 1], pattern[GLOB_SIZE_MAX + 1];
	static struct glob glob;
	size_t used = 0;
	u64 steps;

	memset(text, 'a', TEXT);
	for (int i = 0; i < STARS; i++)
		used += (size_t)sprintf(pattern + used, "*a");
	strcpy(pattern + used, "*b");
	CHECK(glob_compile(span_of_string(pattern), &glob));
	steps = host_steps;
	CHECK(!glob_matches(&glob, span_of_string(text)));
	CHECK(host_steps - steps <= 16 * TEXT);

	/* Unterminated sets: each '[' is examined only once. */
	memset(pattern, '[', GLOB_SIZE_MAX);
	steps = host_steps;
	CHECK(!glob_compile(span_of_string(pattern), &glob));
	/* The largest set, and one of as many elements. */
	memset(pattern + 1, 'b', GLOB_SIZE_MAX - 2);
	pattern[GLOB_SIZE_MAX - 1] = ']';
	CHECK(glob_compile(span_of_string(pattern), &glob));
	CHECK(host_steps - steps <= 64 * GLOB_SIZE_MAX);
}
