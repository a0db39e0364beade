/* SPDX-License-Identifier: Apache-2.0 */
/* printf's formatting: what the header promises and no more. */
#include "lib/format.h"

#include "lib/string.h"

struct output {
	char *buffer;
	size_t size;
	size_t length; /* of the whole text, also what had no room */
};

/* What stands between '%' and the conversion's letter. */
struct conversion {
	bool left;
	bool zeroes;
	size_t width;
	size_t precision; /* SIZE_MAX: none */
	char length;      /* 'H' for hh, 'h', 0, 'l' for all that have 64 bits */
	char letter;
};

enum { NUMBER_SIZE_MAX = 22 }; /* a u64 in decimal, and a prefix */

/* Kept out of line, as others below: a message need not be fast, but every image has this code. */
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

/* The text, padded to the width: with zeroes behind the @prefix_size bytes it begins with, or with
 * spaces. */
[[gnu::noinline]] static void put_field(struct output *output, const struct conversion *conversion,
					const char *text, size_t size, size_t prefix_size)
{
	size_t padding = conversion->width > size ? conversion->width - size : 0;
	bool zeroes = conversion->zeroes && !conversion->left;

	if (!conversion->left && !zeroes)
		put_many(output, ' ', padding);
	for (size_t i = 0; i < size; i++) {
		if (zeroes && i == prefix_size)
			put_many(output, '0', padding);
		put(output, text[i]);
	}
	if (conversion->left)
		put_many(output, ' ', padding);
}

[[gnu::noinline]] static void put_number(struct output *output, const struct conversion *conversion,
					 u64 value, const char *prefix, u32 base)
{
	const char *digits = conversion->letter == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	size_t prefix_size = strlen(prefix);
	char text[NUMBER_SIZE_MAX];
	size_t at = sizeof(text);

	do {
		text[--at] = digits[value % base];
		value /= base;
	} while (value);
	at -= prefix_size;
	memcpy(text + at, prefix, prefix_size);
	put_field(output, conversion, text + at, sizeof(text) - at, prefix_size);
}

static size_t parse_number(const char **at)
{
	size_t value = 0;

	while (**at >= '0' && **at <= '9')
		value = value * 10 + (size_t)(*(*at)++ - '0');
	return value;
}

/* In a struct, because a va_list that is a parameter itself has no address of its own type. */
struct arguments {
	va_list list;
};

[[gnu::noinline]] static int next_int(struct arguments *arguments)
{
	return va_arg(arguments->list, int);
}

[[gnu::noinline]] static long next_long(struct arguments *arguments)
{
	return va_arg(arguments->list, long);
}

/* Width or precision: digits, or '*' and an int, of which a negative one counts as 0. */
[[gnu::noinline]] static size_t parse_size(const char **at, struct arguments *arguments)
{
	int size;

	if (**at != '*')
		return parse_number(at);
	++*at;
	size = next_int(arguments);
	return size < 0 ? 0 : (size_t)size;
}

static char parse_length(const char **at)
{
	char first = **at;

	if (first != 'h' && first != 'l' && first != 'z')
		return 0;
	(*at)++;
	if (first == 'z' || **at != first)
		return first == 'z' ? 'l' : first;
	(*at)++;
	return first == 'h' ? 'H' : 'l';
}

[[gnu::noinline]] static s64 next_number(struct arguments *arguments, char length)
{
	s64 value = length == 'l' ? next_long(arguments) : next_int(arguments);

	return length == 'H' ? (signed char)value : length == 'h' ? (short)value : value;
}

/* The number as if it had no sign. */
static u64 without_sign(s64 value, char length)
{
	return length == 'H' ? (u8)value :
	       length == 'h' ? (u16)value :
	       length == 'l' ? (u64)value :
			       (u32)value;
}

/* False for a conversion that is none of ours. */
static bool convert(struct output *output, struct conversion *conversion,
		    struct arguments *arguments)
{
	const char *text;
	char c;
	s64 value;

	switch (conversion->letter) {
	case 'd':
	case 'i':
		value = next_number(arguments, conversion->length);
		put_number(output, conversion, value < 0 ? -(u64)value : (u64)value,
			   value < 0 ? "-" : "", 10);
		return true;
	case 'u':
	case 'x':
	case 'X':
		value = next_number(arguments, conversion->length);
		put_number(output, conversion, without_sign(value, conversion->length), "",
			   conversion->letter == 'u' ? 10 : 16);
		return true;
	case 'p':
		put_number(output, conversion, (uintptr_t)va_arg(arguments->list, void *), "0x",
			   16);
		return true;
	case 'c':
		c = (char)next_int(arguments);
		conversion->zeroes = false;
		put_field(output, conversion, &c, 1, 0);
		return true;
	case 's':
		text = va_arg(arguments->list, const char *);
		text = text ? text : "(null)";
		conversion->zeroes = false;
		put_field(output, conversion, text, strnlen(text, conversion->precision), 0);
		return true;
	case '%':
		put(output, '%');
		return true;
	default:
		return false;
	}
}

size_t format_list(char *buffer, size_t size, const char *pattern, va_list list)
{
	struct output output = { .buffer = buffer, .size = size };
	struct arguments arguments;

	va_copy(arguments.list, list);
	while (*pattern) {
		struct conversion conversion = { .precision = SIZE_MAX };
		const char *at = pattern + 1;

		if (*pattern != '%') {
			put(&output, *pattern++);
			continue;
		}
		for (; *at == '-' || *at == '0'; at++) {
			conversion.left |= *at == '-';
			conversion.zeroes |= *at == '0';
		}
		conversion.width = parse_size(&at, &arguments);
		if (*at == '.') {
			at++;
			conversion.precision = parse_size(&at, &arguments);
		}
		conversion.length = parse_length(&at);
		conversion.letter = *at;
		if (!convert(&output, &conversion, &arguments)) {
			/* Which arguments follow is unknown from here on: no more is converted. */
			while (*pattern)
				put(&output, *pattern++);
			break;
		}
		pattern = at + 1;
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
