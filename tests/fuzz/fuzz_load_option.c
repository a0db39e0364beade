/* SPDX-License-Identifier: Apache-2.0 */
/* EFI_LOAD_OPTION: the input is the content of a Boot#### variable. */
#include <stdlib.h>

#include "efi/efi.h"
#include "efi/load_option.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct load_option option;
	const u8 *path, *end = data + size;

	if (load_option_read(span_of(data, size), &option))
		return 0;
	path = (const u8 *)option.path;
	if (strlen(option.title) >= LOAD_OPTION_TITLE_SIZE || path < data || path >= end ||
	    efi_path_size(path, (size_t)(end - path)) == 0 ||
	    option.optional_data.size > (size_t)(end - path) ||
	    (option.optional_data.size &&
	     option.optional_data.data + option.optional_data.size != end))
		abort();
	return 0;
}
