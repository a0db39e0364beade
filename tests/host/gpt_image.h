/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes valid GUID partition tables in memory, which a test can modify and give correct CRCs again.
 */
#pragma once

#include "tests/host/host.h"

struct gpt_image {
	u8 *bytes;
	size_t size;
	u32 block_size;
	u32 entry_count, entry_size;
	u64 entries_lba, backup_entries_lba, last_lba;
};

extern const u8 gpt_image_esp[16], gpt_image_xbootldr[16], gpt_image_other[16];

/*
 * Makes an empty table at the start and end of @bytes, which are zeroed. @entry_count 0: 128
 * entries of 128 bytes.
 */
void gpt_image_init(struct gpt_image *image, void *bytes, size_t size, u32 block_size,
		    u32 entry_count, u32 entry_size);

u8 *gpt_image_header(const struct gpt_image *image);
u8 *gpt_image_backup(const struct gpt_image *image);
u8 *gpt_image_entry(const struct gpt_image *image, u32 index);

/* Sets entry @index of the primary table. */
void gpt_image_partition(const struct gpt_image *image, u32 index, const u8 type[16], u64 first,
			 u64 last);

/*
 * Sets the correct CRCs in the header at @lba, for the array to which it refers, as far as that is
 * on the disk.
 */
void gpt_image_seal_header(const struct gpt_image *image, u64 lba);

/* Copies the entries to the backup and sets all CRCs. */
void gpt_image_seal(const struct gpt_image *image);
