/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of variables. If bit 0 of the first byte is set, the CRC and the length are corrected. The
 * variables must survive being written to a file and read again.
 */
#include <stdlib.h>

#include "efi/variables_file.h"
#include "lib/crc32.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct runtime_store store, again;
	static u8 file[64 * 1024];

	if (size == 0)
		return 0;
	if (size - 1 > sizeof(file))
		return 0;
	memcpy(file, data + 1, size - 1);
	if ((data[0] & 1) && size - 1 >= RUNTIME_FILE_HEADER_SIZE) {
		memcpy(file + 8, "UbEfiVa\1", 8);
		store_le32(file + 16, (u32)size - 1);
		store_le32(file + 20, crc32(0, span_of(file + 24, size - 1 - 24)));
	}
	if (variables_file_read(span_of(file, size - 1), &store)) {
		if (store.used)
			abort();
		return 0;
	}
	if (store.used > size || store.used % RUNTIME_RECORD_ALIGNMENT)
		abort();
	store_file_seal(&store);
	if (variables_file_read(span_of(store.header, store_file_size(&store)), &again) ||
	    again.used != store.used || memcmp(again.records, store.records, store.used) != 0)
		abort();
	(void)variables_sequence(&store);
	if (!variables_set_sequence(&store, size) || variables_sequence(&store) != size)
		abort();
	return 0;
}
