/* SPDX-License-Identifier: Apache-2.0 */
/* A subset of printf's formatting, as described in the header. */
#include "lib/format.h"

#include "lib/string.h"

struct output {
	char *buffer;
	size_t size;
	size_t length; /* of the complete text, including what did not fit */
};

/* In a struct, because the address of a va_list parameter does not have the type va_list *. */
struct arguments {
	va_list list;
};

enum { NUMBER_SIZE_MAX = 21 }; /* a u64 in decimal, and a sign */

/* Not inlined: inlining it and next_number() makes tiny 44 bytes larger. */
[[gnu::noinline]] static void put(struct output *output, char c)
{
	if (output->length + 1 < output->size)
		output->buffer[output->length] = c;
	output->length++;
}

static void put_many(struct output *output, char c, size_t count)
{
	while (count--)
		put(output, c);
}

static size_t parse_number(const char **at)
{
	size_t value = 0;

	while (**at >= '0' && **at <= '9')
		value = value * 10 + (size_t)(*(*at)++ - '0');
	return value;
}

[[gnu::noinline]] static s64 next_number(struct arguments *arguments, bool is_long)
{
	return is_long ? va_arg(arguments->list, long) : va_arg(arguments->list, int);
}

/* Writes the result of the conversion at @at, after its '%'. False if it is not supported. */
static bool convert(struct output *output, const char **at, struct arguments *arguments)
{
	char number[NUMBER_SIZE_MAX];
	const char *text;
	size_t size, width, padding, precision = SIZE_MAX;
	bool left = **at == '-', zeroes = **at == '0', is_long = false;
	char letter;

	*at += left || zeroes;
	width = parse_number(at);
	if (**at == '.') {
		++*at;
		if (**at == '*') {
			s64 given = next_number(arguments, false);

			++*at;
			precision = given < 0 ? 0 : (size_t)given;
		} else {
			precision = parse_number(at);
		}
	}
	for (; **at == 'l' || **at == 'z'; ++*at)
		is_long = true;

	letter = *(*at)++;
	if (letter == 's') {
		zeroes = false;
		text = va_arg(arguments->list, const char *);
		if (!text)
			text = "(null)";
		size = strnlen(text, precision);
	} else if (letter == 'd' || letter == 'u' || letter == 'x') {
		char *digit = number + sizeof(number);
		s64 given = next_number(arguments, is_long);
		bool negative = letter == 'd' && given < 0;
		u64 value = negative ? -(u64)given : is_long ? (u64)given : (u32)given;
		u32 base = letter == 'x' ? 16 : 10;

		do {
			u32 rest = (u32)(value % base);

			*--digit = (char)(rest + (rest < 10 ? '0' : 'a' - 10));
			value /= base;
		} while (value);
		if (negative && zeroes) {
			put(output, '-');
			width -= width > 0;
		} else if (negative) {
			*--digit = '-';
		}
		text = digit;
		size = (size_t)(number + sizeof(number) - digit);
	} else {
		return false;
	}

	padding = width > size ? width - size : 0;
	if (!left)
		put_many(output, zeroes ? '0' : ' ', padding);
	while (size--)
		put(output, *text++);
	if (left)
		put_many(output, ' ', padding);
	return true;
}

size_t format_list(char *buffer, size_t size, const char *pattern, va_list list)
{
	struct output output = { .buffer = buffer, .size = size };
	struct arguments arguments;
	bool known = true;

	va_copy(arguments.list, list);
	while (*pattern) {
		const char *at = pattern + 1;

		/*
		 * After an unsupported conversion the types of the arguments are unknown: stop
		 * converting.
		 */
		known = known && (*pattern != '%' || convert(&output, &at, &arguments));
		if (!known || *pattern != '%')
			put(&output, *pattern++);
		else
			pattern = at;
	}
	va_end(arguments.list);

	if (size)
		buffer[output.length < size ? output.length : size - 1] = '\0';
	return output.length;
}

size_t format(char *buffer, size_t size, const char *pattern, ...)
{
	va_list arguments;
	size_t length;

	va_start(arguments, pattern);
	length = format_list(buffer, size, pattern, arguments);
	va_end(arguments);
	return length;
}
