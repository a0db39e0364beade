/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_LOAD_OPTION, as operating systems and installers write it (UEFI 2.11, 3.1.3):
 *
 *	offset	size
 *	0	4	attributes
 *	4	2	size of the path list
 *	6		title, UTF-16 with a NUL
 *			path list: device paths; the first is what to start
 *			the rest: optional data for the program, of any kind
 */
#include "efi/load_option.h"

#include "efi/efi.h"
#include "lib/utf.h"

/* Reads the title, with its NUL. False: it does not end. */
static bool read_title(struct reader *r, char title[LOAD_OPTION_TITLE_SIZE])
{
	u16 units[LOAD_OPTION_TITLE_SIZE];
	size_t count = 0;

	for (;;) {
		u16 unit = read_le16(r);

		if (r->overrun)
			return false;
		if (!unit)
			break;
		if (count < LOAD_OPTION_TITLE_SIZE / 3 - 1) /* what fits as UTF-8 in any case */
			units[count++] = unit;
	}
	utf8_from_utf16(title, LOAD_OPTION_TITLE_SIZE, units, count);
	return true;
}

enum status load_option_read(struct span bytes, struct load_option *out)
{
	struct reader r = { .rest = bytes };
	struct span list;
	u16 list_size;

	out->attributes = read_le32(&r);
	list_size = read_le16(&r);
	if (!read_title(&r, out->title))
		return ERR_CORRUPT;
	list = read_bytes(&r, list_size);
	if (r.overrun || !efi_path_size(list.data, list.size))
		return ERR_CORRUPT;
	out->path = (const EFI_DEVICE_PATH_PROTOCOL *)list.data;
	out->optional_data = r.rest;
	return OK;
}
