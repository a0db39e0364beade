/* SPDX-License-Identifier: Apache-2.0 */
/* EFI_DECOMPRESS_PROTOCOL (UEFI 2.11, 19.5). */
#include "lib/decompress.h"

#include "efi/protocols/protocols.h"
#include "efi/spec/misc.h"
#include "lib/util.h"

/* The caller's scratch buffer holds a struct decompress_work somewhere. */
enum { SCRATCH_SIZE = sizeof(struct decompress_work) + _Alignof(struct decompress_work) - 1 };

static EFI_STATUS EFIAPI get_info(EFI_DECOMPRESS_PROTOCOL *this, VOID *source, UINT32 source_size,
				  UINT32 *destination_size, UINT32 *scratch_size)
{
	if (!this || !source || !destination_size || !scratch_size ||
	    decompress_size(span_of(source, source_size), destination_size))
		return EFI_INVALID_PARAMETER;
	*scratch_size = SCRATCH_SIZE;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI run(EFI_DECOMPRESS_PROTOCOL *this, VOID *source, UINT32 source_size,
			     VOID *destination, UINT32 destination_size, VOID *scratch,
			     UINT32 scratch_size)
{
	struct decompress_work *work;
	u32 size;

	if (!this || !source || !destination || !scratch || scratch_size < SCRATCH_SIZE ||
	    decompress_size(span_of(source, source_size), &size) || size > destination_size)
		return EFI_INVALID_PARAMETER;
	work = (void *)(uintptr_t)align_up((u64)scratch, _Alignof(struct decompress_work));
	return decompress(span_of(source, source_size), destination, work) ? EFI_INVALID_PARAMETER :
									     EFI_SUCCESS;
}

static EFI_DECOMPRESS_PROTOCOL protocol = { .GetInfo = get_info, .Decompress = run };

EFI_STATUS efi_decompress_publish(struct efi_object *object)
{
	return efi_install(object, &guid_decompress, &protocol);
}
