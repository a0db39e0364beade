/* SPDX-License-Identifier: Apache-2.0 */
/* Records of variables in flash: see efi/runtime/flash.h. */
#include "efi/runtime/flash.h"
#include "lib/crc32.h"
#include "lib/guid.h"
#include "lib/span.h"
#include "lib/util.h"

enum {
	START = 0x55aa,
	ALIGNMENT = 4,
	RECORD_STATE = 2,
	REPLACED_MAX = 64, /* a loss of power leaves one; each costs a search */

	/* Bits of a record's state, each 0 when it is so. */
	NOT_COMPLETE = 0x80, /* its header is not, so its sizes do not count */
	NOT_ADDED = 0x40,    /* name or data are not complete */
	NOT_DELETED = 0x02,
	NOT_REPLACED = 0x01, /* it counts only if there is no other */
	STATE_COMPLETE = 0x7f,
	STATE_ADDED = 0x3f,
};

/* The note at the end of the spare. */
enum {
	NOTE_MAGIC = 0,
	NOTE_SIZE = 8,   /* bytes of the copy that are not blank */
	NOTE_CRC = 12,   /* of these */
	NOTE_STATE = 16, /* 0xff: the copy is to be used */
	NOTE_BYTES = 17,
};

#define NOTE_TEXT "FATWOOD\1"

u32 flash_store_end(const struct flash *flash)
{
	return flash->size / 2 - 2 * flash->block_size;
}

static u32 spare(const struct flash *flash)
{
	return flash->size / 2;
}

static u32 note(const struct flash *flash)
{
	return flash->size - flash->block_size;
}

static bool is_added(u8 state)
{
	return !(state & (NOT_COMPLETE | NOT_ADDED));
}

/* False: there is none. */
static bool read_record(const struct flash *flash, u32 offset, struct flash_record *out)
{
	u32 end = flash_store_end(flash), room;
	u8 header[FLASH_RECORD_HEADER_SIZE];

	if (end - offset < FLASH_RECORD_HEADER_SIZE)
		return false;
	memcpy(header, flash_bytes(flash, offset), sizeof(header));
	if (load_le16(header) != START)
		return false;
	*out = (struct flash_record){
		.offset = offset,
		.size = FLASH_RECORD_HEADER_SIZE,
		.state = header[RECORD_STATE],
	};
	if (out->state & NOT_COMPLETE)
		return true;
	out->attributes = load_le32(header + 4);
	out->name_size = load_le32(header + 36);
	out->data_size = load_le32(header + 40);
	memcpy(&out->vendor, header + 44, sizeof(out->vendor));
	room = end - offset - FLASH_RECORD_HEADER_SIZE;
	if (out->name_size > room || out->data_size > room - out->name_size)
		return false;
	out->size =
		(u32)min_u64(align_up((u64)out->size + out->name_size + out->data_size, ALIGNMENT),
			     end - offset);
	if (!is_added(out->state))
		return true;
	return out->name_size >= 2 * sizeof(CHAR16) && out->name_size % sizeof(CHAR16) == 0 &&
	       load_le16(flash_bytes(flash, offset + FLASH_RECORD_HEADER_SIZE + out->name_size -
						    (u32)sizeof(CHAR16))) == 0;
}

bool flash_next_record(const struct flash *flash, u32 *offset, bool beyond_damage,
		       struct flash_record *out)
{
	for (; *offset < flash_store_end(flash); *offset += ALIGNMENT) {
		if (read_record(flash, *offset, out)) {
			*offset += out->size;
			return true;
		}
		if (!beyond_damage)
			break;
	}
	return false;
}

/* @name may lie in flash. */
struct wanted {
	const void *name;
	u32 name_size;
	const EFI_GUID *vendor;
};

static bool is_of(const struct flash *flash, const struct flash_record *record,
		  const struct wanted *wanted)
{
	return is_added(record->state) && (record->state & NOT_DELETED) &&
	       record->name_size == wanted->name_size &&
	       guid_equals(&record->vendor, wanted->vendor) &&
	       memcmp(flash_bytes(flash, record->offset + FLASH_RECORD_HEADER_SIZE), wanted->name,
		      wanted->name_size) == 0;
}

/* The record with the value; its offset is 0 if there is none. *@end: where the records end. */
static struct flash_record find(const struct flash *flash, const struct wanted *wanted,
				bool beyond_damage, u32 *end)
{
	struct flash_record found = { 0 }, record;
	u32 offset = FLASH_RECORDS;

	while (flash_next_record(flash, &offset, beyond_damage, &record))
		if (is_of(flash, &record, wanted) &&
		    (!found.offset || (record.state & NOT_REPLACED) ||
		     !(found.state & NOT_REPLACED)))
			found = record;
	*end = offset;
	return found;
}

bool flash_record_is_live(const struct flash *flash, const struct flash_record *record,
			  bool beyond_damage)
{
	struct wanted wanted = {
		.name = flash_bytes(flash, record->offset + FLASH_RECORD_HEADER_SIZE),
		.name_size = record->name_size,
		.vendor = &record->vendor,
	};
	u32 end;

	if (!is_added(record->state) || !(record->state & NOT_DELETED))
		return false;
	/*
	 * No search for each record: together they would take the square of the number of records.
	 */
	return (record->state & NOT_REPLACED) ||
	       find(flash, &wanted, beyond_damage, &end).offset == record->offset;
}

bool flash_store_can_be_searched(const struct flash *flash)
{
	u32 offset = FLASH_RECORDS, count = 0;
	struct flash_record record;

	while (flash_next_record(flash, &offset, true, &record))
		count += is_added(record.state) &&
			 (record.state & (NOT_DELETED | NOT_REPLACED)) == NOT_DELETED;
	return count <= REPLACED_MAX;
}

static bool next_live(const struct flash *flash, u32 *offset, bool beyond_damage,
		      struct flash_record *out)
{
	while (flash_next_record(flash, offset, beyond_damage, out))
		if (flash_record_is_live(flash, out, beyond_damage))
			return true;
	return false;
}

u32 flash_store_room(const struct flash *flash)
{
	return flash_store_end(flash) - FLASH_RECORDS;
}

u32 flash_store_used(const struct flash *flash)
{
	u32 offset = FLASH_RECORDS, used = 0;
	struct flash_record record;

	while (next_live(flash, &offset, false, &record))
		used += record.size;
	return used;
}

static bool program_state(const struct flash *flash, u32 record, u8 state)
{
	return flash_program(flash, record + RECORD_STATE, &state, sizeof(state));
}

static bool clear_state(const struct flash *flash, const struct flash_record *record, u8 bits)
{
	return program_state(flash, record->offset, record->state & (u8)~bits);
}

/*
 * Deletes all records of a variable but the one at @kept. With one that is left, such as the older
 * value after a loss of power, that value would come back.
 */
static bool delete_others(const struct flash *flash, const struct wanted *wanted, u32 kept)
{
	u32 offset = FLASH_RECORDS;
	struct flash_record record;

	while (flash_next_record(flash, &offset, false, &record))
		if (record.offset != kept && is_of(flash, &record, wanted) &&
		    !clear_state(flash, &record, NOT_REPLACED | NOT_DELETED))
			return false;
	return true;
}

static u64 record_size(const struct kept_variable *variable)
{
	return align_up((u64)FLASH_RECORD_HEADER_SIZE + variable->name_size + variable->first_size +
				variable->second_size,
			ALIGNMENT);
}

static bool program_record(const struct flash *flash, u32 at, const struct kept_variable *variable)
{
	u32 name = at + FLASH_RECORD_HEADER_SIZE;
	u32 first = name + variable->name_size;
	u8 header[FLASH_RECORD_HEADER_SIZE] = { START & 0xff, START >> 8, 0xff };

	store_le32(header + 4, variable->attributes);
	store_le32(header + 36, variable->name_size);
	store_le32(header + 40, variable->first_size + variable->second_size);
	memcpy(header + 44, variable->vendor, sizeof(*variable->vendor));
	return flash_program(flash, at, header, sizeof(header)) &&
	       program_state(flash, at, STATE_COMPLETE) &&
	       flash_program(flash, name, variable->name, variable->name_size) &&
	       flash_program(flash, first, variable->first, variable->first_size) &&
	       flash_program(flash, first + variable->first_size, variable->second,
			     variable->second_size) &&
	       program_state(flash, at, STATE_ADDED);
}

static bool erase_if_needed(const struct flash *flash, u32 block)
{
	return flash_is_blank(flash, block, flash->block_size) || flash_erase(flash, block);
}

void flash_store_headers(const struct flash *flash, u8 *out)
{
	static const u8 volume[] = {
		/* NVRAM of EDK2: fff12b8d-7696-4c8b-a985-2747075b4f50 */
		0x8d, 0x2b, 0xf1, 0xff, 0x96, 0x76, 0x8b, 0x4c,
		0xa9, 0x85, 0x27, 0x47, 0x07, 0x5b, 0x4f, 0x50,
	};
	static const u8 store[] = {
		/* authenticated variables: aaf32c78-947b-439a-a180-2e144ec37792 */
		0x78, 0x2c, 0xf3, 0xaa, 0x7b, 0x94, 0x9a, 0x43,
		0xa1, 0x80, 0x2e, 0x14, 0x4e, 0xc3, 0x77, 0x92,
	};
	u16 sum = 0;

	memset(out, 0, FLASH_RECORDS);
	memcpy(out + 16, volume, sizeof(volume));
	store_le64(out + 32, flash->size);
	memcpy(out + 40, "_FVH\xff\xfe\x04\x00", 8); /* signature, attributes */
	store_le16(out + 48, FLASH_VOLUME_HEADER_SIZE);
	out[55] = 2; /* revision */
	store_le32(out + 56, flash->size / flash->block_size);
	store_le32(out + 60, flash->block_size);
	for (u32 i = 0; i < FLASH_VOLUME_HEADER_SIZE; i += 2)
		sum = (u16)(sum + load_le16(out + i));
	store_le16(out + 50, (u16)-sum);

	memcpy(out + FLASH_VOLUME_HEADER_SIZE, store, sizeof(store));
	store_le32(out + FLASH_VOLUME_HEADER_SIZE + 16,
		   flash_store_end(flash) - FLASH_VOLUME_HEADER_SIZE);
	out[FLASH_VOLUME_HEADER_SIZE + 20] = 0x5a; /* formatted */
	out[FLASH_VOLUME_HEADER_SIZE + 21] = 0xfe; /* healthy */
}

static bool write_note(const struct flash *flash, u32 size)
{
	u8 bytes[NOTE_STATE] = NOTE_TEXT;

	store_le32(bytes + NOTE_SIZE, size);
	store_le32(bytes + NOTE_CRC, crc32(0, span_of(flash_bytes(flash, spare(flash)), size)));
	return flash_program(flash, note(flash), bytes, sizeof(bytes));
}

/* Is there a copy that was to be used? */
static bool is_noted(const struct flash *flash)
{
	u8 bytes[NOTE_BYTES];
	u32 size;

	memcpy(bytes, flash_bytes(flash, note(flash)), sizeof(bytes));
	size = load_le32(bytes + NOTE_SIZE);
	return memcmp(bytes + NOTE_MAGIC, NOTE_TEXT, NOTE_SIZE - NOTE_MAGIC) == 0 &&
	       bytes[NOTE_STATE] == 0xff && size >= FLASH_RECORDS &&
	       size <= flash_store_end(flash) &&
	       crc32(0, span_of(flash_bytes(flash, spare(flash)), size)) ==
		       load_le32(bytes + NOTE_CRC);
}

bool flash_store_recover(const struct flash *flash)
{
	static const u8 used = 0;
	u32 from = spare(flash);

	if (!is_noted(flash))
		return true;
	for (u32 block = 0; block < flash_store_end(flash); block += flash->block_size)
		if (memcmp(flash_bytes(flash, block), flash_bytes(flash, from + block),
			   flash->block_size) != 0 &&
		    (!erase_if_needed(flash, block) ||
		     !flash_copy(flash, block, from + block, flash->block_size)))
			return false;
	return flash_program(flash, note(flash) + NOTE_STATE, &used, sizeof(used));
}

/*
 * Writes a copy of the store with @more (NULL: nothing more) in the place of all records of its
 * name, @name, for flash_store_recover(). It counts from the moment its note is written.
 */
static bool rewrite(const struct flash *flash, const struct wanted *name,
		    const struct kept_variable *more, bool beyond_damage)
{
	u32 at = spare(flash) + FLASH_RECORDS, offset = FLASH_RECORDS;
	u8 headers[FLASH_RECORDS];
	struct flash_record record;

	/* The note first: it must never describe an incomplete copy. */
	if (!erase_if_needed(flash, note(flash)))
		return false;
	for (u32 block = 0; block < flash_store_end(flash); block += flash->block_size)
		if (!erase_if_needed(flash, spare(flash) + block))
			return false;
	flash_store_headers(flash, headers);
	if (!flash_program(flash, spare(flash), headers, sizeof(headers)))
		return false;
	while (next_live(flash, &offset, beyond_damage, &record)) {
		u8 head[ALIGNMENT];

		if (more && is_of(flash, &record, name))
			continue;
		memcpy(head, flash_bytes(flash, record.offset), sizeof(head));
		head[RECORD_STATE] = STATE_ADDED;
		if (!flash_program(flash, at, head, sizeof(head)) ||
		    !flash_copy(flash, at + ALIGNMENT, record.offset + ALIGNMENT,
				record.size - ALIGNMENT))
			return false;
		at += record.size;
	}
	if (more) {
		if (!program_record(flash, at, more))
			return false;
		at += (u32)record_size(more);
	}
	return write_note(flash, at - spare(flash));
}

bool flash_store_rewrite(const struct flash *flash, bool beyond_damage)
{
	return rewrite(flash, NULL, NULL, beyond_damage) && flash_store_recover(flash);
}

EFI_STATUS flash_store_put(const struct flash *flash, const struct kept_variable *variable)
{
	struct wanted wanted = { variable->name, variable->name_size, variable->vendor };
	u64 size = record_size(variable);
	struct flash_record old;
	u32 end;

	if (!flash_store_recover(flash))
		return EFI_DEVICE_ERROR;
	old = find(flash, &wanted, false, &end);
	/* One that is not offered, such as a key of Secure Boot, is not lost to one of its name. */
	if (old.offset && (old.attributes & ~(u32)KEPT_ATTRIBUTES))
		return EFI_WRITE_PROTECTED;
	if (size > flash_store_end(flash) - end || !flash_is_blank(flash, end, (u32)size)) {
		if (flash_store_used(flash) - old.size + size > flash_store_room(flash))
			return EFI_OUT_OF_RESOURCES;
		if (!rewrite(flash, &wanted, variable, false))
			return EFI_DEVICE_ERROR;
		/* If this fails, the next change or start does it. */
		(void)flash_store_recover(flash);
		return EFI_SUCCESS;
	}
	if (old.offset && !clear_state(flash, &old, NOT_REPLACED))
		return EFI_DEVICE_ERROR;
	if (!program_record(flash, end, variable))
		return EFI_DEVICE_ERROR;
	/* From here on the new one counts, even if this fails. */
	if (old.offset)
		(void)delete_others(flash, &wanted, end);
	return EFI_SUCCESS;
}

EFI_STATUS flash_store_remove(const struct flash *flash, const CHAR16 *name, u32 name_size,
			      const EFI_GUID *vendor)
{
	struct wanted wanted = { name, name_size, vendor };
	struct flash_record old;
	u32 end;

	if (!flash_store_recover(flash))
		return EFI_DEVICE_ERROR;
	old = find(flash, &wanted, false, &end);
	if (!old.offset)
		return EFI_SUCCESS;
	return delete_others(flash, &wanted, old.offset) && clear_state(flash, &old, NOT_DELETED) ?
		       EFI_SUCCESS :
		       EFI_DEVICE_ERROR;
}
