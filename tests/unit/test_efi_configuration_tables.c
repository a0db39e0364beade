/* SPDX-License-Identifier: Apache-2.0 */
/* efi/services/configuration_tables.c: InstallConfigurationTable (UEFI 2.11, 7.5.6). */
#include "core/memory.h"
#include "efi/efi.h"
#include "efi/services/services.h"
#include "lib/crc32.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/unit/test.h"

enum { TABLES = 100 };

static EFI_SYSTEM_TABLE table;
EFI_SYSTEM_TABLE *efi_system_table = &table;

void efi_table_update_crc(EFI_TABLE_HEADER *header)
{
	header->CRC32 = 0;
	header->CRC32 = crc32(0, span_of(header, header->HeaderSize));
}

EFI_HANDLE efi_firmware_image(void)
{
	return NULL;
}

static EFI_GUID guid_of(u32 number)
{
	return GUID(number, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
}

static EFI_STATUS install(u32 number, void *at)
{
	EFI_GUID guid = guid_of(number);

	return efi_install_configuration_table(&guid, at);
}

/* Searches like an operating system. */
static void *find(u32 number)
{
	EFI_GUID guid = guid_of(number);

	for (UINTN i = 0; i < table.NumberOfTableEntries; i++)
		if (guid_equals(&table.ConfigurationTable[i].VendorGuid, &guid))
			return table.ConfigurationTable[i].VendorTable;
	return NULL;
}

static bool crc_is_right(void)
{
	EFI_SYSTEM_TABLE copy = table;

	efi_table_update_crc(&copy.Hdr);
	return copy.Hdr.CRC32 == table.Hdr.CRC32;
}

static void *at(u32 number)
{
	return (void *)(uintptr_t)(0x1000 + number * 16);
}

static u32 signals;

static VOID EFIAPI note(EFI_EVENT event, void *context)
{
	(void)event;
	(void)context;
	signals++;
}

TEST(tables_are_added_replaced_and_removed)
{
	UINTN count;

	table.Hdr.HeaderSize = sizeof(table);
	CHECK_EQUAL(efi_install_configuration_table(NULL, at(1)), EFI_INVALID_PARAMETER);
	CHECK_EQUAL(install(1, NULL), EFI_NOT_FOUND);
	for (u32 i = 0; i < TABLES; i++) {
		CHECK_EQUAL(install(i, at(i)), EFI_SUCCESS);
		CHECK_EQUAL(table.NumberOfTableEntries, i + 1);
		CHECK(crc_is_right());
	}
	for (u32 i = 0; i < TABLES; i++)
		CHECK(find(i) == at(i));

	/* In the same slot. */
	CHECK_EQUAL(install(7, at(500)), EFI_SUCCESS);
	CHECK_EQUAL(table.NumberOfTableEntries, TABLES);
	CHECK(table.ConfigurationTable[7].VendorTable == at(500));
	CHECK(crc_is_right());

	/* The others stay in order. */
	CHECK_EQUAL(install(0, NULL), EFI_SUCCESS);
	CHECK_EQUAL(install(50, NULL), EFI_SUCCESS);
	CHECK_EQUAL(install(TABLES - 1, NULL), EFI_SUCCESS);
	CHECK_EQUAL(install(50, NULL), EFI_NOT_FOUND);
	count = table.NumberOfTableEntries;
	CHECK_EQUAL(count, TABLES - 3);
	CHECK(crc_is_right());
	for (UINTN i = 1; i < count; i++)
		CHECK(load_le32(&table.ConfigurationTable[i - 1].VendorGuid) <
		      load_le32(&table.ConfigurationTable[i].VendorGuid));
	CHECK(!find(0) && !find(50) && !find(TABLES - 1));
	for (u32 i = 0; i < TABLES; i++) {
		EFI_GUID guid = guid_of(i);

		CHECK(efi_configuration_table(&guid) == find(i));
		if (find(i))
			CHECK_EQUAL(install(i, NULL), EFI_SUCCESS);
	}
	CHECK_EQUAL(table.NumberOfTableEntries, 0);
}

/* The operating system keeps it. */
TEST(the_array_is_runtime_memory)
{
	u32 count;
	const struct memory_range *map;
	bool found = false;

	CHECK_EQUAL(install(1, at(1)), EFI_SUCCESS);
	map = memory_map(&count);
	for (u32 i = 0; i < count; i++)
		if ((u64)table.ConfigurationTable >= map[i].base &&
		    (u64)table.ConfigurationTable < map[i].end)
			found = map[i].type == MEMORY_RUNTIME_DATA;
	CHECK(found);
	CHECK_EQUAL(install(1, NULL), EFI_SUCCESS);
}

TEST(a_larger_array_of_the_guests_own_is_copied_whole)
{
	static EFI_CONFIGURATION_TABLE own[TABLES];
	EFI_CONFIGURATION_TABLE *before = table.ConfigurationTable;

	for (u32 i = 0; i < TABLES; i++)
		own[i] = (EFI_CONFIGURATION_TABLE){ guid_of(i), at(i) };
	table.ConfigurationTable = own;
	table.NumberOfTableEntries = TABLES;
	CHECK_EQUAL(install(TABLES, at(TABLES)), EFI_SUCCESS);
	CHECK(table.ConfigurationTable != own && table.ConfigurationTable != before);
	for (u32 i = 0; i <= TABLES; i++)
		CHECK(find(i) == at(i));
	/* Later ones fit into it. */
	CHECK_EQUAL(install(TABLES + 1, at(1)), EFI_SUCCESS);
	for (u32 i = 0; i <= TABLES + 1; i++)
		CHECK_EQUAL(install(i, NULL), EFI_SUCCESS);
}

TEST(each_change_signals_the_group_of_the_guid)
{
	EFI_GUID guid = guid_of(3);
	EFI_EVENT event;

	CHECK_EQUAL(efi_create_event_ex(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note, NULL, &guid, &event),
		    EFI_SUCCESS);
	CHECK_EQUAL(install(3, at(1)), EFI_SUCCESS);
	CHECK_EQUAL(signals, 1);
	CHECK_EQUAL(install(3, at(2)), EFI_SUCCESS);
	CHECK_EQUAL(signals, 2);
	CHECK_EQUAL(install(4, at(2)), EFI_SUCCESS);
	CHECK_EQUAL(signals, 2);
	CHECK_EQUAL(install(3, NULL), EFI_SUCCESS);
	CHECK_EQUAL(signals, 3);
	CHECK_EQUAL(install(3, NULL), EFI_NOT_FOUND);
	CHECK_EQUAL(signals, 3);
	CHECK_EQUAL(install(4, NULL), EFI_SUCCESS);
	CHECK_EQUAL(efi_close_event(event), EFI_SUCCESS);
}

TEST(without_memory_nothing_changes)
{
	UINTN count;

	for (u32 i = 0; i < 1000; i++) {
		host_allocations_left = 0;
		if (install(i, at(i)) == EFI_OUT_OF_RESOURCES)
			break;
	}
	count = table.NumberOfTableEntries;
	CHECK(count && count < 1000);
	CHECK(find((u32)count - 1) == at((u32)count - 1));
	CHECK(!find((u32)count));
	CHECK(crc_is_right());
	host_allocations_left = UINT64_MAX;
	CHECK_EQUAL(install((u32)count, at(1)), EFI_SUCCESS);
	CHECK_EQUAL(table.NumberOfTableEntries, count + 1);
}

enum { MANY = 1500 }; /* larger than the pool's own pieces */

static u32 nested;

static void EFIAPI add_more(EFI_EVENT event, void *context)
{
	(void)event;
	(void)context;
	if (nested < TABLES / 2) {
		nested++;
		CHECK_EQUAL(install(MANY + nested, at(MANY + nested)), EFI_SUCCESS);
	}
}

/* A larger array changes the memory map, and a notification of that may add another table. */
TEST(tables_are_added_while_the_array_grows)
{
	EFI_EVENT event;

	for (u32 i = 0; i < 1000; i++)
		(void)install(i, NULL); /* of earlier tests */
	CHECK_EQUAL(efi_create_event_ex(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, add_more, NULL,
					&guid_event_group_memory_map_change, &event),
		    EFI_SUCCESS);
	for (u32 i = 0; i < MANY; i++)
		CHECK_EQUAL(install(i, at(i)), EFI_SUCCESS);
	CHECK_EQUAL(efi_close_event(event), EFI_SUCCESS);
	CHECK(nested);
	CHECK_EQUAL(table.NumberOfTableEntries, MANY + nested);
	for (u32 i = 0; i < MANY + nested + 1; i++)
		if (i != MANY) {
			CHECK(find(i) == at(i));
			CHECK_EQUAL(install(i, NULL), EFI_SUCCESS);
		}
	CHECK_EQUAL(table.NumberOfTableEntries, 0);
	CHECK(crc_is_right());
}
