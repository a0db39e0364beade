/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of HII packages (UEFI 2.11, 33.3): a GUID, the size, then packages. Those with strings:
 *
 *	offset	size
 *	0	3	bytes of the package
 *	3	1	type: 4
 *	4	4	bytes of this header
 *	8	4	offset of the first block
 *	12	32	windows of the compression
 *	44	2	the language's name, as a string's number
 *	46		the language, with a NUL
 *
 * Strings are numbered from 1 in the order of the blocks, some of which only skip numbers.
 */
#include "efi/protocols/hii.h"
#include "lib/util.h"

enum { STRING_LANGUAGE = 46, STRING_BLOCKS_FIELD = 8 };

static u32 package_length(struct span package)
{
	return load_le32(package.data) & 0xffffff;
}

u8 hii_package_type(struct span package)
{
	return package.data[3];
}

bool hii_next_package(struct span *rest, struct span *package)
{
	if (rest->size < HII_PACKAGE_HEADER_SIZE)
		return false;
	*package = span_part(*rest, 0, package_length(*rest));
	if (package->size < HII_PACKAGE_HEADER_SIZE ||
	    hii_package_type(*package) == EFI_HII_PACKAGE_END)
		return false;
	*rest = span_from(*rest, package->size);
	return true;
}

struct span hii_language(struct span package)
{
	size_t size = 0;

	while (STRING_LANGUAGE + size < package.size && package.data[STRING_LANGUAGE + size])
		size++;
	return span_part(package, STRING_LANGUAGE, size);
}

struct span hii_blocks(struct span package)
{
	return span_from(package, load_le32(package.data + STRING_BLOCKS_FIELD));
}

static bool strings_are_well_formed(struct span package)
{
	struct hii_walk walk;
	struct hii_item item;
	u32 blocks;

	if (package.size <= STRING_LANGUAGE)
		return false;
	blocks = load_le32(package.data + STRING_BLOCKS_FIELD);
	/* The language's NUL stands before the blocks. */
	if (blocks > package.size || STRING_LANGUAGE + hii_language(package).size >= blocks)
		return false;
	walk = hii_walk_start(package);
	while (hii_walk_next(&walk, &item))
		;
	return !walk.blocks.overrun && walk.next_id <= HII_STRING_ID_MAX + 1;
}

bool hii_list_check(struct span list)
{
	struct span rest = span_from(list, HII_LIST_HEADER_SIZE), package;

	if (list.size < HII_LIST_HEADER_SIZE)
		return false;
	while (hii_next_package(&rest, &package))
		if (hii_package_type(package) == EFI_HII_PACKAGE_STRINGS &&
		    !strings_are_well_formed(package))
			return false;
	/* Nothing is left but an end. */
	return rest.size == 0 ||
	       (rest.size >= HII_PACKAGE_HEADER_SIZE &&
		hii_package_type(rest) == EFI_HII_PACKAGE_END && package_length(rest) == rest.size);
}

struct hii_walk hii_walk_start(struct span package)
{
	return (struct hii_walk){ .blocks = { .rest = hii_blocks(package) }, .next_id = 1 };
}

/* Up to its NUL, which is taken off too. */
static struct span read_text(struct reader *r, bool is_ucs2)
{
	size_t unit = is_ucs2 ? sizeof(CHAR16) : 1, size = 0;
	struct span rest = r->rest, text;

	while (size + unit <= rest.size &&
	       (is_ucs2 ? load_le16(rest.data + size) : rest.data[size]) != 0)
		size += unit;
	text = read_bytes(r, size);
	(void)read_bytes(r, unit);
	return text;
}

static void read_string(struct hii_walk *walk, struct hii_item *item)
{
	item->is_string = true;
	item->has_font = walk->has_font;
	item->font = walk->font;
	item->is_ucs2 = walk->is_ucs2;
	item->text = read_text(&walk->blocks, walk->is_ucs2);
	item->id = (u16)walk->next_id++;
	walk->strings_left--;
}

/* Bit 0 of such types: with a font; bit 1: several strings; bit 2: UCS-2. */
static void begin_strings(struct hii_walk *walk, u8 type)
{
	walk->has_font = type & 1;
	walk->is_ucs2 = type & 4;
	walk->font = walk->has_font ? read_u8(&walk->blocks) : 0;
	walk->strings_left = type & 2 ? read_le16(&walk->blocks) : 1;
}

/* What the block's second byte extends has its own length. */
static void skip_extension(struct reader *r, u8 type)
{
	u64 length, header;

	(void)read_u8(r);
	if (type == EFI_HII_SIBT_EXT1) {
		length = read_u8(r);
		header = 3;
	} else if (type == EFI_HII_SIBT_EXT2) {
		length = read_le16(r);
		header = 4;
	} else {
		length = read_le32(r);
		header = 6;
	}
	if (length < header)
		r->overrun = true;
	else
		(void)read_bytes(r, length - header);
}

bool hii_walk_next(struct hii_walk *walk, struct hii_item *item)
{
	struct reader *r = &walk->blocks;
	struct span start = r->rest;
	u8 type;

	*item = (struct hii_item){ .id = (u16)walk->next_id };
	if (walk->next_id > HII_STRING_ID_MAX + 1)
		r->overrun = true;
	if (r->overrun)
		return false;
	if (walk->strings_left) {
		read_string(walk, item);
		return !r->overrun;
	}
	if (span_is_empty(r->rest))
		return false;
	type = read_u8(r);
	if (type >= EFI_HII_SIBT_STRING_SCSU && type <= EFI_HII_SIBT_STRINGS_UCS2_FONT) {
		begin_strings(walk, type);
		if (walk->strings_left) {
			read_string(walk, item);
			return !r->overrun;
		}
	} else if (type == EFI_HII_SIBT_DUPLICATE) {
		item->duplicate_of = read_le16(r);
		walk->next_id++;
	} else if (type == EFI_HII_SIBT_SKIP2) {
		walk->next_id += read_le16(r);
	} else if (type == EFI_HII_SIBT_SKIP1) {
		walk->next_id += read_u8(r);
	} else if (type >= EFI_HII_SIBT_EXT1 && type <= EFI_HII_SIBT_EXT4) {
		skip_extension(r, type);
	} else {
		if (type != EFI_HII_SIBT_END)
			r->overrun = true;
		return false;
	}
	item->block = span_part(start, 0, start.size - r->rest.size);
	return !r->overrun;
}

bool hii_find_string(struct span package, u16 id, struct hii_item *item)
{
	enum { DUPLICATES_MAX = 8 };

	for (u32 i = 0; i < DUPLICATES_MAX; i++) {
		struct hii_walk walk = hii_walk_start(package);

		do {
			if (!hii_walk_next(&walk, item))
				return false;
		} while (item->id != id || (!item->is_string && !item->duplicate_of));
		if (item->is_string)
			return true;
		id = item->duplicate_of;
	}
	return false;
}
