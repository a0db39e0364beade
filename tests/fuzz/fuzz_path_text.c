/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device path to text: a well-formed path must have a text, a malformed one none. If the text is
 * complete, it must convert back to the same bytes.
 */
#include "tests/fuzz/path_texts.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	const void *path = data;
	size_t path_size = efi_path_size(path, size);

	if (!path_size || path_size > EFI_PATH_SIZE_MAX)
		return 0;
	publish_path_texts();
	check_path_text(path, path_size);
	if (pool_pieces)
		abort();
	return 0;
}
