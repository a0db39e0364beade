/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 19.5: decompression of data compressed by EDK2's compressor. */
#include "compressed_text.h"
#include "selftest.h"

static u8 compressed[] = COMPRESSED_TEXTS;

void test_decompress(void)
{
	EFI_DECOMPRESS_PROTOCOL *decompress = protocol((EFI_GUID)EFI_DECOMPRESS_PROTOCOL_GUID);
	u32 size = 0, scratch_size = 0;
	u8 *scratch, *out;

	if (!ok("there is Decompress", decompress != NULL))
		return;
	is("sizes",
	   decompress->GetInfo(decompress, compressed, sizeof(compressed), &size, &scratch_size),
	   EFI_SUCCESS);
	equals("that of the original", size, sizeof(TEXT TEXT TEXT) - 1);
	is("sizes of too little",
	   decompress->GetInfo(decompress, compressed, 7, &size, &scratch_size),
	   EFI_INVALID_PARAMETER);
	is("sizes of a part",
	   decompress->GetInfo(decompress, compressed, sizeof(compressed) - 1, &size, &scratch_size),
	   EFI_INVALID_PARAMETER);
	decompress->GetInfo(decompress, compressed, sizeof(compressed), &size, &scratch_size);
	out = allocate(size);
	scratch = allocate(scratch_size);
	is("decompress",
	   decompress->Decompress(decompress, compressed, sizeof(compressed), out, size, scratch,
				  scratch_size),
	   EFI_SUCCESS);
	ok("the original", !memcmp(out, TEXT TEXT TEXT, size));
	is("with too little scratch memory",
	   decompress->Decompress(decompress, compressed, sizeof(compressed), out, size, scratch, 1),
	   EFI_INVALID_PARAMETER);
	is("with too little room",
	   decompress->Decompress(decompress, compressed, sizeof(compressed), out, size - 1,
				  scratch, scratch_size),
	   EFI_INVALID_PARAMETER);
	/* The first code has more than 16 bits. */
	memset(compressed + 10, 0xff, 8);
	is("damaged",
	   decompress->Decompress(decompress, compressed, sizeof(compressed), out, size, scratch,
				  scratch_size),
	   EFI_INVALID_PARAMETER);
	boot->FreePool(out);
	boot->FreePool(scratch);
}
