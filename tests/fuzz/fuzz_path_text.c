/* SPDX-License-Identifier: Apache-2.0 */
/* Device paths as text: of a well-formed path there is one, of another there is none. */
#include <stdlib.h>

#include "efi/protocols/protocols.h"
#include "tests/host/efi_pool.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static EFI_DEVICE_PATH_TO_TEXT_PROTOCOL *protocol;

EFI_STATUS efi_install(struct efi_object *object, const EFI_GUID *guid, void *interface)
{
	(void)object;
	(void)guid;
	protocol = interface;
	return EFI_SUCCESS;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	const void *path = data;
	CHAR16 *text;

	if (!efi_path_size(path, size))
		return 0;
	if (efi_path_to_text_publish(NULL))
		abort();
	text = protocol->ConvertDevicePathToText(path, false, false);
	if (!text)
		abort();
	efi_free(text);
	if (pool_pieces)
		abort();
	return 0;
}
