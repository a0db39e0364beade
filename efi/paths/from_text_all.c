/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields that only nodes have which virtual machines do not have (EFI_PATH_ALL_NODES).
 */
#include "efi/paths/text.h"
#include "lib/util.h"

/* Removes the text before the next @separator, and that, from the front. False: there is none. */
static bool take_before(struct path_piece *rest, CHAR16 separator, struct path_piece *part)
{
	*part = (struct path_piece){ rest->units, 0 };
	while (part->count < rest->count && part->units[part->count] != separator)
		part->count++;
	if (part->count == rest->count)
		return false;
	rest->units += part->count + 1;
	rest->count -= part->count + 1;
	return true;
}

/* "10.0.2.15" */
static bool put_ipv4(struct path_piece text, u8 *at)
{
	enum { LAST = 3 };

	for (u32 i = 0; i <= LAST; i++) {
		struct path_piece part = text;

		if ((i < LAST && !take_before(&text, '.', &part)) || !part.count ||
		    !path_put_number(part, 1, at ? at + i : NULL))
			return false;
	}
	return true;
}

/* Digits of a number, at most 2 for each byte of @width, without the "0x". */
static bool parse_digits(struct path_piece text, u32 width, u64 *out)
{
	*out = 0;
	if (!text.count || text.count > 2 * (size_t)width)
		return false;
	for (; text.count; text.units++, text.count--) {
		u32 digit = path_digit(*text.units);

		if (digit > 15)
			return false;
		*out = *out << 4 | digit;
	}
	return true;
}

/* Eight groups: "fe80:0:0:0:0:0:0:1" */
static bool put_ipv6(struct path_piece text, u8 *at)
{
	enum { LAST = 7 };

	for (u32 i = 0; i <= LAST; i++) {
		struct path_piece part = text;
		u64 group;

		if ((i < LAST && !take_before(&text, ':', &part)) ||
		    !parse_digits(part, sizeof(u16), &group))
			return false;
		if (at) {
			at[2 * i] = (u8)(group >> 8);
			at[2 * i + 1] = (u8)group;
		}
	}
	return true;
}

static bool put_bare(struct path_piece text, u8 *at)
{
	u64 value;

	if (!parse_digits(text, sizeof(value), &value))
		return false;
	if (at)
		store_le64(at, value);
	return true;
}

/* "0x0a0b" with all digits. */
static bool put_big(struct path_piece text, u32 width, u8 *at)
{
	if (text.count != 2 + 2 * (size_t)width || text.units[0] != '0' ||
	    (text.units[1] | 0x20) != 'x')
		return false;
	return path_put_bytes((struct path_piece){ text.units + 2, text.count - 2 }, at);
}

static bool put_padded(struct path_piece text, u32 width, u8 *at)
{
	if (text.count > width)
		return false;
	for (size_t i = 0; i < text.count; i++) {
		if (text.units[i] < ' ' || text.units[i] >= 0x7f)
			return false;
		if (at)
			at[i] = (u8)text.units[i];
	}
	return true;
}

/* A word of the field, or the number for which it stands; any number if it is a protocol. */
static bool put_word(const struct path_field *field, struct path_piece text, u8 *at)
{
	u8 number[sizeof(u32)] = { 0 };
	u32 value;

	for (u32 i = 0; i < path_word_count; i++)
		if (path_words[i].kind == field->kind && path_piece_is(text, path_words[i].name)) {
			if (at)
				*at = path_words[i].value;
			return true;
		}
	if (!path_put_number(text, field->width, number))
		return false;
	value = load_le32(number);
	for (u32 i = 0; field->kind != PATH_FIELD_PROTOCOL; i++) {
		if (i == path_word_count)
			return false;
		if (path_words[i].kind == field->kind && path_words[i].value == value)
			break;
	}
	return path_put_number(text, field->width, at);
}

/* Fields that are left out are 0. */
bool path_put_other(const struct path_field *field, struct path_piece text, u8 *at)
{
	if (!text.count)
		return true;
	switch (field->kind) {
	case PATH_FIELD_DIGITS:
		return text.count == 2 * (size_t)field->width && path_put_bytes(text, at);
	case PATH_FIELD_BIG:
		return put_big(text, field->width, at);
	case PATH_FIELD_BARE:
		return put_bare(text, at);
	case PATH_FIELD_IPV4:
		return put_ipv4(text, at);
	case PATH_FIELD_IPV6:
		return put_ipv6(text, at);
	case PATH_FIELD_PADDED:
		return put_padded(text, field->width, at);
	default:
		return put_word(field, text, at);
	}
}
