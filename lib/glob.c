/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shell patterns (POSIX fnmatch, byte by byte, ignoring case; no character classes), as a
 * nondeterministic automaton with at most 256 states: bit i is set if the first i elements match
 * the text read so far. A '*' before element i keeps that bit set.
 */
#include "lib/glob.h"

#include "lib/text.h"
#include "lib/util.h"

static void add(struct glob *glob, u32 c)
{
	glob->accepts[c][glob->count / 64] |= 1ull << (glob->count % 64);
}

/* Makes the current element match @c, ignoring case. */
static void accept(struct glob *glob, u8 c)
{
	u8 lower = text_to_lower(c);

	add(glob, lower);
	if (lower >= 'a' && lower <= 'z')
		add(glob, lower - ('a' - 'A'));
}

/* Reads one end of a range in a set, with '\\' as escape, and advances @at; false at the end. */
static bool set_element(struct span pattern, size_t *at, u8 *out)
{
	if (*at < pattern.size && pattern.data[*at] == '\\')
		++*at;
	if (*at >= pattern.size)
		return false;
	*out = text_to_lower(pattern.data[(*at)++]);
	return true;
}

/*
 * Marks the members of the set that starts at @at, after its '[' and '!'. Returns its end, after
 * the ']'; 0 if that is missing.
 */
static size_t read_set(struct span pattern, size_t at, bool members[256])
{
	size_t first = at;

	while (at < pattern.size) {
		u8 low, high;

		if (pattern.data[at] == ']' && at != first)
			return at + 1;
		if (!set_element(pattern, &at, &low))
			return 0;
		high = low;
		if (at + 1 < pattern.size && pattern.data[at] == '-' &&
		    pattern.data[at + 1] != ']') {
			at++;
			if (!set_element(pattern, &at, &high))
				return 0;
		}
		for (u32 c = low; c <= high; c++)
			members[c] = true;
	}
	return 0;
}

/* Makes the set whose '[' is before @at the current element. Returns the same as read_set(). */
static size_t compile_set(struct glob *glob, struct span pattern, size_t at)
{
	bool negated = at < pattern.size && pattern.data[at] == '!';
	bool members[256] = { 0 };
	size_t end = read_set(pattern, at + negated, members);

	for (u32 c = 0; end && c < 256; c++)
		if (members[text_to_lower((u8)c)] != negated)
			add(glob, c);
	return end;
}

bool glob_compile(struct span pattern, struct glob *out)
{
	size_t unclosed = SIZE_MAX; /* from here on, no '[' has a matching ']' */
	size_t at = 0;

	*out = (struct glob){ 0 };
	if (pattern.size > GLOB_SIZE_MAX)
		return false;
	while (at < pattern.size) {
		u8 c = pattern.data[at++];
		size_t end = 0;

		if (c == '*') {
			out->stars[out->count / 64] |= 1ull << (out->count % 64);
			continue;
		}
		if (out->count == GLOB_ELEMENTS_MAX)
			return false;
		if (c == '[' && at < unclosed) {
			end = compile_set(out, pattern, at);
			if (!end)
				unclosed = at;
		}
		if (end)
			at = end;
		else if (c == '?')
			for (u32 any = 0; any < 256; any++)
				add(out, any);
		else if (c != '\\')
			accept(out, c);
		else if (at < pattern.size) /* a trailing '\\' matches nothing */
			accept(out, pattern.data[at++]);
		out->count++;
	}
	return true;
}

bool glob_matches(const struct glob *glob, struct span text)
{
	u64 states[GLOB_WORDS] = { 1 };

	for (size_t i = 0; i < text.size; i++) {
		const u64 *accepts = glob->accepts[text.data[i]];
		u64 carry = 0;

		for (u32 word = 0; word < GLOB_WORDS; word++) {
			u64 moved = states[word] & accepts[word];

			states[word] = moved << 1 | carry | (states[word] & glob->stars[word]);
			carry = moved >> 63;
		}
	}
	return states[glob->count / 64] >> (glob->count % 64) & 1;
}
