/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text to device path: the result must be a well-formed path whose text converts back to the same
 * path. Each byte of the input is a character of the text.
 */
#include "tests/fuzz/path_texts.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	CHAR16 *text = calloc(size + 1, sizeof(*text));
	EFI_DEVICE_PATH_PROTOCOL *path, *node;

	publish_path_texts();
	for (size_t i = 0; i < size; i++)
		text[i] = data[i];
	path = from_text->ConvertTextToDevicePath(text);
	if (path) {
		size_t path_size = efi_path_size(path, EFI_PATH_SIZE_MAX);

		if (!path_size)
			abort();
		check_path_text(path, path_size);
	}
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
