/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold for the stored variables, wherever they were loaded from. */
#pragma once

#include "efi/variables.h"
#include "tests/fuzz/check.h"

/* Records are complete, and their names unique. */
static inline void check_kept_variables(void)
{
	struct runtime_store *store = &efi_runtime_data->stores[RUNTIME_NON_VOLATILE];
	struct runtime_variable *record;
	u32 offset = 0;

	while ((record = store_record(store, offset))) {
		CHECK(record->name[0] && record->data_size);
		CHECK(!(record->attributes & ~(u32)KEPT_ATTRIBUTES));
		CHECK(store_find(store, record->name, &record->vendor) == record);
		offset += store_record_size(record);
	}
	CHECK(offset == store->used && offset <= RUNTIME_STORE_SIZE);
}
