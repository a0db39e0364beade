/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The non-volatile variables in flash (efi/runtime/flash.h): what is there is made ready and loaded
 * when UEFI starts. From then on the runtime program writes each change.
 */
#include "core/arch.h"
#include "core/flash.h"
#include "core/log.h"
#include "core/memory.h"
#include "efi/efi.h"
#include "efi/runtime/flash.h"
#include "efi/variables.h"
#include "lib/crc32.h"
#include "lib/util.h"

enum {
	SIZE_MIN = 64 * 1024,
	SIZE_MAX_STORE = 1024 * 1024, /* no VMM has a larger one */
	BLOCKS_MIN = 8, /* two for what EDK2 wants, and as many for the records, in each half */
	NAME_SIZE_MAX = 2048,
	/* Of the headers. */
	VOLUME_TYPE = 16,
	VOLUME_SIZE = 32,
	VOLUME_SIGNATURE = 40,
	STORE_TYPE = FLASH_VOLUME_HEADER_SIZE,
	STORE_SIZE = STORE_TYPE + 16,
	STORE_STATE = STORE_SIZE + 4,
};

enum content {
	CONTENT_STORE,
	CONTENT_DAMAGED, /* the store without its headers */
	CONTENT_BLANK,
	CONTENT_FOREIGN,
};

static bool is_equal(const u8 *a, const u8 *b, u32 offset, u32 end)
{
	return memcmp(a + offset, b + offset, end - offset) == 0;
}

/* The part for the store, which is written last: formatting that was interrupted starts again. */
static bool is_filled_with(const struct flash *flash, u8 value)
{
	const u8 *bytes = flash_bytes(flash, 0);

	for (u32 i = 0; i < flash_store_end(flash); i++)
		if (bytes[i] != value)
			return false;
	return true;
}

/* Does the first record look complete? More may follow it. */
static bool has_record(const struct flash *flash)
{
	u32 offset = FLASH_RECORDS;
	struct flash_record record;

	return flash_next_record(flash, &offset, false, &record) && record.name_size;
}

/* EDK2's headers do not differ from ours in what matters; other layouts are left unchanged. */
static enum content look(const struct flash *flash)
{
	const u8 *there = flash_bytes(flash, 0);
	u8 ours[FLASH_RECORDS];
	bool volume, store;

	flash_store_headers(flash, ours);
	volume = is_equal(there, ours, VOLUME_TYPE, VOLUME_SIGNATURE + 4);
	store = is_equal(there, ours, STORE_TYPE, STORE_STATE + 2);
	if (volume && store)
		return CONTENT_STORE;
	if (is_filled_with(flash, 0xff) || is_filled_with(flash, 0))
		return CONTENT_BLANK;
	/* A header of another size is a store of another layout, rather than damage. */
	if ((is_equal(there, ours, VOLUME_SIGNATURE, VOLUME_SIGNATURE + 4) &&
	     load_le64(there + VOLUME_SIZE) != flash->size) ||
	    (is_equal(there, ours, STORE_TYPE, STORE_SIZE) &&
	     !is_equal(there, ours, STORE_SIZE, STORE_STATE)))
		return CONTENT_FOREIGN;
	return store || has_record(flash) ? CONTENT_DAMAGED : CONTENT_FOREIGN;
}

/* Writes one byte with the value it has: the device reports whether that works. */
static bool is_writable(const struct flash *flash)
{
	u32 last = flash->size - 1;
	u8 value = *flash_bytes(flash, last);

	return flash_program(flash, last, &value, sizeof(value));
}

/* EDK2 needs an empty journal. */
static bool write_journal(const struct flash *flash)
{
	static const u8 type[] = {
		/* 9e58292b-7c68-497d-a0ce-6500fd9f1b95 */
		0x2b, 0x29, 0x58, 0x9e, 0x68, 0x7c, 0x7d, 0x49,
		0xa0, 0xce, 0x65, 0x00, 0xfd, 0x9f, 0x1b, 0x95,
	};
	u32 journal = flash_store_end(flash) + flash->block_size;
	u8 header[32];

	/* The checksum is of a header without checksum and state. */
	memset(header, 0xff, sizeof(header));
	memcpy(header, type, sizeof(type));
	store_le64(header + 24, flash->block_size - sizeof(header));
	store_le32(header + 16, crc32(0, span_of(header, sizeof(header))));
	header[20] = 0xfe; /* valid */
	return flash_erase(flash, journal - flash->block_size) && flash_erase(flash, journal) &&
	       flash_program(flash, journal, header, sizeof(header));
}

/* Is everything erased after the place where new records would be written? */
static bool ends_blank(const struct flash *flash)
{
	u32 offset = FLASH_RECORDS;
	struct flash_record record;

	while (flash_next_record(flash, &offset, false, &record))
		;
	return flash_is_blank(flash, offset, flash_store_end(flash) - offset);
}

/* Makes the flash a store. False: it cannot be used, and a message says why. */
static bool prepare(const struct flash *flash)
{
	enum content content;
	bool done = true;

	if (!flash_store_recover(flash)) {
		log_error("flash: an interrupted write cannot be finished: not used");
		return false;
	}
	if (!flash_store_can_be_searched(flash)) {
		log_error("flash: too many interrupted writes: not used");
		return false;
	}
	content = look(flash);
	if (content == CONTENT_FOREIGN) {
		log_warning("flash: no variable store of this size: not used");
		return false;
	}
	if (content == CONTENT_BLANK) {
		log_info("flash: blank: formatted for UEFI variables");
		done = write_journal(flash) && flash_store_rewrite(flash, false);
	} else if (content == CONTENT_DAMAGED || !ends_blank(flash)) {
		log_warning("flash: damaged: only intact UEFI variables are kept");
		done = flash_store_rewrite(flash, true);
	}
	if (!done)
		log_error("flash: cannot be written: not used");
	return done;
}

static bool load_record(const struct flash *flash, const struct flash_record *record,
			struct runtime_store *store)
{
	CHAR16 name[NAME_SIZE_MAX / sizeof(CHAR16)];
	const u8 *bytes = flash_bytes(flash, record->offset + FLASH_RECORD_HEADER_SIZE);
	u32 length = 0;

	/* Variables that our services do not support, such as signed ones, stay unchanged. */
	if ((record->attributes & ~(u32)KEPT_ATTRIBUTES) ||
	    (record->attributes & KEPT_ATTRIBUTES_NEEDED) != KEPT_ATTRIBUTES_NEEDED ||
	    record->name_size > sizeof(name) || record->data_size == 0)
		return true;
	memcpy(name, bytes, record->name_size);
	while (name[length])
		length++;
	if ((length + 1) * sizeof(CHAR16) != record->name_size || !length)
		return true;
	return store_put(store, store_find(store, name, &record->vendor), name, record->name_size,
			 &record->vendor, record->attributes, 0, record->data_size,
			 bytes + record->name_size);
}

static bool load(const struct flash *flash)
{
	struct runtime_store *store = &efi_runtime_data->stores[RUNTIME_NON_VOLATILE];
	u32 offset = FLASH_RECORDS;
	struct flash_record record;

	while (flash_next_record(flash, &offset, false, &record)) {
		if (!flash_record_is_live(flash, &record, false) ||
		    load_record(flash, &record, store))
			continue;
		log_warning("flash: more UEFI variables than there is room for: not used");
		store->used = 0;
		return false;
	}
	return true;
}

bool efi_variables_in_flash(void)
{
	const struct flash *flash = &variable_flash;

	if (!flash->base)
		return false;
	if (flash->size < SIZE_MIN || flash->size > SIZE_MAX_STORE ||
	    flash->size / flash->block_size < BLOCKS_MIN || flash->size % (2 * flash->block_size)) {
		log_warning("flash of %u bytes: not used, as it cannot hold a store", flash->size);
		return false;
	}
	if (arch_map(flash->base, flash->size, MAP_DEVICE)) {
		log_error("flash: cannot be mapped: not used");
		return false;
	}
	if (!is_writable(flash)) {
		log_info("flash: read-only: not used");
		return false;
	}
	if (!prepare(flash) || !load(flash))
		return false;
	if (memory_add_device(flash->base, flash->size)) {
		efi_runtime_data->stores[RUNTIME_NON_VOLATILE].used = 0;
		log_error("flash: no room in the memory map: not used");
		return false;
	}
	if (log_is_wanted(LOG_DEBUG))
		log_debug("flash: %u of %u bytes of UEFI variables", flash_store_used(flash),
			  flash_store_room(flash));
	efi_runtime_data->flash = *flash;
	efi_runtime_data->set_variable_refused = false;
	return true;
}
