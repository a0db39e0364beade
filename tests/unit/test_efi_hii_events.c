/* SPDX-License-Identifier: Apache-2.0 */
/* HII with the real pool, whose allocations signal events: a list that is removed meanwhile. */
#include "efi/protocols/protocols.h"
#include "efi/spec/hii.h"
#include "tests/unit/efi_images.h"

bool efi_boot_services_ended(void)
{
	return false;
}

enum {
	LONG_TEXT = 20000, /* in units: such a package has pages of its own */
	PIECES = 8,
	PIECE_SIZE = 64, /* as the pool has for a list, or a short package */
};

static const EFI_HII_DATABASE_PROTOCOL *database;
static const EFI_HII_STRING_PROTOCOL *strings;
static EFI_HII_HANDLE list;
static CHAR16 text[LONG_TEXT + 1];
static u32 removals;
static u8 *pieces[PIECES];

static const struct [[gnu::packed]] {
	EFI_GUID guid;
	u32 size, end;
} empty = { .size = sizeof(empty), .end = 4 | (u32)EFI_HII_PACKAGE_END << 24 };

/* And takes the memory that this has freed. */
static VOID EFIAPI remove_list(EFI_EVENT event, void *context)
{
	(void)event, (void)context;
	if (database->RemovePackageList(database, list))
		return;
	removals++;
	for (u32 i = 0; i < PIECES; i++) {
		CHECK_STATUS(efi_allocate_pool(EfiBootServicesData, PIECE_SIZE, (VOID **)&pieces[i]),
			     EFI_SUCCESS);
		memset(pieces[i], 0xa5, PIECE_SIZE);
	}
}

/* Nobody has written to that memory. */
static void check_removal(EFI_EVENT event)
{
	CHECK_EQUAL(removals, 1);
	for (u32 i = 0; i < PIECES; i++) {
		for (u32 k = 0; k < PIECE_SIZE; k++)
			CHECK_EQUAL(pieces[i][k], 0xa5);
		CHECK_STATUS(efi_free_pool(pieces[i]), EFI_SUCCESS);
	}
	CHECK_STATUS(efi_close_event(event), EFI_SUCCESS);
}

static EFI_EVENT set_up(EFI_STRING_ID *id)
{
	static struct efi_object object;
	EFI_EVENT event;

	if (!object.protocols)
		CHECK_STATUS(efi_hii_publish(&object), EFI_SUCCESS);
	database = efi_interface_of(&object, &guid_hii_database);
	strings = efi_interface_of(&object, &guid_hii_string);
	for (u32 i = 0; i < LONG_TEXT; i++)
		text[i] = u'x';
	CHECK_STATUS(database->NewPackageList(database, (const void *)&empty, NULL, &list),
		     EFI_SUCCESS);
	CHECK_STATUS(strings->NewString(strings, list, id, "en", u"English", u"short", NULL),
		     EFI_SUCCESS);
	removals = 0;
	CHECK_STATUS(efi_create_event_ex(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, remove_list, NULL,
					 &guid_event_group_memory_map_change, &event),
		     EFI_SUCCESS);
	return event;
}

TEST(a_list_is_not_removed_while_a_string_changes)
{
	EFI_STRING_ID id;
	EFI_EVENT event = set_up(&id);

	CHECK_STATUS(strings->SetString(strings, list, id, "en", text, NULL), EFI_SUCCESS);
	check_removal(event);
	event = set_up(&id);
	CHECK_STATUS(strings->NewString(strings, list, &id, "en", NULL, text, NULL), EFI_SUCCESS);
	check_removal(event);
}

TEST(a_list_that_is_removed_meanwhile_is_not_updated)
{
	static struct [[gnu::packed]] {
		EFI_GUID guid;
		u32 size, package; /* of forms */
		u8 bytes[2 * LONG_TEXT];
		u32 end;
	} update;
	EFI_STRING_ID id;
	EFI_EVENT event = set_up(&id);

	update.size = sizeof(update);
	update.package = (4 + sizeof(update.bytes)) | 2u << 24;
	update.end = empty.end;
	CHECK_STATUS(database->UpdatePackageList(database, list, (const void *)&update),
		     EFI_NOT_FOUND);
	check_removal(event);
}
