/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/ on any bytes: text, UTF-8, UTF-16, patterns, versions. The input is split at its first NUL
 * for functions that compare two texts. Invariants are checked, not only the absence of crashes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/format.h"
#include "lib/glob.h"
#include "lib/text.h"
#include "lib/utf.h"
#include "lib/version.h"
#include "tests/host/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)                                                         \
	do {                                                                       \
		if (!(condition)) {                                                \
			fprintf(stderr, "%d: failed: %s\n", __LINE__, #condition); \
			abort();                                                   \
		}                                                                  \
	} while (0)

static void walk_lines(struct span text)
{
	struct span line, word, rest;
	size_t lines = 0;
	u64 number;

	for (rest = text; text_next_line(&rest, &line); lines++) {
		struct span trimmed = text_trim(line);

		REQUIRE(trimmed.size <= line.size);
		while (text_next_word(&line, &word)) {
			REQUIRE(word.size > 0);
			if (text_to_u64(word, &number)) {
				char digits[32];

				format(digits, sizeof(digits), "%lu", number);
				REQUIRE(text_to_u64(span_of_string(digits), &number));
			}
		}
	}
	REQUIRE(lines <= text.size);
}

static void walk_characters(struct span text)
{
	while (!span_is_empty(text)) {
		size_t before = text.size;
		u32 character = utf8_next(&text);

		REQUIRE(text.size < before && before - text.size <= 4);
		REQUIRE(character <= 0x10ffff && (character < 0xd800 || character >= 0xe000));
	}
}

static void walk_units(struct span bytes)
{
	size_t count = bytes.size / 2, size;
	u16 *units = malloc(count * sizeof(*units) + 1);
	char *text = malloc(3 * count + 1);

	for (size_t i = 0; i < count; i++) {
		units[i] = load_le16(bytes.data + 2 * i);
		REQUIRE(ucs2_to_upper(ucs2_to_upper(units[i])) == ucs2_to_upper(units[i]));
	}
	/* Three bytes per unit are always enough, and the result is valid UTF-8. */
	size = utf8_from_utf16(text, 3 * count + 1, units, count);
	REQUIRE(size >= count && text[size] == '\0');
	for (struct span rest = span_of(text, size); !span_is_empty(rest);) {
		const u8 *start = rest.data;
		size_t before = rest.size;

		if (utf8_next(&rest) == UNICODE_REPLACEMENT)
			REQUIRE(before - rest.size == 3 && start[0] == 0xef);
	}
	REQUIRE(utf8_from_utf16(text, size, units, count) == 0);
	free(text);
	free(units);
}

static void walk_pattern(struct span pattern, struct span text)
{
	static struct glob glob;

	if (glob_compile(pattern, &glob)) {
		u64 steps = host_steps;

		(void)glob_matches(&glob, text);
		REQUIRE(host_steps - steps <= 16 * (text.size + 1));
	}
	REQUIRE(glob_compile(SPAN("*"), &glob) && glob_matches(&glob, text));
}

static void walk_settings(struct span bytes)
{
	struct span rest = text_of_file(bytes), key, value;

	while (text_next_setting(&rest, &key, &value)) {
		REQUIRE(!span_is_empty(key) && !span_is_empty(value));
		REQUIRE(text_unquote(value).size + 2 >= value.size);
	}
	REQUIRE(span_is_empty(rest));
}

static int sign(int number)
{
	return (number > 0) - (number < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span all = span_of(data, size), first, second;
	size_t cut = 0;

	while (cut < size && data[cut])
		cut++;
	first = span_part(all, 0, cut);
	second = span_from(all, cut < size ? cut + 1 : cut);

	walk_lines(all);
	walk_settings(all);
	walk_characters(all);
	walk_units(all);
	walk_pattern(first, second);
	REQUIRE(version_compare(all, all) == 0);
	REQUIRE(sign(version_compare(first, second)) == -sign(version_compare(second, first)));
	return 0;
}
