/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration tables (UEFI 2.11, 4.6 and 7.5.6): pairs of GUID and address in an array that the
 * operating system keeps, so it is runtime memory, and that grows.
 */
#include "efi/efi.h"
#include "efi/services/events.h"
#include "efi/services/services.h"

enum { CAPACITY_STEP = 16 };

static u32 capacity;
static EFI_CONFIGURATION_TABLE *own; /* that has room for so many; a guest may set another */

static EFI_CONFIGURATION_TABLE *find(const EFI_GUID *guid)
{
	for (UINTN i = 0; i < efi_system_table->NumberOfTableEntries; i++) {
		EFI_CONFIGURATION_TABLE *entry = &efi_system_table->ConfigurationTable[i];

		if (guid_equals(&entry->VendorGuid, guid))
			return entry;
	}
	return NULL;
}

static EFI_STATUS grow(void)
{
	UINTN count = efi_system_table->NumberOfTableEntries;
	EFI_CONFIGURATION_TABLE *old = efi_system_table->ConfigurationTable;
	EFI_CONFIGURATION_TABLE *tables;
	EFI_STATUS status;

	if (old == own && count < capacity)
		return EFI_SUCCESS;
	status = efi_allocate_pool(EfiRuntimeServicesData,
				   (count + CAPACITY_STEP) * sizeof(*tables), (VOID **)&tables);
	if (status)
		return status;
	capacity = (u32)count + CAPACITY_STEP;
	if (old)
		memcpy(tables, old, count * sizeof(*tables));
	if (old == own)
		efi_free(own);
	efi_system_table->ConfigurationTable = own = tables;
	return EFI_SUCCESS;
}

static EFI_STATUS add(const EFI_GUID *guid, void *table)
{
	EFI_STATUS status = grow();

	if (status)
		return status;
	efi_system_table->ConfigurationTable[efi_system_table->NumberOfTableEntries++] =
		(EFI_CONFIGURATION_TABLE){ .VendorGuid = *guid, .VendorTable = table };
	return EFI_SUCCESS;
}

/* Those after it move up: the order stays. */
static void remove(EFI_CONFIGURATION_TABLE *entry)
{
	EFI_CONFIGURATION_TABLE *end =
		efi_system_table->ConfigurationTable + --efi_system_table->NumberOfTableEntries;

	memmove(entry, entry + 1, (size_t)((u8 *)end - (u8 *)entry));
}

EFI_STATUS efi_set_configuration_table(const EFI_GUID *guid, void *table)
{
	EFI_CONFIGURATION_TABLE *entry;
	EFI_STATUS status = EFI_SUCCESS;

	/*
	 * A larger array changes the memory map: a function that is notified of this may call us.
	 */
	efi_events_hold();
	entry = find(guid);
	if (entry && table)
		entry->VendorTable = table;
	else if (entry)
		remove(entry);
	else
		status = table ? add(guid, table) : EFI_NOT_FOUND;
	efi_events_release();
	if (status)
		return status;
	efi_table_update_crc(&efi_system_table->Hdr);
	efi_signal_group(guid);
	return EFI_SUCCESS;
}

void *efi_configuration_table(const EFI_GUID *guid)
{
	EFI_CONFIGURATION_TABLE *entry = find(guid);

	return entry ? entry->VendorTable : NULL;
}

EFI_STATUS EFIAPI efi_install_configuration_table(EFI_GUID *guid, VOID *table)
{
	return guid ? efi_set_configuration_table(guid, table) : EFI_INVALID_PARAMETER;
}
