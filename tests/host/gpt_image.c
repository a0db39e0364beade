/* SPDX-License-Identifier: Apache-2.0 */
/* A small sgdisk, with its own CRC implementation to check ours. */
#include "tests/host/gpt_image.h"

#include "lib/util.h"

const u8 gpt_image_esp[16] = { 0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
			       0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b };
const u8 gpt_image_xbootldr[16] = { 0xff, 0xc2, 0x13, 0xbc, 0xe6, 0x59, 0x62, 0x42,
				    0xa3, 0x52, 0xb2, 0x75, 0xfd, 0x6f, 0x71, 0x72 };
const u8 gpt_image_other[16] = { 0xaf, 0x3d, 0xc6, 0x0f, 0x83, 0x84, 0x72, 0x47,
				 0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4 };

static u32 crc(const u8 *bytes, size_t size)
{
	u32 value = 0xffffffff;

	for (size_t i = 0; i < size; i++) {
		value ^= bytes[i];
		for (u32 bit = 0; bit < 8; bit++)
			value = value >> 1 ^ (value & 1 ? 0xedb88320 : 0);
	}
	return ~value;
}

u8 *gpt_image_header(const struct gpt_image *image)
{
	return image->bytes + image->block_size;
}

u8 *gpt_image_backup(const struct gpt_image *image)
{
	return image->bytes + image->last_lba * image->block_size;
}

u8 *gpt_image_entry(const struct gpt_image *image, u32 index)
{
	return image->bytes + image->entries_lba * image->block_size +
	       (size_t)index * image->entry_size;
}

static void write_header(const struct gpt_image *image, u8 *h, u64 lba, u64 alternate_lba,
			 u64 entries_lba, u64 entry_blocks)
{
	memcpy(h, "EFI PART", 8);
	store_le32(h + 8, 0x00010000);
	store_le32(h + 12, 92);
	store_le64(h + 24, lba);
	store_le64(h + 32, alternate_lba);
	store_le64(h + 40, 2 + entry_blocks);
	store_le64(h + 48, image->last_lba - 1 - entry_blocks);
	memset(h + 56, 0xd1, 16);
	store_le64(h + 72, entries_lba);
	store_le32(h + 80, image->entry_count);
	store_le32(h + 84, image->entry_size);
}

void gpt_image_init(struct gpt_image *image, void *bytes, size_t size, u32 block_size,
		    u32 entry_count, u32 entry_size)
{
	u64 entry_blocks;
	u8 *mbr = bytes;

	*image = (struct gpt_image){
		.bytes = bytes,
		.size = size,
		.block_size = block_size,
		.entry_count = entry_count ? entry_count : 128,
		.entry_size = entry_size ? entry_size : 128,
		.last_lba = size / block_size - 1,
		.entries_lba = 2,
	};
	entry_blocks = ((u64)image->entry_count * image->entry_size + block_size - 1) / block_size;
	image->backup_entries_lba = image->last_lba - entry_blocks;
	memset(bytes, 0, size);
	mbr[446 + 2] = 0x02;
	mbr[446 + 4] = 0xee;
	store_le32(mbr + 446 + 8, 1);
	store_le32(mbr + 446 + 12, (u32)min_u64(image->last_lba, UINT32_MAX));
	store_le16(mbr + 510, 0xaa55);
	write_header(image, gpt_image_header(image), 1, image->last_lba, image->entries_lba,
		     entry_blocks);
	write_header(image, gpt_image_backup(image), image->last_lba, 1, image->backup_entries_lba,
		     entry_blocks);
}

void gpt_image_partition(const struct gpt_image *image, u32 index, const u8 type[16], u64 first,
			 u64 last)
{
	u8 *entry = gpt_image_entry(image, index);

	memcpy(entry, type, 16);
	memset(entry + 16, (int)index + 1, 16);
	store_le64(entry + 32, first);
	store_le64(entry + 40, last);
}

void gpt_image_seal_header(const struct gpt_image *image, u64 lba)
{
	u8 *h = image->bytes + lba * image->block_size;
	u64 offset, size = (u64)load_le32(h + 80) * load_le32(h + 84);
	u32 header_size = load_le32(h + 12);

	if (!multiply_overflows(load_le64(h + 72), image->block_size, &offset) &&
	    offset <= image->size && size <= image->size - offset)
		store_le32(h + 88, crc(image->bytes + offset, size));
	if (header_size <= image->block_size) {
		store_le32(h + 16, 0);
		store_le32(h + 16, crc(h, header_size));
	}
}

void gpt_image_seal(const struct gpt_image *image)
{
	memcpy(image->bytes + image->backup_entries_lba * image->block_size,
	       gpt_image_entry(image, 0), (size_t)image->entry_count * image->entry_size);
	gpt_image_seal_header(image, 1);
	gpt_image_seal_header(image, image->last_lba);
}
