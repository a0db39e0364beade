/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HII packages that an image brings along (UEFI 2.11, 7.4.1): the resource of the type "HII" in
 * its section ".rsrc" (Microsoft's PE specification, "The .rsrc Section").
 *
 * A directory, of which there is one per level (type, name, language):
 *
 *	offset	size
 *	12	2	entries with a name, which come first
 *	14	2	entries with a number
 *	16		8 bytes per entry: the offset of the name, or the number; the offset of what
 *it leads to. The highest bit tells names and directories.
 *
 * Offsets count from the section's start; that of the data itself, from the image's.
 */
#include "efi/services/images.h"
#include "efi/spec/hii.h"
#include "lib/util.h"
#include "loaders/pe.h"

enum {
	DIRECTORY_HEADER_SIZE = 16,
	ENTRY_SIZE = 8,
	LEVELS = 3,
	ENTRIES_MAX = 64,
};

static const u32 highest_bit = 1u << 31;

static bool is_hii(struct span section, u32 name)
{
	static const u8 hii[] = { 3, 0, 'H', 0, 'I', 0, 'I', 0 };

	return (name & highest_bit) &&
	       span_equals(span_part(section, name & ~highest_bit, sizeof(hii)),
			   span_of(hii, sizeof(hii)));
}

/* Where the first entry of the directory leads, or the one for HII. False: there is none. */
static bool follow(struct span section, u32 directory, bool hii_only, u32 *target)
{
	struct reader r = { .rest = span_from(section, directory) };
	u32 count;

	(void)read_bytes(&r, DIRECTORY_HEADER_SIZE - 4);
	count = read_le16(&r);
	count += read_le16(&r);
	for (u32 i = 0; i < count && i < ENTRIES_MAX && !r.overrun; i++) {
		u32 name = read_le32(&r);

		*target = read_le32(&r);
		if (!r.overrun && (!hii_only || is_hii(section, name)))
			return true;
	}
	return false;
}

/*
 * A driver gives the list to NewPackageList(), which can only go by the length in the list's
 * header: it must not reach past the resource.
 */
static bool is_whole(struct span list)
{
	u32 length;

	if (list.size < sizeof(EFI_HII_PACKAGE_LIST_HEADER))
		return false;
	length = load_le32(list.data + offsetof(EFI_HII_PACKAGE_LIST_HEADER, PackageLength));
	return length >= sizeof(EFI_HII_PACKAGE_LIST_HEADER) && length <= list.size;
}

struct span efi_image_hii(const struct pe_image *pe, struct span placed)
{
	for (u32 i = 0; i < pe->section_count; i++) {
		struct pe_section at = pe_section(pe, i);
		struct span section = span_part(placed, at.address, at.memory_size);
		u32 target = highest_bit;
		struct span entry, data;
		bool found = true;

		if (memcmp(at.name, ".rsrc", sizeof(".rsrc")) != 0)
			continue;
		for (u32 level = 0; found && level < LEVELS; level++)
			found = (target & highest_bit) &&
				follow(section, target & ~highest_bit, level == 0, &target);
		if (!found || (target & highest_bit))
			return (struct span){ 0 };
		entry = span_part(section, target, ENTRY_SIZE);
		if (span_is_empty(entry))
			return (struct span){ 0 };
		data = span_part(placed, load_le32(entry.data), load_le32(entry.data + 4));
		return is_whole(data) ? data : (struct span){ 0 };
	}
	return (struct span){ 0 };
}
