/* SPDX-License-Identifier: Apache-2.0 */
/* The other parts of UEFI that efi/runtime.c needs. Include it in one file of a program. */
#pragma once

#include <stdlib.h>

#include "efi/efi.h"

EFI_SYSTEM_TABLE *efi_system_table;
static EFI_SYSTEM_TABLE system_table;
static EFI_RT_PROPERTIES_TABLE *properties;

EFI_STATUS efi_set_configuration_table(const EFI_GUID *guid, void *table)
{
	if (guid_equals(guid, &guid_rt_properties))
		properties = table;
	return EFI_SUCCESS;
}

void efi_table_update_crc(EFI_TABLE_HEADER *header)
{
	(void)header;
}

void efi_signal_group(const EFI_GUID *group)
{
	(void)group;
}

u32 efi_group_notifications(const EFI_GUID *group, struct efi_notification *out, u32 count_max)
{
	(void)group, (void)out, (void)count_max;
	return 0;
}

/* Supports one allocation at a time. */
void *efi_allocate(size_t size)
{
	static u8 memory[8192];

	if (size > sizeof(memory))
		abort();
	return memset(memory, 0, size);
}

void efi_free(void *place)
{
	(void)place;
}
