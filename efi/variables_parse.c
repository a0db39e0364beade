/* SPDX-License-Identifier: Apache-2.0 */
/* Files of variables: see efi/variables_file.h. */
#include "efi/variables_file.h"

#include "lib/crc32.h"
#include "lib/util.h"

enum {
	FILE_MAGIC = 8,
	FILE_SIZE = 16,
	FILE_CRC = 20,
	NAME_SIZE_MAX = 2048,
	SUPPORTED = EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS |
		    EFI_VARIABLE_RUNTIME_ACCESS,
	NEEDED = EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS,
};

static const EFI_GUID own_vendor = FATWOOD_VARIABLE_GUID;
static const CHAR16 sequence_name[] = u"StoreSequence";

u32 variables_file_size(struct span header)
{
	u32 size;

	if (header.size < RUNTIME_FILE_HEADER_SIZE ||
	    memcmp(header.data + FILE_MAGIC, "UbEfiVa\x01", 8) != 0)
		return 0;
	size = load_le32(header.data + FILE_SIZE);
	return size >= RUNTIME_FILE_HEADER_SIZE &&
			       size - RUNTIME_FILE_HEADER_SIZE <= RUNTIME_STORE_SIZE ?
		       size :
		       0;
}

/* Reads the next name, including its NUL. Empty: it is not terminated. */
static struct span read_name(struct reader *r)
{
	struct reader ahead = *r;
	size_t size = 0;

	do {
		size += sizeof(CHAR16);
		if (size > NAME_SIZE_MAX)
			return (struct span){ 0 };
	} while (read_le16(&ahead));
	/* Past the end, zeroes are read but there are no bytes. */
	return size > sizeof(CHAR16) ? read_bytes(r, size) : (struct span){ 0 };
}

static enum status read_record(struct reader *r, struct runtime_store *store)
{
	u32 data_size = read_le32(r);
	u32 attributes = read_le32(r);
	struct span time = read_bytes(r, 8);
	struct span vendor = read_bytes(r, sizeof(EFI_GUID));
	struct span name = read_name(r);
	struct span data = read_bytes(r, data_size);
	/* Everything before it is a multiple of 8 bytes. */
	u64 padding = (0 - name.size - data_size) & (RUNTIME_RECORD_ALIGNMENT - 1);
	EFI_GUID guid;
	CHAR16 aligned_name[NAME_SIZE_MAX / sizeof(CHAR16)];

	(void)time;
	/* The last record may lack its padding. */
	(void)read_bytes(r, min_u64(padding, r->rest.size));
	if (r->overrun || span_is_empty(name))
		return ERR_CORRUPT;
	if ((attributes & ~(u32)SUPPORTED) || (attributes & NEEDED) != NEEDED || data_size == 0)
		return OK;
	memcpy(&guid, vendor.data, sizeof(guid));
	memcpy(aligned_name, name.data, name.size);
	if (store_find(store, aligned_name, &guid))
		return OK;
	return store_put(store, NULL, aligned_name, (u32)name.size, &guid, attributes, 0, data_size,
			 data.data) ?
		       OK :
		       ERR_CORRUPT;
}

enum status variables_file_read(struct span file, struct runtime_store *store)
{
	u32 size = variables_file_size(file);
	struct span records = span_part(file, RUNTIME_FILE_HEADER_SIZE,
					size ? size - RUNTIME_FILE_HEADER_SIZE : 0);
	struct reader r = { .rest = records };
	enum status status = OK;

	store->used = 0;
	if (!size || file.size < size || crc32(0, records) != load_le32(file.data + FILE_CRC))
		return ERR_CORRUPT;
	while (r.rest.size && !status)
		status = read_record(&r, store);
	if (status)
		store->used = 0;
	return status;
}

static struct runtime_variable *sequence_record(struct runtime_store *store)
{
	struct runtime_variable *record = store_find(store, sequence_name, &own_vendor);

	return record && record->data_size == sizeof(u64) ? record : NULL;
}

u64 variables_sequence(struct runtime_store *store)
{
	struct runtime_variable *record = sequence_record(store);

	u64 sequence = record ? load_le64(store_data(record)) : 0;

	/* No machine changes its variables so often. */
	return sequence >> 63 ? 0 : sequence;
}

bool variables_set_sequence(struct runtime_store *store, u64 sequence)
{
	struct runtime_variable *old = store_find(store, sequence_name, &own_vendor);

	return store_put(store, old, sequence_name, sizeof(sequence_name), &own_vendor, NEEDED, 0,
			 sizeof(sequence), &sequence);
}
