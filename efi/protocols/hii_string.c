/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_HII_STRING_PROTOCOL (UEFI 2.11, 34.3). A package is written anew when one of its strings
 * changes. Compressed strings (SCSU) are taken for Latin-1, which they are as long as they have no
 * control codes.
 *
 * An allocation may signal an event, whose function could remove the list that is being changed:
 * events are held meanwhile.
 */
#include "efi/protocols/hii.h"
#include "efi/services/events.h"
#include "lib/text.h"
#include "lib/util.h"

enum { LANGUAGE_OFFSET = 46, LANGUAGE_SIZE_MAX = 128, PACKAGE_SIZE_MAX = 0xffffff };

static bool is_strings(const struct hii_package *package)
{
	return hii_package_type(hii_bytes(package)) == EFI_HII_PACKAGE_STRINGS;
}

/* "en" of "en;x-other": the first is the language, the others go with it. */
static struct span primary_language(const struct hii_package *package)
{
	struct span language = hii_language(hii_bytes(package));

	for (size_t i = 0; i < language.size; i++)
		if (language.data[i] == ';')
			return span_part(language, 0, i);
	return language;
}

/* Where the list points to its strings of @language; to NULL: it has none. */
static struct hii_package **find_language(struct hii_list *list, const CHAR8 *language)
{
	struct hii_package **at = &list->packages;

	for (; *at; at = &(*at)->next)
		if (is_strings(*at) && text_equals_ignoring_case(primary_language(*at), language))
			break;
	return at;
}

/* Bytes on their way into a package; NULL: only counted. */
struct builder {
	u8 *bytes;
	size_t size;
};

static void add_bytes(struct builder *b, const void *bytes, size_t size)
{
	if (b->bytes && size)
		memcpy(b->bytes + b->size, bytes, size);
	b->size += size;
}

static void add_u8(struct builder *b, u8 value)
{
	add_bytes(b, &value, sizeof(value));
}

static void add_u16(struct builder *b, u16 value)
{
	add_bytes(b, &value, sizeof(value));
}

static void add_string(struct builder *b, struct span ucs2)
{
	add_u8(b, EFI_HII_SIBT_STRING_UCS2);
	add_bytes(b, ucs2.data, ucs2.size);
	add_u16(b, 0);
}

/* An item as it was, but alone. */
static void add_item(struct builder *b, const struct hii_item *item)
{
	if (!item->is_string) {
		add_bytes(b, item->block.data, item->block.size);
		return;
	}
	add_u8(b,
	       (u8)(EFI_HII_SIBT_STRING_SCSU | (item->has_font ? 1 : 0) | (item->is_ucs2 ? 4 : 0)));
	if (item->has_font)
		add_u8(b, item->font);
	add_bytes(b, item->text.data, item->text.size);
	add_u8(b, 0);
	if (item->is_ucs2)
		add_u8(b, 0);
}

/* All of @package, with @ucs2 as its string @id. */
static void add_package(struct builder *b, struct span package, u16 id, struct span ucs2)
{
	struct hii_walk walk = hii_walk_start(package);
	struct hii_item item;

	add_bytes(b, package.data, package.size - hii_blocks(package).size);
	while (hii_walk_next(&walk, &item)) {
		if (item.id == id && (item.is_string || item.duplicate_of))
			add_string(b, ucs2);
		else
			add_item(b, &item);
	}
	if (walk.next_id <= id) {
		if (walk.next_id < id) {
			add_u8(b, EFI_HII_SIBT_SKIP2);
			add_u16(b, (u16)(id - walk.next_id));
		}
		add_string(b, ucs2);
	}
	add_u8(b, EFI_HII_SIBT_END);
}

/* Puts a package in the place of *@at that has the string @id. */
static EFI_STATUS change_string(struct hii_package **at, u16 id, struct span ucs2)
{
	struct builder b = { NULL, 0 };
	struct hii_package *old = *at, *made;

	add_package(&b, hii_bytes(old), id, ucs2);
	if (b.size > PACKAGE_SIZE_MAX)
		return EFI_OUT_OF_RESOURCES;
	made = efi_allocate(sizeof(*made) + b.size);
	if (!made)
		return EFI_OUT_OF_RESOURCES;
	made->size = b.size;
	made->next = old->next;
	b = (struct builder){ made->bytes, 0 };
	add_package(&b, hii_bytes(old), id, ucs2);
	store_le32(made->bytes, (u32)b.size | (u32)EFI_HII_PACKAGE_STRINGS << 24);
	*at = made;
	efi_free(old);
	return EFI_SUCCESS;
}

/* A package of @language whose only string is the language's name. */
static EFI_STATUS new_language(struct hii_package **at, const CHAR8 *language, struct span name)
{
	size_t language_size = strlen(language) + 1;
	size_t header_size = LANGUAGE_OFFSET + language_size;
	size_t size = header_size + 1 + name.size + sizeof(CHAR16) + 1;
	struct hii_package *made;
	struct builder b;

	if (language_size > LANGUAGE_SIZE_MAX || size > PACKAGE_SIZE_MAX)
		return EFI_OUT_OF_RESOURCES;
	made = efi_allocate(sizeof(*made) + size);
	if (!made)
		return EFI_OUT_OF_RESOURCES;
	made->size = size;
	store_le32(made->bytes, (u32)size | (u32)EFI_HII_PACKAGE_STRINGS << 24);
	store_le32(made->bytes + 4, (u32)header_size);
	store_le32(made->bytes + 8, (u32)header_size);
	store_le16(made->bytes + 44, 1);
	memcpy(made->bytes + LANGUAGE_OFFSET, language, language_size);
	b = (struct builder){ made->bytes, header_size };
	add_string(&b, name);
	add_u8(&b, EFI_HII_SIBT_END);
	*at = made;
	return EFI_SUCCESS;
}

static struct span span_of_ucs2(const CHAR16 *text)
{
	size_t count = 0;

	while (text && text[count])
		count++;
	return span_of(text, count * sizeof(*text));
}

/* No language of the list has a string of this number, or a later one. */
static u32 next_id(const struct hii_list *list)
{
	u32 next = 2; /* 1 is the language's name */

	for (struct hii_package *package = list->packages; package; package = package->next) {
		struct hii_walk walk;
		struct hii_item item;

		if (!is_strings(package))
			continue;
		walk = hii_walk_start(hii_bytes(package));
		while (hii_walk_next(&walk, &item))
			;
		next = (u32)max_u64(next, walk.next_id);
	}
	return next;
}

static EFI_STATUS EFIAPI new_string(const EFI_HII_STRING_PROTOCOL *this, EFI_HII_HANDLE handle,
				    EFI_STRING_ID *id, const CHAR8 *language,
				    const CHAR16 *language_name, const CHAR16 *string,
				    const EFI_FONT_INFO *font)
{
	struct hii_list *list = hii_list_of(handle);
	struct hii_package **at;
	u32 next;
	EFI_STATUS status = EFI_SUCCESS;

	(void)font;
	if (!this || !handle || !id || !language || !string)
		return EFI_INVALID_PARAMETER;
	if (!list)
		return EFI_NOT_FOUND;
	next = next_id(list);
	if (next > HII_STRING_ID_MAX)
		return EFI_OUT_OF_RESOURCES;
	efi_events_hold();
	at = find_language(list, language);
	if (!*at)
		status = new_language(at, language, span_of_ucs2(language_name));
	if (!status)
		status = change_string(at, (u16)next, span_of_ucs2(string));
	efi_events_release();
	if (!status)
		*id = (u16)next;
	return status;
}

/* As UCS-2 with a NUL, if there is room. */
static EFI_STATUS give_text(const struct hii_item *item, CHAR16 *string, UINTN *size)
{
	size_t count = item->text.size / (item->is_ucs2 ? sizeof(CHAR16) : 1);
	size_t needed = (count + 1) * sizeof(CHAR16), room = *size;

	*size = needed;
	if (room < needed)
		return EFI_BUFFER_TOO_SMALL;
	for (size_t i = 0; i < count; i++)
		string[i] = item->is_ucs2 ? load_le16(item->text.data + i * sizeof(CHAR16)) :
					    item->text.data[i];
	string[count] = 0;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI get_string(const EFI_HII_STRING_PROTOCOL *this, const CHAR8 *language,
				    EFI_HII_HANDLE handle, EFI_STRING_ID id, CHAR16 *string,
				    UINTN *size, EFI_FONT_INFO **font)
{
	struct hii_list *list = hii_list_of(handle);
	struct hii_package *package;
	struct hii_item item;

	if (!this || !language || !handle || !id || !size || (*size && !string))
		return EFI_INVALID_PARAMETER;
	if (!list)
		return EFI_NOT_FOUND;
	package = *find_language(list, language);
	if (!package) {
		/* Is it the string that is missing, or just this language's? */
		for (package = list->packages; package; package = package->next)
			if (is_strings(package) && hii_find_string(hii_bytes(package), id, &item))
				return EFI_INVALID_LANGUAGE;
		return EFI_NOT_FOUND;
	}
	if (!hii_find_string(hii_bytes(package), id, &item))
		return EFI_NOT_FOUND;
	if (font)
		*font = NULL;
	return give_text(&item, string, size);
}

static EFI_STATUS EFIAPI set_string(const EFI_HII_STRING_PROTOCOL *this, EFI_HII_HANDLE handle,
				    EFI_STRING_ID id, const CHAR8 *language, const CHAR16 *string,
				    const EFI_FONT_INFO *font)
{
	struct hii_list *list = hii_list_of(handle);
	EFI_STATUS status = EFI_NOT_FOUND;
	struct hii_package **at;
	struct hii_item item;

	(void)font;
	if (!this || !handle || !id || !language || !string)
		return EFI_INVALID_PARAMETER;
	if (!list)
		return EFI_NOT_FOUND;
	efi_events_hold();
	at = find_language(list, language);
	if (*at && hii_find_string(hii_bytes(*at), id, &item))
		status = change_string(at, id, span_of_ucs2(string));
	efi_events_release();
	return status;
}

static EFI_STATUS EFIAPI get_languages(const EFI_HII_STRING_PROTOCOL *this, EFI_HII_HANDLE handle,
				       CHAR8 *languages, UINTN *size)
{
	struct hii_list *list = hii_list_of(handle);
	UINTN room, needed = 0;

	if (!this || !handle || !size || (*size && !languages))
		return EFI_INVALID_PARAMETER;
	if (!list)
		return EFI_NOT_FOUND;
	room = *size;
	for (struct hii_package *package = list->packages; package; package = package->next) {
		struct span language;

		if (!is_strings(package))
			continue;
		/* Its other languages as well. What follows is ';', or the NUL. */
		language = hii_language(hii_bytes(package));
		if (needed + language.size + 1 <= room) {
			if (needed)
				languages[needed - 1] = ';';
			if (language.size)
				memcpy(languages + needed, language.data, language.size);
			languages[needed + language.size] = 0;
		}
		needed += language.size + 1;
	}
	if (!needed) {
		needed = 1;
		if (room)
			languages[0] = 0;
	}
	*size = needed;
	return needed > room ? EFI_BUFFER_TOO_SMALL : EFI_SUCCESS;
}

static EFI_STATUS EFIAPI get_secondary_languages(const EFI_HII_STRING_PROTOCOL *this,
						 EFI_HII_HANDLE handle, const CHAR8 *primary,
						 CHAR8 *languages, UINTN *size)
{
	struct hii_list *list = hii_list_of(handle);
	struct hii_package *package;
	struct span others;
	UINTN room;

	if (!this || !handle || !primary || !size || (*size && !languages))
		return EFI_INVALID_PARAMETER;
	if (!list)
		return EFI_NOT_FOUND;
	package = *find_language(list, primary);
	if (!package)
		return EFI_INVALID_LANGUAGE;
	others = span_from(hii_language(hii_bytes(package)), primary_language(package).size + 1);
	room = *size;
	*size = others.size + 1;
	if (room < *size)
		return EFI_BUFFER_TOO_SMALL;
	if (others.size)
		memcpy(languages, others.data, others.size);
	languages[others.size] = 0;
	return EFI_SUCCESS;
}

const EFI_HII_STRING_PROTOCOL hii_string = {
	.NewString = new_string,
	.GetString = get_string,
	.SetString = set_string,
	.GetLanguages = get_languages,
	.GetSecondaryLanguages = get_secondary_languages,
};
