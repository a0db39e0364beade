/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shell patterns (POSIX fnmatch, byte by byte in lower case; no character classes). Only the last
 * '*' is ever returned to: what an earlier one could still take, the last one can take as well.
 */
#include "lib/glob.h"

#include "lib/text.h"

struct glob {
	struct span pattern;
	size_t unclosed; /* no '[' from here on has its ']': found out once */
};

/* One element of a set, '-' and escapes considered; @at is moved past it. */
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
 * Is @c in the set whose '[' stands before @at? @at is moved past its ']'. False also if there is
 * none: @closed says.
 */
static bool set_contains(struct span pattern, size_t *at, u8 c, bool *closed)
{
	bool negated = *at < pattern.size && pattern.data[*at] == '!';
	bool found = false;
	size_t first = *at += negated;

	*closed = false;
	while (*at < pattern.size) {
		u8 low, high;

		if (pattern.data[*at] == ']' && *at != first) {
			++*at;
			*closed = true;
			return found != negated;
		}
		if (!set_element(pattern, at, &low))
			return false;
		high = low;
		if (*at + 1 < pattern.size && pattern.data[*at] == '-' &&
		    pattern.data[*at + 1] != ']') {
			++*at;
			if (!set_element(pattern, at, &high))
				return false;
		}
		found |= low <= c && c <= high;
	}
	return false;
}

/*
 * Does the one byte @c, in lower case, match the pattern's element at @at, which is no '*'? @at is
 * moved past it then.
 */
static bool match_one(struct glob *glob, size_t *at, u8 c)
{
	size_t next = *at + 1;
	u8 element = glob->pattern.data[*at];

	if (element == '[' && *at < glob->unclosed) {
		bool closed;
		bool contained = set_contains(glob->pattern, &next, c, &closed);

		if (closed) {
			*at = next;
			return contained;
		}
		glob->unclosed = *at;
		next = *at + 1;
	} else if (element == '?') {
		*at = next;
		return true;
	} else if (element == '\\') {
		if (next == glob->pattern.size)
			return false;
		element = glob->pattern.data[next++];
	}
	*at = next;
	return text_to_lower(element) == c;
}

bool glob_matches(struct span pattern, struct span text)
{
	struct glob glob = { .pattern = pattern, .unclosed = SIZE_MAX };
	size_t p = 0, t = 0;
	size_t star = SIZE_MAX; /* behind the last '*', and ... */
	size_t resume = 0;      /* ... where the text that it does not take begins */

	while (t < text.size || p < pattern.size) {
		if (p < pattern.size && pattern.data[p] == '*') {
			star = ++p;
			resume = t;
			continue;
		}
		if (p < pattern.size && t < text.size &&
		    match_one(&glob, &p, text_to_lower(text.data[t]))) {
			t++;
			continue;
		}
		if (star == SIZE_MAX || resume >= text.size)
			return false;
		p = star;
		t = ++resume;
	}
	return true;
}
