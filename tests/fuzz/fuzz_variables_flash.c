/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machines start with any content of the flash for variables: fuzz_flash.c tests changes, this the
 * start. A flash that is used keeps all variables that were found in it, in a second start, too,
 * which writes nothing, and work is in proportion to its size.
 *
 * Input: 1 flags, then the records, or from the first byte of the flash on.
 */
#include "core/flash.h"
#include "efi/runtime/flash.h"
#include "efi/variables.h"
#include "lib/util.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/kept_variables.h"
#include "tests/host/efi_rest.h"
#include "tests/host/fake_flash.h"
#include "tests/host/host.h"
#include "tests/host/text_variables.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { SIZE = 64 * 1024, BLOCK = 4096, STEPS_PER_BYTE = 200 };
enum { RECORDS = 1, IN_SPARE = 2 }; /* flags */

static struct fake_flash fake;

static bool start(void)
{
	u64 steps = host_steps;
	bool is_used;

	host_memory_init();
	fake_flash_reset(&fake);
	variable_flash = fake.flash;
	efi_system_table = &system_table;
	CHECK(!efi_runtime_init(&services));
	is_used = efi_variables_in_flash();
	CHECK(host_steps - steps <= (u64)STEPS_PER_BYTE * SIZE);
	CHECK(is_used == !efi_runtime_data->set_variable_refused);
	return is_used;
}

/* All of @before is in the store, with the same values. */
static void check_kept(struct runtime_store *before)
{
	struct runtime_store *store = &efi_runtime_data->stores[RUNTIME_NON_VOLATILE];
	struct runtime_variable *record, *now;

	for (u32 offset = 0; (record = store_record(before, offset));
	     offset += store_record_size(record)) {
		now = store_find(store, record->name, &record->vendor);
		CHECK(now && now->attributes == record->attributes &&
		      now->data_size == record->data_size &&
		      memcmp(store_data(now), store_data(record), record->data_size) == 0);
	}
}

static void put_content(u8 flags, const u8 *data, size_t size)
{
	u32 at = flags & IN_SPARE ? SIZE / 2 : 0;

	memset(fake.bytes, 0xff, SIZE);
	if (flags & RECORDS) {
		flash_store_headers(&fake.flash, fake.bytes);
		at = FLASH_RECORDS;
	}
	memcpy(fake.bytes + at, data, min_u64(size, SIZE - at));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct runtime_store before;
	EFI_STATUS status;

	if (!size)
		return 0;
	if (!fake.bytes)
		fake_flash_init(&fake, SIZE, BLOCK, 256);
	put_content(data[0], data + 1, size - 1);
	if (!start())
		return 0;
	check_kept_variables();
	before = efi_runtime_data->stores[RUNTIME_NON_VOLATILE];
	fake.changes = 0;
	CHECK(start());
	CHECK(fake.changes == 1); /* whether it is writable */
	check_kept_variables();
	CHECK(efi_runtime_data->stores[RUNTIME_NON_VOLATILE].used == before.used);
	check_kept(&before);
	status = set(u"Fuzz", "value");
	CHECK(status == EFI_SUCCESS || status == EFI_OUT_OF_RESOURCES ||
	      status == EFI_WRITE_PROTECTED || status == EFI_INVALID_PARAMETER);
	CHECK(start());
	check_kept_variables();
	if (status == EFI_SUCCESS)
		CHECK(strcmp(get(u"Fuzz"), "value") == 0);
	else
		check_kept(&before);
	return 0;
}
