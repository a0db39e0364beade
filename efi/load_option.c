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

/* Reads the title, including its NUL. False: it is not terminated. */
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
		if (count < LOAD_OPTION_TITLE_SIZE / 3 - 1) /* always fits as UTF-8 */
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

enum status load_options_to_text(struct span data, struct arena *arena, struct span *out)
{
	size_t count = data.size / sizeof(u16), size = 3 * count + 1;
	u16 *units = arena_allocate(arena, 2 * (count + 1) * sizeof(*units));
	char *text = arena_allocate(arena, size);

	if (!units || !text)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < count; i++)
		units[i] = load_le16(data.data + i * sizeof(*units));
	if (count && !units[count - 1])
		count--;
	for (size_t i = 0; i < count; i++)
		if (unicode_is_control(units[i]))
			return ERR_UNSUPPORTED;
	*out = span_of(text, utf8_from_utf16(text, size, units, count));
	/* Half a pair would come back as another character. */
	if (data.size % sizeof(*units) ||
	    utf16_from_utf8(units + count + 1, count + 1, *out) != count ||
	    memcmp(units, units + count + 1, count * sizeof(*units)) != 0)
		return ERR_UNSUPPORTED;
	return OK;
}

enum status load_options_from_text(struct span text, struct arena *arena, struct span *out)
{
	u16 *units = arena_allocate(arena, (text.size + 1) * sizeof(*units));
	size_t count;

	*out = (struct span){ 0 };
	if (!units)
		return ERR_NO_MEMORY;
	count = utf16_from_utf8(units, text.size + 1, text);
	if (count)
		*out = span_of(units, (count + 1) * sizeof(*units));
	return OK;
}
