/* SPDX-License-Identifier: Apache-2.0 */
/* Lines, words and numbers. */
#include "lib/text.h"

#include "lib/util.h"

static bool is_white(u8 c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

u8 text_to_lower(u8 c)
{
	return c >= 'A' && c <= 'Z' ? (u8)(c + ('a' - 'A')) : c;
}

bool text_is_name(u8 c)
{
	return text_is_letter(c) || text_is_digit(c) || c == '_';
}

bool text_next_line(struct span *rest, struct span *line)
{
	size_t size = 0, end;

	if (span_is_empty(*rest))
		return false;
	while (size < rest->size && rest->data[size] != '\n' && rest->data[size] != '\r')
		size++;
	*line = span_part(*rest, 0, size);
	end = size + 1;
	if (end < rest->size && rest->data[size] == '\r' && rest->data[end] == '\n')
		end++;
	*rest = span_from(*rest, end);
	return true;
}

bool text_next_word(struct span *rest, struct span *word)
{
	bool quoted = false;
	size_t start = 0, end;

	while (start < rest->size && is_white(rest->data[start]))
		start++;
	for (end = start; end < rest->size && (quoted || !is_white(rest->data[end])); end++)
		quoted ^= rest->data[end] == '"';
	*word = span_part(*rest, start, end - start);
	*rest = span_from(*rest, end);
	return end > start;
}

struct span text_unquote(struct span text)
{
	size_t end = 1;

	if (span_is_empty(text) || (text.data[0] != '"' && text.data[0] != '\''))
		return text;
	while (end < text.size && text.data[end] != text.data[0])
		end++;
	return end + 1 == text.size ? span_part(text, 1, end - 1) : text;
}

struct span text_trim(struct span text)
{
	while (text.size && is_white(text.data[text.size - 1]))
		text.size--;
	while (text.size && is_white(text.data[0]))
		text = span_from(text, 1);
	return text;
}

bool text_next_setting(struct span *rest, struct span *key, struct span *value)
{
	struct span line;

	while (text_next_line(rest, &line)) {
		if (!text_next_word(&line, key) || key->data[0] == '#')
			continue;
		*value = text_trim(line);
		if (!span_is_empty(*value))
			return true;
	}
	return false;
}

struct span text_of_file(struct span bytes)
{
	struct span mark = SPAN("\xef\xbb\xbf");
	size_t size = 0;

	if (span_starts_with(bytes, mark))
		bytes = span_from(bytes, mark.size);
	while (size < bytes.size && bytes.data[size])
		size++;
	return span_part(bytes, 0, size);
}

bool text_equals(struct span text, const char *other)
{
	size_t i = 0;

	while (i < text.size && other[i] && text.data[i] == (u8)other[i])
		i++;
	return i == text.size && !other[i];
}

int text_compare(struct span a, struct span b)
{
	for (size_t i = 0; i < a.size && i < b.size; i++)
		if (a.data[i] != b.data[i])
			return a.data[i] - b.data[i];
	return (a.size > b.size) - (a.size < b.size);
}

bool text_equals_ignoring_case(struct span text, const char *other)
{
	size_t i = 0;

	while (i < text.size && other[i] &&
	       text_to_lower(text.data[i]) == text_to_lower((u8)other[i]))
		i++;
	return i == text.size && !other[i];
}

u8 text_digit(u8 c)
{
	c = text_to_lower(c);
	if (text_is_digit(c))
		return (u8)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (u8)(c - 'a' + 10);
	return UINT8_MAX;
}

bool text_to_u64(struct span text, u64 *out)
{
	u64 value = 0;
	u8 base = 10;

	if (text.size > 2 && text.data[0] == '0' && text_to_lower(text.data[1]) == 'x') {
		base = 16;
		text = span_from(text, 2);
	}
	if (span_is_empty(text))
		return false;
	for (size_t i = 0; i < text.size; i++) {
		u8 digit = text_digit(text.data[i]);

		if (digit >= base || multiply_overflows(value, base, &value) ||
		    add_overflows(value, digit, &value))
			return false;
	}
	*out = value;
	return true;
}
