/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequences of EFI_HII_DATABASE_PROTOCOL and EFI_HII_STRING_PROTOCOL calls. Well-formed packages
 * must be accepted, others refused. Exported packages must equal the imported ones; setting or
 * adding a string must not change other strings except its duplicates; stale handles must be
 * refused.
 *
 * Input: steps of 1 operation, then its arguments of 1 byte each.
 */
#include "efi/protocols/hii.h"
#include "efi/protocols/protocols.h"
#include "lib/util.h"
#include "tests/fuzz/check.h"
#include "tests/host/efi_pool.h"

enum {
	LISTS = 4,
	LANGUAGES = 3,
	IDS = 24, /* strings 1 to this are checked */
	TEXT_MAX = 32,
	STEPS_MAX = 60,
	BYTES_MAX = 4096,
};

/* The bytes of a list under construction. */
struct blob {
	u8 bytes[BYTES_MAX];
	size_t size;
	bool is_spoiled; /* may be malformed */
};

/* A text, or the status if there is none. */
struct text {
	EFI_STATUS status;
	CHAR16 units[TEXT_MAX];
};

static const char languages[LANGUAGES][8] = { "en-US", "de", "fr;x" };
static const char primary[LANGUAGES][8] = { "en-US", "de", "fr" };

static EFI_HII_DATABASE_PROTOCOL *database;
static const EFI_HII_STRING_PROTOCOL *strings = &hii_string;
static EFI_HII_HANDLE handles[LISTS]; /* kept after the list is removed */
static bool is_there[LISTS];
static struct text before[LANGUAGES][IDS];
static struct reader input;

static u32 take(u32 count)
{
	return read_u8(&input) % count;
}

static void add(struct blob *blob, const void *bytes, size_t size)
{
	CHECK(blob->size + size <= sizeof(blob->bytes));
	memcpy(blob->bytes + blob->size, bytes, size);
	blob->size += size;
}

static void add_number(struct blob *blob, u32 number, size_t size)
{
	add(blob, (u8[]){ (u8)number, (u8)(number >> 8), (u8)(number >> 16), (u8)(number >> 24) },
	    size);
}

static void add_ucs2(struct blob *blob)
{
	for (u32 count = take(6); count; count--)
		add_number(blob, 'a' + take(26), 2);
	add_number(blob, 0, 2);
}

static void add_latin(struct blob *blob)
{
	for (u32 count = take(6); count; count--)
		add_number(blob, 'a' + take(26), 1);
	add_number(blob, 0, 1);
}

/* Returns how many string numbers it uses. */
static u32 add_block(struct blob *blob)
{
	u32 kind = take(8), count, numbers = 1;

	switch (kind) {
	case 0:
		add_number(blob, EFI_HII_SIBT_STRING_SCSU, 1);
		add_latin(blob);
		break;
	case 1:
	case 2:
		add_number(blob, EFI_HII_SIBT_STRING_UCS2, 1);
		add_ucs2(blob);
		break;
	case 3:
		add_number(blob, EFI_HII_SIBT_STRINGS_UCS2_FONT - 1, 1);
		count = take(4);
		add_number(blob, count, 2);
		numbers = count;
		for (; count; count--)
			add_ucs2(blob);
		break;
	case 4:
		add_number(blob, EFI_HII_SIBT_DUPLICATE, 1);
		add_number(blob, take(8), 2);
		break;
	case 5:
		add_number(blob, EFI_HII_SIBT_SKIP1, 1);
		numbers = take(4);
		add_number(blob, numbers, 1);
		break;
	case 6:
		add_number(blob, EFI_HII_SIBT_SKIP2, 1);
		numbers = take(2) ? take(4) : 0xfff0 + take(16);
		add_number(blob, numbers, 2);
		break;
	default:
		blob->is_spoiled = true;
		for (count = take(8); count; count--)
			add_number(blob, take(256), 1);
	}
	return numbers;
}

static void end_package(struct blob *blob, size_t start, u32 type)
{
	if (blob->size - start >= HII_PACKAGE_HEADER_SIZE)
		store_le32(blob->bytes + start, (u32)(blob->size - start) | type << 24);
}

static void add_strings(struct blob *blob)
{
	const char *language = languages[take(LANGUAGES)];
	size_t start = blob->size, header = 46 + strlen(language) + 1;
	u32 numbers = 0;

	add_number(blob, 0, 4);
	add_number(blob, (u32)header, 4);
	add_number(blob, (u32)header, 4);
	add(blob, (u8[32]){ 0 }, 32);
	add_number(blob, 1, 2);
	add(blob, language, strlen(language) + 1);
	for (u32 count = take(6); count; count--)
		numbers += add_block(blob);
	blob->is_spoiled |= numbers > HII_STRING_ID_MAX;
	add_number(blob, EFI_HII_SIBT_END, 1);
	end_package(blob, start, EFI_HII_PACKAGE_STRINGS);
}

static void add_other(struct blob *blob)
{
	static const u8 types[] = { EFI_HII_PACKAGE_TYPE_GUID, EFI_HII_PACKAGE_KEYBOARD_LAYOUT,
				    0xe0, 0xff };
	size_t start = blob->size;

	add_number(blob, 0, 4);
	for (u32 count = take(24); count; count--)
		add_number(blob, take(256), 1);
	end_package(blob, start, types[take(ARRAY_SIZE(types))]);
}

/* Makes a list of packages in allocated memory, which the caller frees. */
static u8 *make_list(size_t *size, bool *is_spoiled)
{
	static struct blob blob;
	u32 less;
	u8 *list;

	blob.size = 0;
	blob.is_spoiled = false;
	add(&blob, (u8[16]){ (u8)take(2) }, 16);
	add_number(&blob, 0, 4);
	for (u32 count = take(4); count; count--) {
		if (take(3))
			add_strings(&blob);
		else
			add_other(&blob);
	}
	if (take(8))
		add_number(&blob, 4 | (u32)EFI_HII_PACKAGE_END << 24, 4);
	if (take(4) == 0) {
		blob.bytes[take(256) % blob.size] = (u8)take(256);
		blob.is_spoiled = true;
	}
	if (take(16) == 0 && blob.size >= HII_LIST_HEADER_SIZE + 8) {
		less = take(8);
		blob.size -= less;
		blob.is_spoiled |= less != 0;
	}
	/* Only its header has its size. */
	store_le32(blob.bytes + 16, (u32)blob.size);
	list = malloc(blob.size);
	memcpy(list, blob.bytes, blob.size);
	*size = blob.size;
	*is_spoiled = blob.is_spoiled;
	return list;
}

static u8 *export(u32 n, size_t *size)
{
	UINTN needed = 0;
	u8 *list;

	CHECK(database->ExportPackageLists(database, handles[n], &needed, NULL) ==
	      EFI_BUFFER_TOO_SMALL);
	list = malloc(needed);
	*size = needed;
	CHECK(!database->ExportPackageLists(database, handles[n], size,
					    (EFI_HII_PACKAGE_LIST_HEADER *)list));
	CHECK(*size == needed && hii_list_check(span_of(list, *size)));
	return list;
}

/*
 * Checks that the packages of @list are the last ones in @exported and, if @is_all, the only ones.
 */
static void check_exported(struct span list, struct span exported, bool is_all)
{
	struct span wanted = span_from(list, HII_LIST_HEADER_SIZE), package, found;
	struct span rest = span_from(exported, HII_LIST_HEADER_SIZE);
	u32 count = 0;

	for (; hii_next_package(&wanted, &package); count++) {
		do
			CHECK(hii_next_package(&rest, &found));
		while (!is_all && !count && !span_equals(package, found));
		CHECK(span_equals(package, found));
	}
	CHECK((!is_all && !count) || !hii_next_package(&rest, &found));
}

static void new_list(void)
{
	u32 n = take(LISTS);
	EFI_HII_HANDLE handle = NULL;
	size_t size, exported_size;
	bool is_spoiled;
	u8 *list = make_list(&size, &is_spoiled), *exported;
	EFI_STATUS status;

	if (!is_there[n]) {
		status = database->NewPackageList(database, (EFI_HII_PACKAGE_LIST_HEADER *)list,
						  &input, &handle);
		CHECK(!status || (is_spoiled && status == EFI_INVALID_PARAMETER));
		CHECK(!status == (handle != NULL));
		if (!status) {
			handles[n] = handle;
			is_there[n] = true;
			exported = export(n, &exported_size);
			CHECK(!memcmp(list, exported, sizeof(EFI_GUID)));
			check_exported(span_of(list, size), span_of(exported, exported_size), true);
			free(exported);
		}
	}
	free(list);
}

/* A stale handle, unless it has become a list again. */
static EFI_HII_HANDLE handle_of(u32 n)
{
	for (u32 i = 0; i < LISTS; i++)
		if (!is_there[n] && is_there[i] && handles[i] == handles[n])
			return NULL;
	return handles[n];
}

static void update(void)
{
	u32 n = take(LISTS);
	size_t size, exported_size;
	bool is_spoiled;
	u8 *list = make_list(&size, &is_spoiled), *exported;
	EFI_STATUS status = database->UpdatePackageList(database, handle_of(n),
							(EFI_HII_PACKAGE_LIST_HEADER *)list);

	CHECK(status == (is_there[n] ? EFI_SUCCESS : EFI_NOT_FOUND) ||
	      (is_spoiled && status == EFI_INVALID_PARAMETER));
	if (!status) {
		exported = export(n, &exported_size);
		check_exported(span_of(list, size), span_of(exported, exported_size), false);
		free(exported);
	}
	free(list);
}

static void remove_list(void)
{
	u32 n = take(LISTS);

	CHECK(database->RemovePackageList(database, handle_of(n)) ==
	      (is_there[n] ? EFI_SUCCESS : EFI_NOT_FOUND));
	is_there[n] = false;
}

static struct text text_of(u32 n, u32 language, u32 id)
{
	struct text text = { 0 };
	UINTN size = sizeof(text.units);

	text.status = strings->GetString(strings, primary[language], handles[n], (u16)id,
					 text.units, &size, NULL);
	return text;
}

static void look(u32 n)
{
	for (u32 language = 0; language < LANGUAGES; language++)
		for (u32 id = 1; id <= IDS; id++)
			before[language][id - 1] = text_of(n, language, id);
}

/*
 * Checks that nothing has changed since look(), except one string that was @was, and its
 * duplicates.
 */
static void check_others(u32 n, u32 changed_language, u32 changed_id, struct text was)
{
	struct text is = text_of(n, changed_language, changed_id);

	for (u32 language = 0; language < LANGUAGES; language++) {
		for (u32 id = 1; id <= IDS; id++) {
			struct text *old = &before[language][id - 1],
				    now = text_of(n, language, id);

			if (language == changed_language &&
			    (id == changed_id || old->status == EFI_NOT_FOUND ||
			     old->status == EFI_INVALID_LANGUAGE ||
			     (!memcmp(old, &was, sizeof(was)) && !memcmp(&now, &is, sizeof(is)))))
				continue;
			/*
			 * A string that the language did not have may still be missing, although
			 * another language now has it.
			 */
			if (EFI_ERROR(old->status) && old->status != EFI_BUFFER_TOO_SMALL)
				CHECK(EFI_ERROR(now.status));
			else
				CHECK(!memcmp(old, &now, sizeof(now)));
		}
	}
}

static void set_string(void)
{
	u32 n = take(LISTS), language = take(LANGUAGES), id = take(IDS) + 1;
	CHAR16 units[] = { (CHAR16)('A' + take(26)), (CHAR16)('0' + take(10)), 0 };
	struct text old, now;
	EFI_STATUS status;

	if (!is_there[n]) {
		if (handle_of(n))
			CHECK(strings->SetString(strings, handle_of(n), (u16)id, primary[language],
						 units, NULL) == EFI_NOT_FOUND);
		return;
	}
	look(n);
	old = before[language][id - 1];
	status = strings->SetString(strings, handles[n], (u16)id, primary[language], units, NULL);
	if (EFI_ERROR(old.status) && old.status != EFI_BUFFER_TOO_SMALL) {
		CHECK(status == EFI_NOT_FOUND);
		return;
	}
	CHECK(!status);
	now = text_of(n, language, id);
	CHECK(!now.status && !memcmp(now.units, units, sizeof(units)));
	check_others(n, language, id, old);
}

static void new_string(void)
{
	u32 n = take(LISTS), language = take(LANGUAGES);
	CHAR16 units[] = { (CHAR16)('A' + take(26)), (CHAR16)('0' + take(10)), 0 };
	EFI_STRING_ID id = 0;
	struct text now;
	EFI_STATUS status;

	if (!is_there[n])
		return;
	look(n);
	status = strings->NewString(strings, handles[n], &id, primary[language], u"name", units,
				    NULL);
	/* There may be no number left. */
	if (status == EFI_OUT_OF_RESOURCES)
		return;
	CHECK(!status && id >= 2);
	now = text_of(n, language, id);
	CHECK(!now.status && !memcmp(now.units, units, sizeof(units)));
	check_others(n, language, id, (struct text){ .status = EFI_NOT_FOUND });
}

static void ask_languages(void)
{
	u32 n = take(LISTS);
	CHAR8 text[200];
	UINTN size = take(64), room = size;
	EFI_STATUS status;

	if (!is_there[n])
		return;
	status = strings->GetLanguages(strings, handles[n], text, &size);
	CHECK(status == (size > room ? EFI_BUFFER_TOO_SMALL : EFI_SUCCESS));
	if (!status)
		CHECK(strlen(text) + 1 == size);
	size = room;
	status = strings->GetSecondaryLanguages(strings, handles[n], primary[take(LANGUAGES)], text,
						&size);
	CHECK(!status || status == EFI_BUFFER_TOO_SMALL || status == EFI_INVALID_LANGUAGE);
	if (!status)
		CHECK(strlen(text) + 1 == size);
}

static void ask_layouts(void)
{
	static EFI_GUID found[UINT16_MAX / sizeof(EFI_GUID)];
	static u8 layout[UINT16_MAX];
	UINT16 size = 0, room;

	/* A buffer would be needed only for some. */
	room = database->FindKeyboardLayouts(database, &size, NULL) ? size : 0;
	CHECK(room == size && room % sizeof(*found) == 0 && room <= sizeof(found));
	CHECK(!database->FindKeyboardLayouts(database, &size, found) && size == room);
	for (u32 i = 0; i < room / sizeof(*found); i++) {
		CHECK(!database->SetKeyboardLayout(database, &found[i]));
		size = sizeof(layout);
		CHECK(!database->GetKeyboardLayout(database, NULL, &size, (void *)layout));
		CHECK(load_le16(layout) == size && !memcmp(layout + 2, &found[i], sizeof(*found)));
	}
}

static void list_lists(void)
{
	EFI_HII_HANDLE found[LISTS];
	UINTN size = sizeof(found), count = 0;

	for (u32 n = 0; n < LISTS; n++)
		count += is_there[n];
	CHECK(database->ListPackageLists(database, EFI_HII_PACKAGE_TYPE_ALL, NULL, &size, found) ==
	      (count ? EFI_SUCCESS : EFI_NOT_FOUND));
	CHECK(size == count * sizeof(*found));
	ask_layouts();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static void (*const steps[])(void) = {
		new_list,   new_list,   new_list,   update,        remove_list,
		set_string, set_string, new_string, ask_languages, list_lists,
	};
	static struct efi_object object;

	if (!database) {
		CHECK(!efi_hii_publish(&object));
		database = efi_interface_of(&object, &guid_hii_database);
		CHECK(database);
	}
	input = (struct reader){ .rest = span_of(data, size) };
	for (u32 i = 0; i < STEPS_MAX && !input.overrun; i++)
		steps[take(ARRAY_SIZE(steps))]();
	for (u32 n = 0; n < LISTS; n++)
		if (is_there[n])
			CHECK(!database->RemovePackageList(database, handles[n]));
	memset(is_there, 0, sizeof(is_there));
	memset(handles, 0, sizeof(handles));
	return 0;
}
