/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of variables in one piece of memory, in the order in which they were created. A record
 * that changes its size moves those after it, so that there are no gaps and the bytes in use are
 * those of the file (EBBR 2.4, 5):
 *
 *	offset	size
 *	0	8	reserved, 0
 *	8	7	"UbEfiVa"
 *	15	1	revision, 1
 *	16	4	size with the header
 *	20	4	CRC-32 of the records
 *	24		records
 */
#include "efi/runtime/runtime.h"
#include "lib/crc32.h"
#include "lib/string.h"
#include "lib/util.h"

enum { FILE_MAGIC = 8, FILE_SIZE = 16, FILE_CRC = 20 };

struct runtime_variable *store_record(struct runtime_store *store, u32 offset)
{
	return offset < store->used ? (struct runtime_variable *)(store->records + offset) : NULL;
}

u32 store_name_size(const struct runtime_variable *record)
{
	u32 length = 0;

	while (record->name[length])
		length++;
	return (length + 1) * (u32)sizeof(CHAR16);
}

u8 *store_data(struct runtime_variable *record)
{
	return (u8 *)record->name + store_name_size(record);
}

static u32 record_size(u32 name_size, u32 data_size)
{
	return (u32)align_up(sizeof(struct runtime_variable) + name_size + data_size,
			     RUNTIME_RECORD_ALIGNMENT);
}

u32 store_record_size(const struct runtime_variable *record)
{
	return record_size(store_name_size(record), record->data_size);
}

struct runtime_variable *store_find(struct runtime_store *store, const CHAR16 *name,
				    const EFI_GUID *vendor)
{
	struct runtime_variable *record;

	for (u32 offset = 0; (record = store_record(store, offset));) {
		u32 length = 0;

		while (record->name[length] == name[length] && name[length])
			length++;
		if (record->name[length] == name[length] && guid_equals(&record->vendor, vendor))
			return record;
		offset += store_record_size(record);
	}
	return NULL;
}

/* The record at @offset of @size bytes becomes @new_size bytes long. */
static void resize_record(struct runtime_store *store, u32 offset, u32 size, u32 new_size)
{
	u8 *record = store->records + offset;

	memmove(record + new_size, record + size, store->used - offset - size);
	store->used = store->used - size + new_size;
}

bool store_has_room(const struct runtime_store *store, const struct runtime_variable *old,
		    u32 name_size, u32 data_size)
{
	return store->used - (old ? store_record_size(old) : 0) +
		       record_size(name_size, data_size) <=
	       RUNTIME_STORE_SIZE;
}

bool store_put(struct runtime_store *store, struct runtime_variable *old, const CHAR16 *name,
	       u32 name_size, const EFI_GUID *vendor, u32 attributes, u32 keep, u32 size,
	       const void *data)
{
	u32 offset = (u32)(old ? (u64)((u8 *)old - store->records) : store->used);
	u32 old_size = old ? store_record_size(old) : 0;
	u32 new_size = record_size(name_size, keep + size);
	struct runtime_variable *record = (struct runtime_variable *)(store->records + offset);
	u8 *end = (u8 *)record->name + name_size + keep + size;

	if (!store_has_room(store, old, name_size, keep + size))
		return false;
	resize_record(store, offset, old_size, new_size);
	record->data_size = keep + size;
	record->attributes = attributes;
	record->time = 0;
	record->vendor = *vendor;
	memcpy(record->name, name, name_size);
	memcpy(end - size, data, size);
	memset(end, 0, (size_t)((u8 *)record + new_size - end));
	return true;
}

void store_remove(struct runtime_store *store, struct runtime_variable *record)
{
	resize_record(store, (u32)((u8 *)record - store->records), store_record_size(record), 0);
}

u32 store_file_size(const struct runtime_store *store)
{
	return RUNTIME_FILE_HEADER_SIZE + (u32)store->used;
}

void store_file_seal(struct runtime_store *store)
{
	u8 *header = store->header;

	store_le64(header, 0);
	memcpy(header + FILE_MAGIC, "UbEfiVa\x01", 8);
	store_le32(header + FILE_SIZE, store_file_size(store));
	store_le32(header + FILE_CRC, crc32(0, span_of(store->records, store->used)));
}
