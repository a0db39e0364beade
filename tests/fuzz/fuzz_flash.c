/* SPDX-License-Identifier: Apache-2.0 */
/* Starts with any content of the flash for variables, then changes variables. */
#include "core/flash.h"
#include "efi/efi.h"
#include "efi/runtime/flash.h"
#include "lib/util.h"
#include "tests/host/fake_flash.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIZE = 8192, BLOCK = 256 };

/*
 * Returns how many records have a value of the variable that counts: more than one only after
 * damage. Then the last, @out, decides.
 */
static u32 find_live(const struct flash *flash, const struct kept_variable *variable,
		     struct flash_record *out)
{
	u32 offset = FLASH_RECORDS, count = 0;
	struct flash_record record;

	while (flash_next_record(flash, &offset, false, &record))
		if (flash_record_is_live(flash, &record, false) &&
		    record.name_size == variable->name_size &&
		    memcmp(flash_bytes(flash, record.offset + FLASH_RECORD_HEADER_SIZE),
			   variable->name, variable->name_size) == 0 &&
		    memcmp(&record.vendor, variable->vendor, sizeof(record.vendor)) == 0) {
			*out = record;
			count++;
		}
	return count;
}

/* Uses a small flash to limit the work, and therefore no services, which require a larger one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fake_flash fake;
	static const EFI_GUID vendor = { { 3 } };
	struct kept_variable variable = {
		.name = u"Set",
		.name_size = sizeof(u"Set"),
		.vendor = &vendor,
		.attributes = 7,
		.second = "value",
		.second_size = 5,
	};
	struct flash_record record;
	u32 used;

	if (!fake.bytes)
		fake_flash_init(&fake, SIZE, BLOCK, 32);
	fake_flash_reset(&fake);
	memset(fake.bytes, 0xff, SIZE);
	memcpy(fake.bytes, data, min_u64(size, SIZE));
	if (!flash_store_recover(&fake.flash) || !flash_store_rewrite(&fake.flash, true))
		abort();
	used = flash_store_used(&fake.flash);
	if (used > flash_store_room(&fake.flash))
		abort();
	switch (flash_store_put(&fake.flash, &variable)) {
	case EFI_SUCCESS:
		if (find_live(&fake.flash, &variable, &record) != 1 || record.data_size != 5)
			abort();
		break;
	case EFI_WRITE_PROTECTED:
		if (!find_live(&fake.flash, &variable, &record) ||
		    !(record.attributes & ~(u32)KEPT_ATTRIBUTES))
			abort();
		break;
	case EFI_OUT_OF_RESOURCES:
		if (used + 60 + variable.name_size + 8 <= flash_store_room(&fake.flash))
			abort();
		break;
	default:
		abort();
	}
	if (flash_store_remove(&fake.flash, variable.name, variable.name_size, &vendor) ||
	    find_live(&fake.flash, &variable, &record))
		abort();
	return 0;
}
