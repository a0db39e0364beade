/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device paths as text: of a well-formed path there is one, of another there is none. Where the
 * text can tell all of it, the text means the same bytes again.
 */
#include <stdlib.h>
#include <string.h>

#include "efi/protocols/protocols.h"
#include "tests/fuzz/plain_path.h"
#include "tests/host/efi_pool.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static EFI_DEVICE_PATH_TO_TEXT_PROTOCOL *to_text;
static EFI_DEVICE_PATH_FROM_TEXT_PROTOCOL *from_text;

EFI_STATUS efi_install(struct efi_object *object, const EFI_GUID *guid, void *interface)
{
	(void)object;
	if (guid_equals(guid, &guid_device_path_to_text))
		to_text = interface;
	else
		from_text = interface;
	return EFI_SUCCESS;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	const void *path = data;
	size_t path_size = efi_path_size(path, size);
	EFI_DEVICE_PATH_PROTOCOL *again;
	CHAR16 *text;

	if (!path_size || path_size > EFI_PATH_SIZE_MAX)
		return 0;
	if (efi_path_to_text_publish(NULL) || efi_path_from_text_publish(NULL))
		abort();
	text = to_text->ConvertDevicePathToText(path, false, false);
	if (!text)
		abort();
	again = from_text->ConvertTextToDevicePath(text);
	if (path_is_plain(path) && path_size <= EFI_PATH_SIZE_MAX / 2 &&
	    (!again || efi_path_size(again, path_size) != path_size ||
	     memcmp(again, path, path_size) != 0))
		abort();
	efi_free(again);
	efi_free(text);
	if (pool_pieces)
		abort();
	return 0;
}
