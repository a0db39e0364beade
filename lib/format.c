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

enum { DIGITS_MAX = 20 }; /* of a u64 in decimal */

static void put(struct output *output, char c)
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

static void put_text(struct output *output, const struct conversion *conversion, const char *text,
		     size_t size)
{
	size_t padding = conversion->width > size ? conversion->width - size : 0;

	if (!conversion->left)
		put_many(output, ' ', padding);
	for (size_t i = 0; i < size; i++)
		put(output, text[i]);
	if (conversion->left)
		put_many(output, ' ', padding);
}

static void put_number(struct output *output, const struct conversion *conversion, u64 value,
		       const char *prefix, u32 base, char ten)
{
	char digits[DIGITS_MAX];
	size_t count = 0, size, padding;

	do {
		u32 digit = (u32)(value % base);

		digits[count++] = (char)(digit < 10 ? '0' + digit : (u32)ten + digit - 10);
		value /= base;
	} while (value);

	size = strlen(prefix) + count;
	padding = conversion->width > size ? conversion->width - size : 0;
	if (!conversion->left && !conversion->zeroes)
		put_many(output, ' ', padding);
	while (*prefix)
		put(output, *prefix++);
	if (!conversion->left && conversion->zeroes)
		put_many(output, '0', padding);
	while (count)
		put(output, digits[--count]);
	if (conversion->left)
		put_many(output, ' ', padding);
}

static size_t parse_number(const char **at)
{
	size_t value = 0;

	while (**at >= '0' && **at <= '9')
		value = value * 10 + (size_t)(*(*at)++ - '0');
	return value;
}

/* Width or precision: digits, or '*' and an int, of which a negative one counts as 0. */
#define SIZE_OR_ARGUMENT(at, arguments)                                   \
	({                                                                \
		size_t size_value;                                        \
		if (*(at) == '*') {                                       \
			int argument = va_arg(arguments, int);            \
			size_value = argument < 0 ? 0 : (size_t)argument; \
			(at)++;                                           \
		} else {                                                  \
			size_value = parse_number(&(at));                 \
		}                                                         \
		size_value;                                               \
	})

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

static s64 narrow_signed(s64 value, char length)
{
	return length == 'H' ? (signed char)value : length == 'h' ? (short)value : value;
}

static u64 narrow_unsigned(u64 value, char length)
{
	return length == 'H' ? (u8)value : length == 'h' ? (u16)value : value;
}

size_t format_list(char *buffer, size_t size, const char *pattern, va_list arguments)
{
	struct output output = { .buffer = buffer, .size = size };

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
		conversion.width = SIZE_OR_ARGUMENT(at, arguments);
		if (*at == '.') {
			at++;
			conversion.precision = SIZE_OR_ARGUMENT(at, arguments);
		}
		conversion.length = parse_length(&at);
		conversion.letter = *at;

		switch (conversion.letter) {
		case 'd':
		case 'i': {
			s64 value = conversion.length == 'l' ? va_arg(arguments, long) :
							       va_arg(arguments, int);

			value = narrow_signed(value, conversion.length);
			put_number(&output, &conversion, value < 0 ? -(u64)value : (u64)value,
				   value < 0 ? "-" : "", 10, 'a');
			break;
		}
		case 'u':
		case 'x':
		case 'X': {
			u64 value = conversion.length == 'l' ? va_arg(arguments, unsigned long) :
							       va_arg(arguments, unsigned int);

			put_number(&output, &conversion, narrow_unsigned(value, conversion.length),
				   "", conversion.letter == 'u' ? 10 : 16,
				   conversion.letter == 'X' ? 'A' : 'a');
			break;
		}
		case 'p':
			put_number(&output, &conversion, (uintptr_t)va_arg(arguments, void *), "0x",
				   16, 'a');
			break;
		case 'c': {
			char c = (char)va_arg(arguments, int);

			put_text(&output, &conversion, &c, 1);
			break;
		}
		case 's': {
			const char *text = va_arg(arguments, const char *);

			text = text ? text : "(null)";
			put_text(&output, &conversion, text, strnlen(text, conversion.precision));
			break;
		}
		case '%':
			put(&output, '%');
			break;
		default:
			/* Which arguments follow is unknown from here on. */
			while (*pattern)
				put(&output, *pattern++);
			continue;
		}
		pattern = at + 1;
	}

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
