/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text as a device path: what comes of it is a well-formed path, whose own text means the same path
 * again. The input is the text, a byte a character.
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

static void check_path(const EFI_DEVICE_PATH_PROTOCOL *path)
{
	size_t size = efi_path_size(path, EFI_PATH_SIZE_MAX);
	EFI_DEVICE_PATH_PROTOCOL *again;
	CHAR16 *text;

	if (!size)
		abort();
	text = to_text->ConvertDevicePathToText(path, false, false);
	if (!text)
		abort();
	again = from_text->ConvertTextToDevicePath(text);
	if (path_is_plain(path) &&
	    (!again || efi_path_size(again, size) != size || memcmp(again, path, size) != 0))
		abort();
	efi_free(again);
	efi_free(text);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	CHAR16 *text = calloc(size + 1, sizeof(*text));
	EFI_DEVICE_PATH_PROTOCOL *path, *node;

	if (efi_path_to_text_publish(NULL) || efi_path_from_text_publish(NULL))
		abort();
	for (size_t i = 0; i < size; i++)
		text[i] = data[i];
	path = from_text->ConvertTextToDevicePath(text);
	if (path)
		check_path(path);
	node = from_text->ConvertTextToDeviceNode(text);
	if (node && efi_node_length(node) < sizeof(*node))
		abort();
	efi_free(node);
	efi_free(path);
	free(text);
	if (pool_pieces)
		abort();
	return 0;
}
