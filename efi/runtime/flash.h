/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Variables in flash, in the format of EDK2's OVMF, so that OVMF's files and tools can be used. A
 * flash of @size bytes has two halves:
 *
 *	offset			what
 *	0			firmware volume header, 0x48 bytes
 *	0x48			header of the variable store, 28 bytes
 *	0x64			records, one after the other, each at a multiple of 4
 *	size / 2 - 2 blocks	EDK2's event log: not used
 *	size / 2 - 1 block	EDK2's journal of fault-tolerant writes: empty
 *	size / 2		spare: a copy of all before the event log, while that is rebuilt
 *	size - 1 block		our note on that copy
 *
 * A record:
 *
 *	0	2	0x55aa
 *	2	1	state, whose bits are cleared one by one
 *	4	4	attributes
 *	8	28	count, time and key of an authenticated variable
 *	36	4	size of the name, with its NUL
 *	40	4	size of the data
 *	44	16	vendor
 *	60		name, data
 *
 * A change appends a record, which becomes valid when one bit of its state is cleared; only then is
 * the old record deleted. When there is no room left, the live records are written to the spare,
 * the copy is marked as complete there, and it is copied back. If that is interrupted, a complete
 * copy is copied back again at the next start. So a loss of power at any byte loses at most the
 * change in progress.
 */
#pragma once

#include "core/flash.h"
#include "efi/runtime/kept.h"

/*
 * flash.c: the device. Programming changes bits from 1 to 0; erasing sets all bits of a block to 1.
 * False: the flash refused, did not answer in time, or does not contain what was written. @data
 * must not be in flash.
 */
const u8 *flash_bytes(const struct flash *flash, u32 offset);
bool flash_program(const struct flash *flash, u32 offset, const void *data, u32 size);
bool flash_erase(const struct flash *flash, u32 offset); /* the block that starts there */
bool flash_copy(const struct flash *flash, u32 to, u32 from, u32 size); /* to erased flash */

/* Are all these bytes erased? */
bool flash_is_blank(const struct flash *flash, u32 offset, u32 size);

enum {
	FLASH_VOLUME_HEADER_SIZE = 0x48,
	FLASH_RECORDS = 0x64,
	FLASH_RECORD_HEADER_SIZE = 60,
};

struct flash_record {
	u32 offset;
	u32 size; /* up to where the next one may start */
	u32 attributes, name_size, data_size;
	u8 state;
	EFI_GUID vendor;
};

/* flash_store.c: the records. */

/* The end of the space for records. */
u32 flash_store_end(const struct flash *flash);

/*
 * Gets the record at *@offset and advances the offset. False: there are no more. With
 * @beyond_damage, anything that is not a record is skipped; otherwise it is the end.
 */
bool flash_next_record(const struct flash *flash, u32 *offset, bool beyond_damage,
		       struct flash_record *out);

/*
 * Does the record have the current value of its variable, not an old or deleted one? Only a damaged
 * store has several for a variable; then the last one counts.
 */
bool flash_record_is_live(const struct flash *flash, const struct flash_record *record,
			  bool beyond_damage);

/* False: so many values were being replaced as no loss of power leaves behind. */
bool flash_store_can_be_searched(const struct flash *flash);

/* Writes the first two headers of a store in a flash of that size to @out, FLASH_RECORDS bytes. */
void flash_store_headers(const struct flash *flash, u8 *out);

/*
 * Finishes a rewrite that was interrupted by a loss of power. False: that failed, and the store
 * cannot be written.
 */
bool flash_store_recover(const struct flash *flash);

/* Rewrites the headers and all live records. */
bool flash_store_rewrite(const struct flash *flash, bool beyond_damage);

/* The bytes available for variables, and the bytes in use, including their headers. */
u32 flash_store_room(const struct flash *flash);
u32 flash_store_used(const struct flash *flash);

/*
 * EFI_WRITE_PROTECTED: the flash has a variable of that name that our services do not expose.
 * EFI_OUT_OF_RESOURCES: no room. EFI_DEVICE_ERROR: the variable keeps its old value.
 */
EFI_STATUS flash_store_put(const struct flash *flash, const struct kept_variable *variable);
EFI_STATUS flash_store_remove(const struct flash *flash, const CHAR16 *name, u32 name_size,
			      const EFI_GUID *vendor);
