/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime services' data and system table, at addresses where nothing is: they are only
 * converted. */
#pragma once

#include "efi/runtime/runtime.h"
#include "lib/util.h"

#define CODE 0x10000000ull
#define TABLES 0x20000000ull
#define DEVICE 0xfec00000ull

static void make_runtime_tables(struct runtime_data *data, EFI_SYSTEM_TABLE *table)
{
	u8 *entries = (u8 *)&data->services + sizeof(data->services.Hdr);

	*data = (struct runtime_data){
		.at_runtime = true,
		.code = CODE,
		.code_size = 2 * PAGE_SIZE,
		.data = (uintptr_t)data,
		.data_size = sizeof(*data),
		.services.Hdr.HeaderSize = sizeof(data->services),
		.system_table = table,
	};
	for (u32 i = 0; i < RUNTIME_SERVICE_COUNT; i++)
		store_le64(entries + 8 * i, CODE + 16 * i);
	*table = (EFI_SYSTEM_TABLE){
		.Hdr.HeaderSize = sizeof(*table),
		.FirmwareVendor = (CHAR16 *)TABLES,
		.RuntimeServices = &data->services,
		.ConfigurationTable = (EFI_CONFIGURATION_TABLE *)(TABLES + 0x800),
	};
	runtime_data = data;
}
