/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields that only nodes have which virtual machines do not have (EFI_PATH_ALL_NODES), from
 * their text.
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

/* All @count groups of a part of an address, "fe80:0:1". */
static bool put_ipv6_groups(struct path_piece text, size_t count, u8 *at)
{
	for (size_t i = 0; i < count; i++) {
		struct path_piece part = text;
		u64 group;

		if ((i + 1 < count && !take_before(&text, ':', &part)) ||
		    !parse_digits(part, sizeof(u16), &group))
			return false;
		if (at)
			store_be16(at + 2 * i, (u16)group);
	}
	return true;
}

static size_t count_ipv6_groups(struct path_piece text)
{
	size_t count = text.count != 0;

	for (size_t i = 0; i < text.count; i++)
		count += text.units[i] == ':';
	return count;
}

/* Eight groups of digits, "::" for zeroes. */
static bool put_ipv6(struct path_piece text, u8 *at)
{
	enum { GROUPS = 8 };
	struct path_piece first = text, last;
	size_t first_count, last_count, gap = 0;

	while (gap + 1 < text.count && (text.units[gap] != ':' || text.units[gap + 1] != ':'))
		gap++;
	if (gap + 1 >= text.count)
		return count_ipv6_groups(text) == GROUPS && put_ipv6_groups(text, GROUPS, at);
	first.count = gap;
	last = (struct path_piece){ text.units + gap + 2, text.count - gap - 2 };
	first_count = count_ipv6_groups(first);
	last_count = count_ipv6_groups(last);
	return first_count + last_count < GROUPS && put_ipv6_groups(first, first_count, at) &&
	       put_ipv6_groups(last, last_count, at ? at + 2 * (GROUPS - last_count) : NULL);
}

/* The port after an address; a field of width 0 has none. */
static bool put_port(const struct path_field *field, struct path_piece text, u8 *at)
{
	return field->width && text.count &&
	       path_put_number(text, sizeof(u16), at ? at + field->width : NULL);
}

/* "10.0.2.15", "10.0.2.15:80" */
static bool put_ipv4_field(const struct path_field *field, struct path_piece text, u8 *at)
{
	struct path_piece address;

	if (!take_before(&text, ':', &address))
		return put_ipv4(text, at);
	return put_port(field, text, at) && put_ipv4(address, at);
}

/* "fe80::1", "[fe80::1]", "[fe80::1]:80" */
static bool put_ipv6_field(const struct path_field *field, struct path_piece text, u8 *at)
{
	struct path_piece address;

	if (*text.units != '[')
		return put_ipv6(text, at);
	text.units++;
	text.count--;
	if (!take_before(&text, ']', &address) || !put_ipv6(address, at))
		return false;
	if (!text.count)
		return true;
	if (*text.units != ':')
		return false;
	return put_port(field, (struct path_piece){ text.units + 1, text.count - 1 }, at);
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

bool path_put_big(struct path_piece text, u32 width, u8 *at)
{
	if (text.count != 2 + 2 * (size_t)width || text.units[0] != '0' ||
	    (text.units[1] | 0x20) != 'x')
		return false;
	return path_put_bytes((struct path_piece){ text.units + 2, text.count - 2 }, at);
}

bool path_put_padded(struct path_piece text, u32 width, u8 *at)
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

bool path_parse_word(u8 kind, struct path_piece text, u32 width, u64 *out)
{
	bool is_known = kind == PATH_FIELD_PROTOCOL || kind == PATH_FIELD_BIOS_DEVICE;

	for (u32 i = 0; i < path_word_count; i++)
		if (path_words[i].kind == kind && path_piece_is(text, path_words[i].name)) {
			*out = path_words[i].value;
			return true;
		}
	if (!path_parse_number(text, width, out))
		return false;
	for (u32 i = 0; i < path_word_count && !is_known; i++)
		is_known = path_words[i].kind == kind && path_words[i].value == *out;
	return is_known || (kind == PATH_FIELD_CONNECTION && *out <= 3);
}

static bool put_word(const struct path_field *field, struct path_piece text, u8 *at)
{
	u64 value;

	if (!path_parse_word(field->kind, text, field->width, &value))
		return false;
	for (u32 i = 0; at && i < field->width; i++, value >>= 8)
		at[i] = (u8)value;
	return true;
}

/* Fields that are left out. */
static void put_default(const struct path_field *field, u8 *at)
{
	enum { UDP = 17 };

	if (field->kind == PATH_FIELD_PROTOCOL)
		*at = UDP;
	if (field->kind == PATH_FIELD_ONES)
		memset(at, 0xff, field->width);
}

bool path_put_other(const struct path_field *field, struct path_piece text, u8 *at)
{
	if (!text.count && at)
		put_default(field, at);
	if (!text.count)
		return true;
	switch (field->kind) {
	case PATH_FIELD_DIGITS:
		return text.count == 2 * (size_t)field->width && path_put_bytes(text, at);
	case PATH_FIELD_BIG:
		return path_put_big(text, field->width, at);
	case PATH_FIELD_BARE:
		return put_bare(text, at);
	case PATH_FIELD_IPV4:
		return put_ipv4_field(field, text, at);
	case PATH_FIELD_IPV6:
		return put_ipv6_field(field, text, at);
	case PATH_FIELD_PADDED:
		return path_put_padded(text, field->width, at);
	case PATH_FIELD_ONES:
		return path_put_number(text, field->width, at);
	default:
		return put_word(field, text, at);
	}
}
