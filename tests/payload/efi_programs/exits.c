/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls Exit with data, from a nested function and at a raised TPL. Before that, it tries to exit
 * its parent, which must be refused.
 */
#include "support.h"

static __attribute__((noinline)) void leave(EFI_HANDLE image)
{
	CHAR16 *data = NULL;

	boot->AllocatePool(EfiBootServicesData, sizeof(u"bye"), (void **)&data);
	memcpy(data, u"bye", sizeof(u"bye"));
	boot->RaiseTPL(TPL_CALLBACK);
	boot->Exit(image, EFI_ABORTED, sizeof(u"bye"), data);
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	EFI_GUID guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
	EFI_LOADED_IMAGE_PROTOCOL *loaded;

	support_init(image, table);
	boot->HandleProtocol(image, &guid, (void **)&loaded);
	if (boot->Exit(loaded->ParentHandle, EFI_SUCCESS, 0, NULL) != EFI_INVALID_PARAMETER)
		return EFI_SECURITY_VIOLATION;
	leave(image);
	return EFI_DEVICE_ERROR;
}
