/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 19.5: decompression of what EDK2's compressor has made. */
#include "selftest.h"

#define TEXT                                                                                     \
	"resin, resin, wood; the wood that is full of resin catches first, and the wood lights " \
	"the rest. "

/* clang-format off */
static u8 compressed[] = {
	0x49, 0x00, 0x00, 0x00, 0x20, 0x01, 0x00, 0x00, 0x00, 0x3f, 0x4a, 0xb2, 0xad, 0x2d,
	0xf7, 0x03, 0x3f, 0xe8, 0x4b, 0xd3, 0x70, 0x47, 0x0a, 0xb6, 0xc0, 0x8e, 0x07, 0x7e,
	0x2e, 0x3a, 0x25, 0x41, 0x72, 0x86, 0x80, 0x04, 0x2d, 0x4c, 0xd6, 0x1b, 0x12, 0x1e,
	0xf5, 0xd3, 0xbd, 0x37, 0x05, 0x6b, 0xd8, 0xe8, 0x10, 0x86, 0x81, 0x6e, 0x6f, 0x70,
	0xf6, 0xf2, 0x28, 0x9a, 0x19, 0xad, 0x75, 0x95, 0xb3, 0x06, 0x41, 0x31, 0x4f, 0xa8,
	0xdd, 0xb8, 0x53, 0x1d, 0xbe, 0xa6, 0x1d, 0x87, 0xfe, 0xf8, 0x00,
};
/* clang-format on */

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
