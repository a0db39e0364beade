/* SPDX-License-Identifier: Apache-2.0 */
/* Calls SetVirtualAddressMap with an identity map for the runtime program, and another mapping for
 * the variable store.
 */
#pragma once

#include "core/memory.h"
#include "efi/efi.h"
#include "lib/util.h"
#include "tests/host/text_variables.h"

enum { RUNTIME_MAP_MORE_MAX = 2 };

struct runtime_mapping {
	EFI_MEMORY_TYPE type;
	u64 physical, virtual; /* 0: not mapped */
	u64 pages;
};

static inline void runtime_map(const struct runtime_mapping *more, u32 count)
{
	const struct runtime_data *data = efi_runtime_data;
	EFI_MEMORY_DESCRIPTOR map[2 + RUNTIME_MAP_MORE_MAX] = {
		{ .PhysicalStart = data->code,
		  .VirtualStart = data->code,
		  .NumberOfPages = data->code_size / PAGE_SIZE,
		  .Attribute = EFI_MEMORY_RUNTIME },
		{ .PhysicalStart = data->data,
		  .VirtualStart = data->data,
		  .NumberOfPages = data->data_size / PAGE_SIZE,
		  .Attribute = EFI_MEMORY_RUNTIME },
	};

	for (u32 i = 0; i < count; i++)
		map[2 + i] = (EFI_MEMORY_DESCRIPTOR){
			.Type = more[i].type,
			.PhysicalStart = more[i].physical,
			.VirtualStart = more[i].virtual,
			.NumberOfPages = more[i].pages,
			.Attribute = more[i].virtual ? EFI_MEMORY_RUNTIME : 0,
		};
	(void)services->SetVirtualAddressMap((2 + count) * sizeof(map[0]), sizeof(map[0]), 1, map);
}
