/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Short (8.3) and long names of directory entries. A short name is in the code page of the system
 * that wrote it, which is not stored on the volume. Bytes from 0x80 on are mapped to U+0080 to
 * U+00FF, so that a listed name can be opened.
 */
#include "fs/fat/fat.h"
#include "lib/utf.h"

enum {
	BASE_SIZE = 8,
	EXTENSION_SIZE = 3,
	CASE_LOWER_BASE = 0x08,
	CASE_LOWER_EXTENSION = 0x10,
	FIRST_IS_E5 = 0x05, /* 0xe5 itself would mean deleted */
};

static u32 field_to_units(const u8 *field, u32 field_size, bool lower, u16 *units)
{
	u32 size = field_size;

	while (size > 0 && field[size - 1] == ' ')
		size--;
	for (u32 i = 0; i < size; i++) {
		u8 byte = field[i];

		if (lower && byte >= 'A' && byte <= 'Z')
			byte += 'a' - 'A';
		units[i] = byte;
	}
	return size;
}

bool fat_name_can_have(u16 unit)
{
	return unit >= ' ' && unit != '/' && unit != '\\';
}

u32 fat_short_name_units(const u8 *entry, u16 units[FAT_SHORT_NAME_UNITS])
{
	u32 count =
		field_to_units(entry, BASE_SIZE, entry[FAT_CASE_OFFSET] & CASE_LOWER_BASE, units);
	u32 extension;

	if (entry[0] == ' ')
		return 0;
	if (entry[0] == FIRST_IS_E5)
		units[0] = 0xe5;
	extension = field_to_units(entry + BASE_SIZE, EXTENSION_SIZE,
				   entry[FAT_CASE_OFFSET] & CASE_LOWER_EXTENSION,
				   units + count + 1);
	for (u32 i = 0; i < count + (extension ? 1 + extension : 0); i++)
		if (i != count && (!fat_name_can_have(units[i]) || units[i] == '.'))
			return 0;
	if (extension) {
		if (units[count + 1] == ' ')
			return 0;
		units[count] = '.';
		count += 1 + extension;
	}
	return count;
}

u32 fat_name_to_units(struct span name, u16 units[FAT_LONG_NAME_MAX])
{
	u32 count = 0;

	while (!span_is_empty(name)) {
		u32 character = utf8_next(&name);
		u32 size = character > 0xffff ? 2 : 1;

		if (count + size > FAT_LONG_NAME_MAX)
			return 0;
		if (size == 2) {
			units[count++] = (u16)(0xd800 | ((character - 0x10000) >> 10));
			units[count++] = (u16)(0xdc00 | (character & 0x3ff));
		} else {
			units[count++] = (u16)character;
		}
	}
	return count;
}

u8 fat_name_checksum(const u8 *short_name)
{
	u8 sum = 0;

	for (u32 i = 0; i < FAT_SHORT_NAME_SIZE; i++)
		sum = (u8)((sum >> 1 | sum << 7) + short_name[i]);
	return sum;
}

u32 fat_name_unit_offset(u32 index)
{
	/* The units are in three places of the entry: 5 at 1, 6 at 14, 2 at 28. */
	return index * 2 + (index < 5 ? 1 : index < 11 ? 14 - 5 * 2 : 28 - 11 * 2);
}

u32 fat_name_identity(const u8 *short_name)
{
	u32 hash = 0x811c9dc5; /* FNV-1a */

	for (u32 i = 0; i < FAT_SHORT_NAME_SIZE; i++)
		hash = (hash ^ short_name[i]) * 0x01000193;
	return hash;
}
