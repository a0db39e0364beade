/* SPDX-License-Identifier: Apache-2.0 */
/* Device paths for tests of services that only compare them: stands in for efi/paths/. */
#pragma once

#include "efi/efi.h"

u16 efi_node_length(const EFI_DEVICE_PATH_PROTOCOL *node)
{
	return load_le16(node->Length);
}

bool efi_path_is_end(const EFI_DEVICE_PATH_PROTOCOL *node)
{
	return node->Type == END_DEVICE_PATH_TYPE &&
	       node->SubType == END_ENTIRE_DEVICE_PATH_SUBTYPE;
}

const EFI_DEVICE_PATH_PROTOCOL *efi_path_next(const EFI_DEVICE_PATH_PROTOCOL *node)
{
	return (const void *)((const u8 *)node + efi_node_length(node));
}

size_t efi_path_size(const void *path, size_t size_max)
{
	const u8 *bytes = path;
	size_t offset = 0;

	while (size_max - offset >= 4) {
		const EFI_DEVICE_PATH_PROTOCOL *node = (const void *)(bytes + offset);
		size_t length = efi_node_length(node);

		if (length < 4 || length > size_max - offset)
			return 0;
		offset += length;
		if (efi_path_is_end(node))
			return offset;
	}
	return 0;
}

EFI_HANDLE efi_path_locate(const EFI_GUID *protocol, const EFI_DEVICE_PATH_PROTOCOL *path,
			   const EFI_DEVICE_PATH_PROTOCOL **rest)
{
	size_t best_size = 0, size_max = efi_path_size(path, EFI_PATH_SIZE_MAX) - 4;
	EFI_HANDLE best = NULL;

	for (struct efi_object *object = efi_next_with(protocol, NULL); object;
	     object = efi_next_with(protocol, object)) {
		const void *own = efi_interface_of(object, &guid_device_path);
		size_t size = own ? efi_path_size(own, EFI_PATH_SIZE_MAX) : 0;

		if (size < 4 || size - 4 > size_max || memcmp(own, path, size - 4) != 0 ||
		    (best && size - 4 <= best_size))
			continue;
		best = object;
		best_size = size - 4;
	}
	if (best)
		*rest = (const void *)((const u8 *)path + best_size);
	return best;
}
