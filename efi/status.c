/* SPDX-License-Identifier: Apache-2.0 */
/* enum status to EFI_STATUS and back, and names for messages (UEFI 2.11, appendix D). */
#include "efi/efi.h"
#include "lib/format.h"
#include "lib/util.h"

EFI_STATUS efi_from_status(enum status status)
{
	switch (status) {
	case OK:
		return EFI_SUCCESS;
	case ERR_UNRECOGNIZED:
	case ERR_UNSUPPORTED:
		return EFI_UNSUPPORTED;
	case ERR_NOT_FOUND:
		return EFI_NOT_FOUND;
	case ERR_CORRUPT:
		return EFI_VOLUME_CORRUPTED;
	case ERR_IO:
	case ERR_TIMEOUT:
		return EFI_DEVICE_ERROR;
	case ERR_NO_MEMORY:
		return EFI_OUT_OF_RESOURCES;
	case ERR_TOO_LARGE:
		return EFI_BUFFER_TOO_SMALL;
	case ERR_INVALID:
		return EFI_INVALID_PARAMETER;
	case ERR_DENIED:
		return EFI_WRITE_PROTECTED;
	case ERR_EXISTS:
		return EFI_ACCESS_DENIED;
	case ERR_FULL:
		return EFI_VOLUME_FULL;
	}
	return EFI_DEVICE_ERROR;
}

enum status status_from_efi(EFI_STATUS status)
{
	switch (status) {
	case EFI_SUCCESS:
		return OK;
	case EFI_UNSUPPORTED:
		return ERR_UNSUPPORTED;
	case EFI_NOT_FOUND:
	case EFI_NO_MEDIA:
		return ERR_NOT_FOUND;
	case EFI_LOAD_ERROR:
	case EFI_VOLUME_CORRUPTED:
	case EFI_CRC_ERROR:
		return ERR_CORRUPT;
	case EFI_TIMEOUT:
		return ERR_TIMEOUT;
	case EFI_OUT_OF_RESOURCES:
		return ERR_NO_MEMORY;
	case EFI_BUFFER_TOO_SMALL:
		return ERR_TOO_LARGE;
	case EFI_INVALID_PARAMETER:
		return ERR_INVALID;
	case EFI_VOLUME_FULL:
		return ERR_FULL;
	case EFI_WRITE_PROTECTED:
	case EFI_ACCESS_DENIED:
	case EFI_SECURITY_VIOLATION:
		return ERR_DENIED;
	default:
		return EFI_ERROR(status) ? ERR_IO : OK;
	}
}

const char *efi_status_name(EFI_STATUS status)
{
	static const char *const errors[] = {
		[1] = "Load Error",
		[2] = "Invalid Parameter",
		[3] = "Unsupported",
		[4] = "Bad Buffer Size",
		[5] = "Buffer Too Small",
		[6] = "Not Ready",
		[7] = "Device Error",
		[8] = "Write Protected",
		[9] = "Out of Resources",
		[10] = "Volume Corrupt",
		[11] = "Volume Full",
		[12] = "No Media",
		[13] = "Media Changed",
		[14] = "Not Found",
		[15] = "Access Denied",
		[16] = "No Response",
		[17] = "No Mapping",
		[18] = "Time Out",
		[19] = "Not Started",
		[20] = "Already Started",
		[21] = "Aborted",
		[24] = "Protocol Error",
		[25] = "Incompatible Version",
		[26] = "Security Violation",
		[27] = "CRC Error",
		[28] = "End of Media",
		[31] = "End of File",
		[32] = "Invalid Language",
		[33] = "Compromised Data",
	};
	static char number[32];
	u64 code = status & ~EFI_ERROR_BIT;

	if (status == EFI_SUCCESS)
		return "Success";
	if (EFI_ERROR(status) && code < ARRAY_SIZE(errors) && errors[code])
		return errors[code];
	format(number, sizeof(number), "%s 0x%lx", EFI_ERROR(status) ? "error" : "warning", status);
	return number;
}
