/* SPDX-License-Identifier: Apache-2.0 */
/* Boot services that need none of the others (UEFI 2.11, 7.5). Stall() is in timers.c. */
#include "efi/efi.h"
#include "efi/services/services.h"
#include "lib/crc32.h"
#include "lib/string.h"

/* The upper half is the runtime service's, and grows with each boot that it can count. */
EFI_STATUS EFIAPI efi_get_next_monotonic_count(UINT64 *count)
{
	static u32 high, low;
	static bool has_high;

	if (!count)
		return EFI_INVALID_PARAMETER;
	if (!has_high || low == UINT32_MAX) {
		EFI_RUNTIME_SERVICES *runtime =
			efi_system_table ? efi_system_table->RuntimeServices : NULL;
		EFI_STATUS status = runtime && runtime->GetNextHighMonotonicCount ?
					    runtime->GetNextHighMonotonicCount(&high) :
					    EFI_UNSUPPORTED;

		if (EFI_ERROR(status))
			high += has_high;
		has_high = true;
		low = 0;
	}
	*count = (u64)high << 32 | low++;
	return EFI_SUCCESS;
}

EFI_STATUS EFIAPI efi_calculate_crc32(VOID *data, UINTN size, UINT32 *crc)
{
	if (!data || !size || !crc)
		return EFI_INVALID_PARAMETER;
	*crc = crc32(0, span_of(data, size));
	return EFI_SUCCESS;
}

VOID EFIAPI efi_copy_mem(VOID *destination, VOID *source, UINTN length)
{
	if (length)
		memmove(destination, source, length);
}

VOID EFIAPI efi_set_mem(VOID *buffer, UINTN size, UINT8 value)
{
	if (size)
		memset(buffer, value, size);
}
