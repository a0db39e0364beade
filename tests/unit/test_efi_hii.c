/* SPDX-License-Identifier: Apache-2.0 */
/* efi/protocols/hii_*.c: packages, the database, strings; efi/services/image_resources.c. */
#include "tests/unit/efi_services.h"

#include "efi/protocols/hii.h"
#include "efi/protocols/protocols.h"
#include "efi/services/events.h"
#include "efi/services/images.h"
#include "loaders/pe.h"

static EFI_HII_DATABASE_PROTOCOL *database;
static EFI_HII_STRING_PROTOCOL *strings;

/* Nothing signals an event: see test_efi_hii_events.c. */
static u32 holds;

void efi_events_hold(void)
{
	holds++;
}

void efi_events_release(void)
{
	CHECK(holds--);
}

static u32 layout_signals;

void efi_signal_group(const EFI_GUID *group)
{
	static const EFI_GUID layout = EFI_HII_SET_KEYBOARD_LAYOUT_EVENT_GUID;

	CHECK(guid_equals(group, &layout));
	layout_signals++;
}

EFI_STATUS efi_install(struct efi_object *object, const EFI_GUID *protocol, void *interface)
{
	(void)object;
	if (guid_equals(protocol, &guid_hii_database))
		database = interface;
	if (guid_equals(protocol, &guid_hii_string))
		strings = interface;
	return EFI_SUCCESS;
}

static u8 list[512];
static size_t list_size;

static void add(const void *bytes, size_t size)
{
	memcpy(list + list_size, bytes, size);
	list_size += size;
	store_le32(list + sizeof(EFI_GUID), (u32)list_size);
}

/* Makes a list with one string package with the given blocks and language. */
static void make_list(const char *language, const void *blocks, size_t size)
{
	u8 header[64] = { 0 };
	u32 header_size = 46 + (u32)strlen(language) + 1;

	store_le32(header, (header_size + (u32)size) | 4u << 24);
	store_le32(header + 4, header_size);
	store_le32(header + 8, header_size);
	memcpy(header + 46, language, strlen(language));
	memset(list, 0xab, sizeof(EFI_GUID));
	list_size = HII_LIST_HEADER_SIZE;
	add(header, header_size);
	add(blocks, size);
}

#define MAKE_LIST(language, blocks) make_list(language, blocks, sizeof(blocks) - 1)

static bool is_well_formed(void)
{
	return hii_list_check(span_of(list, list_size));
}

static EFI_HII_HANDLE install(void)
{
	EFI_HII_HANDLE handle = NULL;

	CHECK(!efi_hii_publish(NULL));
	CHECK_STATUS(database->NewPackageList(database, (void *)list, NULL, &handle), EFI_SUCCESS);
	return handle;
}

static void check_string(EFI_HII_HANDLE handle, u16 id, const char *expected)
{
	CHAR16 text[32];
	UINTN size = sizeof(text);

	CHECK_STATUS(strings->GetString(strings, "en", handle, id, text, &size, NULL), EFI_SUCCESS);
	CHECK_EQUAL(size, (strlen(expected) + 1) * sizeof(CHAR16));
	for (size_t i = 0; i < size / sizeof(CHAR16); i++)
		CHECK_EQUAL(text[i], expected[i]);
}

/* 1 "A", 2 and 3 "b" "c", 4 skipped, 5 a duplicate of 2, 6 "D" with a font. */
#define BLOCKS                         \
	"\x14"                         \
	"A\0\0\0"                      \
	"\x12\x02\x00"                 \
	"b\0c\0"                       \
	"\x22\x01\x20\x02\x00\x15\x07" \
	"D\0\0\0"                      \
	"\x00"

TEST(strings_of_all_blocks)
{
	EFI_HII_HANDLE handle;
	UINTN size = 0;

	MAKE_LIST("en", BLOCKS);
	handle = install();
	check_string(handle, 1, "A");
	check_string(handle, 2, "b");
	check_string(handle, 3, "c");
	check_string(handle, 5, "b");
	check_string(handle, 6, "D");
	CHECK_STATUS(strings->GetString(strings, "en", handle, 4, NULL, &size, NULL),
		     EFI_NOT_FOUND);
	CHECK_STATUS(strings->GetString(strings, "en", handle, 7, NULL, &size, NULL),
		     EFI_NOT_FOUND);
	CHECK_STATUS(strings->GetString(strings, "de", handle, 1, NULL, &size, NULL),
		     EFI_INVALID_LANGUAGE);
	CHECK_STATUS(strings->GetString(strings, "EN", handle, 1, NULL, &size, NULL),
		     EFI_BUFFER_TOO_SMALL);
	CHECK_EQUAL(size, 4);
	CHECK_STATUS(strings->GetString(strings, "en", &size, 1, NULL, &size, NULL),
		     EFI_INVALID_PARAMETER); /* a size, but no buffer */
	CHECK_STATUS(database->RemovePackageList(database, handle), EFI_SUCCESS);
	CHECK_STATUS(database->RemovePackageList(database, handle), EFI_NOT_FOUND);
	CHECK_EQUAL(pool_pieces, 0);
}

TEST(strings_are_changed_and_added)
{
	EFI_HII_HANDLE handle;
	EFI_STRING_ID id;
	CHAR8 languages[8];
	UINTN size = sizeof(languages);

	MAKE_LIST("en;x", BLOCKS);
	handle = install();
	CHECK_STATUS(strings->SetString(strings, handle, 3, "en", u"new", NULL), EFI_SUCCESS);
	CHECK_STATUS(strings->SetString(strings, handle, 5, "en", u"own", NULL), EFI_SUCCESS);
	CHECK_STATUS(strings->SetString(strings, handle, 4, "en", u"no", NULL), EFI_NOT_FOUND);
	check_string(handle, 1, "A");
	check_string(handle, 2, "b");
	check_string(handle, 3, "new");
	check_string(handle, 5, "own");
	check_string(handle, 6, "D");
	CHECK_STATUS(strings->NewString(strings, handle, &id, "en", NULL, u"last", NULL),
		     EFI_SUCCESS);
	CHECK_EQUAL(id, 7);
	check_string(handle, 7, "last");
	CHECK_STATUS(strings->NewString(strings, handle, &id, "de", u"Deutsch", u"acht", NULL),
		     EFI_SUCCESS);
	CHECK_EQUAL(id, 8);
	CHECK_STATUS(strings->NewString(strings, handle, &id, "en", NULL, u"nine", NULL),
		     EFI_SUCCESS);
	CHECK_EQUAL(id, 9);
	check_string(handle, 9, "nine");
	CHECK_STATUS(strings->GetLanguages(strings, handle, languages, &size), EFI_SUCCESS);
	CHECK(memcmp(languages, "en;x;de", 8) == 0);
	CHECK_EQUAL(size, 8);
	size = sizeof(languages);
	CHECK_STATUS(strings->GetSecondaryLanguages(strings, handle, "en", languages, &size),
		     EFI_SUCCESS);
	CHECK(memcmp(languages, "x", 2) == 0);
	CHECK_STATUS(database->RemovePackageList(database, handle), EFI_SUCCESS);
	CHECK_EQUAL(pool_pieces, 0);
}

TEST(malformed_lists_are_refused)
{
	MAKE_LIST("en", BLOCKS);
	CHECK(is_well_formed());
	for (size_t size = 0; size < list_size; size++)
		CHECK_OF(!hii_list_check(span_of(list, size)) || size == HII_LIST_HEADER_SIZE,
			 "%zu bytes", size);
	MAKE_LIST("en", "\x14"
			"A\0\0"); /* no NUL */
	CHECK(!is_well_formed());
	MAKE_LIST("en", "\x99\x00"); /* no such block */
	CHECK(!is_well_formed());
	MAKE_LIST("en", "\x31\x40\x03\x00\x00"); /* shorter than its header */
	CHECK(!is_well_formed());
	MAKE_LIST("en", "\x21\xff\xff\x21\xff\xff\x00"); /* numbers past the last */
	CHECK(!is_well_formed());
	MAKE_LIST("en", "\x20\x01\x00\x00"); /* a duplicate of itself */
	CHECK(is_well_formed());
	struct hii_item item;
	struct span rest = span_from(span_of(list, list_size), HII_LIST_HEADER_SIZE), package;

	CHECK(hii_next_package(&rest, &package));
	CHECK(!hii_find_string(package, 1, &item));
}

TEST(lists_are_exported_and_listed)
{
	EFI_HII_HANDLE handle, found[2];
	u8 buffer[512];
	UINTN size = 0;

	MAKE_LIST("en", BLOCKS);
	handle = install();
	CHECK_STATUS(database->ExportPackageLists(database, handle, &size, NULL),
		     EFI_BUFFER_TOO_SMALL);
	CHECK_EQUAL(size, list_size + HII_PACKAGE_HEADER_SIZE);
	CHECK_STATUS(database->ExportPackageLists(database, NULL, &size, (void *)buffer),
		     EFI_SUCCESS);
	CHECK(hii_list_check(span_of(buffer, size)));
	CHECK(memcmp(buffer + HII_LIST_HEADER_SIZE, list + HII_LIST_HEADER_SIZE,
		     list_size - HII_LIST_HEADER_SIZE) == 0);
	size = sizeof(found);
	CHECK_STATUS(database->ListPackageLists(database, EFI_HII_PACKAGE_STRINGS, NULL, &size,
						found),
		     EFI_SUCCESS);
	CHECK_EQUAL(size, sizeof(found[0]));
	CHECK(found[0] == handle);
	size = sizeof(found);
	CHECK_STATUS(database->ListPackageLists(database, 5, NULL, &size, found), EFI_NOT_FOUND);
	MAKE_LIST("en", "\x10"
			"z\0\0");
	CHECK_STATUS(database->UpdatePackageList(database, handle, (void *)list), EFI_SUCCESS);
	check_string(handle, 1, "z");
	CHECK_STATUS(database->RemovePackageList(database, handle), EFI_SUCCESS);
	CHECK_EQUAL(pool_pieces, 0);
}

TEST(packages_in_the_resources_of_an_image)
{
	static u8 placed[0x200];
	u8 table[40] = ".rsrc";
	struct pe_image pe = { .section_count = 1, .sections = { table, sizeof(table) } };
	struct span hii;

	store_le32(table + 8, 0x100);  /* size in memory */
	store_le32(table + 12, 0x100); /* address */
	for (u32 level = 0; level < 3; level++) {
		u8 *directory = placed + 0x100 + level * 24;

		store_le16(directory + 12, 1);
		store_le32(directory + 16, level ? 1 : 0x80000060);
		store_le32(directory + 20, level < 2 ? 0x80000000 + (level + 1) * 24 : 72);
	}
	store_le32(placed + 0x100 + 72, 0x180);
	store_le32(placed + 0x100 + 76, 0x20);
	memcpy(placed + 0x160, "\3\0H\0I\0I\0", 8);
	store_le32(placed + 0x190, 0x20); /* the list's length */
	hii = efi_image_hii(&pe, span_of(placed, sizeof(placed)));
	CHECK(hii.data == placed + 0x180);
	CHECK_EQUAL(hii.size, 0x20);
	placed[0x162] = 'h'; /* of another type */
	CHECK(span_is_empty(efi_image_hii(&pe, span_of(placed, sizeof(placed)))));
	placed[0x162] = 'H';
	store_le32(placed + 0x190, 0x21); /* longer than the resource */
	CHECK(span_is_empty(efi_image_hii(&pe, span_of(placed, sizeof(placed)))));
	store_le32(placed + 0x190, 0x13); /* shorter than its header */
	CHECK(span_is_empty(efi_image_hii(&pe, span_of(placed, sizeof(placed)))));
	store_le32(placed + 0x190, 0x14);
	CHECK_EQUAL(efi_image_hii(&pe, span_of(placed, sizeof(placed))).size, 0x20);
	store_le32(placed + 0x100 + 76, 0x200); /* not in the image */
	CHECK(span_is_empty(efi_image_hii(&pe, span_of(placed, sizeof(placed)))));
	store_le32(placed + 0x100 + 20, 0x80000000); /* the same directory again */
	CHECK(span_is_empty(efi_image_hii(&pe, span_of(placed, sizeof(placed)))));
}

enum { LAYOUT_SIZE = 23, LONG_LAYOUT_SIZE = 40 };

static EFI_GUID layout_guid(u8 first)
{
	return (EFI_GUID)GUID(first, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
}

/* Two layouts, then one that claims more bytes than there are. */
static void make_layouts(void)
{
	static const u16 sizes[] = { LAYOUT_SIZE, LONG_LAYOUT_SIZE, 200 };
	u8 bytes[6 + LAYOUT_SIZE + LONG_LAYOUT_SIZE + LAYOUT_SIZE] = { 0 };
	u8 *at = bytes + 6;

	store_le32(bytes, sizeof(bytes) | 9u << 24);
	store_le16(bytes + 4, ARRAY_SIZE(sizes));
	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		EFI_GUID guid = layout_guid((u8)(i + 1));

		store_le16(at, sizes[i]);
		memcpy(at + 2, &guid, sizeof(guid));
		at += sizes[i];
	}
	MAKE_LIST("en", BLOCKS);
	add(bytes, sizeof(bytes));
}

TEST(keyboard_layouts)
{
	EFI_GUID found[3], first = layout_guid(1), second = layout_guid(2), cut = layout_guid(3);
	u8 layout[LONG_LAYOUT_SIZE + 1];
	EFI_HII_HANDLE handle;
	UINT16 size = 0;

	make_layouts();
	handle = install();
	CHECK_STATUS(database->FindKeyboardLayouts(database, &size, NULL), EFI_BUFFER_TOO_SMALL);
	CHECK_EQUAL(size, 2 * sizeof(EFI_GUID));
	size--;
	CHECK_STATUS(database->FindKeyboardLayouts(database, &size, found), EFI_BUFFER_TOO_SMALL);
	size = sizeof(found);
	CHECK_STATUS(database->FindKeyboardLayouts(database, &size, found), EFI_SUCCESS);
	CHECK(size == 2 * sizeof(EFI_GUID) && guid_equals(&found[0], &first) &&
	      guid_equals(&found[1], &second));
	size = LAYOUT_SIZE;
	CHECK_STATUS(database->GetKeyboardLayout(database, &second, &size, (void *)layout),
		     EFI_BUFFER_TOO_SMALL);
	CHECK_EQUAL(size, LONG_LAYOUT_SIZE);
	size = sizeof(layout);
	CHECK_STATUS(database->GetKeyboardLayout(database, &second, &size, (void *)layout),
		     EFI_SUCCESS);
	CHECK(size == LONG_LAYOUT_SIZE && memcmp(layout + 2, &second, sizeof(second)) == 0);
	CHECK_STATUS(database->GetKeyboardLayout(database, &cut, &size, (void *)layout),
		     EFI_NOT_FOUND);
	/* Nothing is current at first; each change signals the event. */
	CHECK_STATUS(database->GetKeyboardLayout(database, NULL, &size, (void *)layout),
		     EFI_NOT_FOUND);
	CHECK_STATUS(database->SetKeyboardLayout(database, &cut), EFI_NOT_FOUND);
	CHECK_STATUS(database->SetKeyboardLayout(database, NULL), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(layout_signals, 0);
	CHECK_STATUS(database->SetKeyboardLayout(database, &first), EFI_SUCCESS);
	CHECK_STATUS(database->SetKeyboardLayout(database, &first), EFI_SUCCESS);
	CHECK_EQUAL(layout_signals, 1);
	CHECK_STATUS(database->GetKeyboardLayout(database, NULL, &size, (void *)layout),
		     EFI_SUCCESS);
	CHECK(size == LAYOUT_SIZE && memcmp(layout + 2, &first, sizeof(first)) == 0);
	CHECK_STATUS(database->RemovePackageList(database, handle), EFI_SUCCESS);
	CHECK_STATUS(database->GetKeyboardLayout(database, NULL, &size, (void *)layout),
		     EFI_NOT_FOUND);
	size = 0;
	CHECK_STATUS(database->FindKeyboardLayouts(database, &size, NULL), EFI_SUCCESS);
	CHECK_EQUAL(size, 0);
}
