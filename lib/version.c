/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Version order (UAPI.10 Version Format Specification, section "Version Comparison", whose steps
 * are numbered below).
 */
#include "lib/version.h"

#include "lib/text.h"

/* The first byte, or 0 at the end. A NUL inside the text never gets to the front (step 1). */
static u8 first(struct span s)
{
	return s.size ? s.data[0] : 0;
}

static void skip_separators(struct span *s)
{
	while (s->size && !text_is_digit(first(*s)) && !text_is_letter(first(*s)) &&
	       first(*s) != '-' && first(*s) != '.' && first(*s) != '~' && first(*s) != '^')
		*s = span_from(*s, 1);
}

/* Removes the leading bytes for which @belongs from @s. */
static struct span take(struct span *s, bool (*belongs)(u8 c))
{
	struct span taken = { s->data, 0 };

	while (taken.size < s->size && belongs(s->data[taken.size]))
		taken.size++;
	*s = span_from(*s, taken.size);
	return taken;
}

/* Compares numbers of any size, first by the number of digits. */
static int compare_numbers(struct span a, struct span b)
{
	while (first(a) == '0')
		a = span_from(a, 1);
	while (first(b) == '0')
		b = span_from(b, 1);
	if (a.size != b.size)
		return a.size < b.size ? -1 : 1;
	return text_compare(a, b);
}

/*
 * Steps 2 and 4 to 6: if only one starts with @mark, it is lower; if both do, the mark is removed.
 */
static int compare_mark(struct span *a, struct span *b, u8 mark)
{
	bool in_a = first(*a) == mark, in_b = first(*b) == mark;

	if (in_a && in_b) {
		*a = span_from(*a, 1);
		*b = span_from(*b, 1);
	}
	return (int)in_b - (int)in_a;
}

int version_compare(struct span a, struct span b)
{
	static const u8 marks[] = { '-', '^', '.' };
	int order;

	for (;;) {
		skip_separators(&a); /* 1 */
		skip_separators(&b);

		order = compare_mark(&a, &b, '~'); /* 2 */
		if (order)
			return order;

		if (span_is_empty(a) || span_is_empty(b)) /* 3 */
			return (int)span_is_empty(b) - (int)span_is_empty(a);

		for (size_t i = 0; i < sizeof(marks); i++) { /* 4 to 6 */
			order = compare_mark(&a, &b, marks[i]);
			if (order)
				return order;
		}

		if (text_is_digit(first(a)) || text_is_digit(first(b))) { /* 7 */
			order = compare_numbers(take(&a, text_is_digit), take(&b, text_is_digit));
			if (order)
				return order;
			continue;
		}

		order = text_compare(take(&a, text_is_letter), take(&b, text_is_letter)); /* 8 */
		if (order)
			return order;
	}
}
