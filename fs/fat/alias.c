/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory entries of a new name: a single entry if a short name is sufficient, otherwise
 * those of the long name and an alias for it, as in Windows and Linux.
 */
#include "fs/fat/write.h"
#include "lib/utf.h"

enum {
	BASE_SIZE = 8,
	EXTENSION_SIZE = 3,
	ALIASES_NUMBERED = 4, /* NAME~1 to NAME~4; after that, a hash of the long name distinguishes
				 them */
	ALIASES_MAX = 24,
};

/* A candidate for the short name, which may already be taken. */
struct candidate {
	u8 name[FAT_SHORT_NAME_SIZE];
	bool is_taken;
};

static bool is_one_of(u16 unit, const char *characters)
{
	for (; *characters; characters++)
		if (unit == (u8)*characters)
			return true;
	return false;
}

static bool is_forbidden(u16 unit)
{
	return !fat_name_can_have(unit) || unit == UNICODE_REPLACEMENT ||
	       is_one_of(unit, "\"*:<>?|\x7f");
}

/* FAT names do not end in a dot or a blank, because systems ignore those in look-ups. */
static bool is_valid(const u16 *units, u32 count)
{
	if (count == 0 || units[count - 1] == '.' || units[count - 1] == ' ')
		return false;
	for (u32 i = 0; i < count; i++)
		if (is_forbidden(units[i]))
			return false;
	return true;
}

u8 fat_short_unit(u16 unit)
{
	if (unit >= 'a' && unit <= 'z')
		return (u8)(unit - ('a' - 'A'));
	if ((unit >= 'A' && unit <= 'Z') || (unit >= '0' && unit <= '9') ||
	    is_one_of(unit, "!#$%&'()-@^_`{}~"))
		return (u8)unit;
	return 0;
}

/*
 * The form of a unit in a short name; 0 if it is left out. Clears @exact unless it is the same
 * there, and @alike unless it differs only in case.
 */
static u8 to_short(u16 unit, bool *exact, bool *alike)
{
	u8 byte = fat_short_unit(unit);

	if (byte != unit)
		*exact = false;
	if (byte)
		return byte;
	*exact = *alike = false;
	return unit == ' ' || unit == '.' ? 0 : '_';
}

/* Fills a field of a short name with the units before @end. Returns the number of bytes used. */
static u32 fill_field(const u16 *units, u32 end, u8 *field, u32 field_size, bool *exact,
		      bool *alike)
{
	u32 size = 0;

	for (u32 i = 0; i < end; i++) {
		u8 byte = to_short(units[i], exact, alike);

		if (byte && size == field_size)
			*exact = *alike = false;
		else if (byte)
			field[size++] = byte;
	}
	return size;
}

static u32 hash_of(const u16 *units, u32 count)
{
	u32 hash = 0x811c9dc5; /* FNV-1a */

	for (u32 i = 0; i < count; i++)
		hash = (hash ^ units[i]) * 0x01000193;
	return hash;
}

static u8 hex_digit(u32 value)
{
	return (u8) "0123456789ABCDEF"[value & 15];
}

/*
 * Fills in the candidates for the short name of @units, the best first, and returns their number.
 * @exact: the first one needs no long name.
 */
static u32 list_candidates(const u16 *units, u32 count, struct candidate *out, bool *exact)
{
	u8 plain[FAT_SHORT_NAME_SIZE];
	u32 dot = count, base_size, listed = 0, hash = hash_of(units, count);
	bool alike = true;

	*exact = true;
	memset(plain, ' ', sizeof(plain));
	for (u32 i = 1; i < count; i++)
		if (units[i] == '.')
			dot = i;
	base_size = fill_field(units, dot, plain, BASE_SIZE, exact, &alike);
	if (dot < count)
		(void)fill_field(units + dot + 1, count - dot - 1, plain + BASE_SIZE,
				 EXTENSION_SIZE, exact, &alike);
	if (base_size == 0) {
		alike = *exact = false;
		plain[0] = '_';
		base_size = 1;
	}
	for (; listed < ALIASES_MAX; listed++, hash = hash * 0x01000193 + 1) {
		u8 *name = out[listed].name;
		u32 size = base_size;

		out[listed].is_taken = false;
		memcpy(name, plain, sizeof(plain));
		if (listed == 0 && alike)
			continue;
		if (listed <= ALIASES_NUMBERED) {
			size = size > 6 ? 6 : size;
		} else {
			size = size > 2 ? 2 : size;
			for (u32 i = 0; i < 4; i++)
				name[size++] = hex_digit(hash >> (8 + 4 * i));
		}
		name[size++] = '~';
		name[size++] = (u8)(listed > ALIASES_NUMBERED || listed == 0 ? '1' : '0' + listed);
		while (size < BASE_SIZE)
			name[size++] = ' ';
	}
	return listed;
}

/* Reads each entry of the directory once. */
static enum status mark_taken(const struct fat *fat, u32 directory, u64 own_offset,
			      struct candidate *candidates, u32 count)
{
	struct fat_walk walk = fat_walk_start(fat, directory);

	for (;;) {
		const u8 *bytes;
		enum status status = fat_walk_step(&walk, &bytes);

		if (status == ERR_NOT_FOUND || (!status && bytes[0] == FAT_FREE_FROM_HERE))
			return OK;
		if (status)
			return status;
		if (bytes[0] == FAT_DELETED || walk.offset - FAT_ENTRY_SIZE == own_offset ||
		    (bytes[FAT_KIND_OFFSET] & FAT_KIND_LONG_NAME_MASK) == FAT_KIND_LONG_NAME)
			continue;
		for (u32 i = 0; i < count; i++)
			if (memcmp(candidates[i].name, bytes, FAT_SHORT_NAME_SIZE) == 0)
				candidates[i].is_taken = true;
	}
}

static void fill_long_name(const u16 *units, u32 count, struct fat_name_entries *out)
{
	const u32 parts = out->count - 1;
	const u8 checksum = fat_name_checksum(out->bytes[parts]);

	for (u32 part = 0; part < parts; part++) {
		u8 *bytes = out->bytes[parts - 1 - part];

		bytes[0] = (u8)((part + 1) | (part + 1 == parts ? FAT_PART_LAST : 0));
		bytes[FAT_KIND_OFFSET] = FAT_KIND_LONG_NAME;
		bytes[FAT_PART_CHECKSUM_OFFSET] = checksum;
		for (u32 i = 0; i < FAT_LONG_NAME_PART; i++) {
			const u32 at = part * FAT_LONG_NAME_PART + i;

			store_le16(bytes + fat_name_unit_offset(i), at < count  ? units[at] :
								    at == count ? 0 :
										  0xffff);
		}
	}
}

enum status fat_name_to_entries(const struct fat *fat, u32 directory, struct span name,
				u64 own_offset, const u8 entry[FAT_ENTRY_SIZE],
				struct fat_name_entries *out)
{
	struct candidate candidates[ALIASES_MAX];
	u16 units[FAT_LONG_NAME_MAX];
	const u32 unit_count = fat_name_to_units(name, units);
	u32 count, chosen = 0;
	bool exact;
	u8 *short_entry;
	enum status status;

	if (!is_valid(units, unit_count))
		return ERR_INVALID;
	count = list_candidates(units, unit_count, candidates, &exact);
	status = mark_taken(fat, directory, own_offset, candidates, count);
	if (status)
		return status;
	while (chosen < count && candidates[chosen].is_taken)
		chosen++;
	if (chosen == count)
		return ERR_FULL;
	*out = (struct fat_name_entries){ .count = 1 };
	if (!exact || chosen > 0)
		out->count += (unit_count + FAT_LONG_NAME_PART - 1) / FAT_LONG_NAME_PART;
	short_entry = fat_short_entry(out);
	memcpy(short_entry, entry, FAT_ENTRY_SIZE);
	memcpy(short_entry, candidates[chosen].name, FAT_SHORT_NAME_SIZE);
	short_entry[FAT_CASE_OFFSET] = 0;
	fill_long_name(units, unit_count, out);
	return OK;
}
