/* SPDX-License-Identifier: Apache-2.0 */
/* Which handle a device path leads to: the one whose own path is its longest beginning. */
#include "efi/efi.h"

/*
 * Bytes of @prefix, without its end node, if @path begins with all of its nodes; else -1. Paths
 * with several instances name no device.
 */
static long prefix_size(const EFI_DEVICE_PATH_PROTOCOL *prefix,
			const EFI_DEVICE_PATH_PROTOCOL *path)
{
	const u8 *start = (const u8 *)path;

	while (!efi_path_is_end(prefix)) {
		u16 length = efi_node_length(prefix);

		if (prefix->Type == END_DEVICE_PATH_TYPE || path->Type == END_DEVICE_PATH_TYPE ||
		    length != efi_node_length(path) || memcmp(prefix, path, length) != 0)
			return -1;
		prefix = efi_path_next(prefix);
		path = efi_path_next(path);
	}
	return (long)((const u8 *)path - start);
}

EFI_HANDLE efi_path_locate(const EFI_GUID *protocol, const EFI_DEVICE_PATH_PROTOCOL *path,
			   const EFI_DEVICE_PATH_PROTOCOL **rest)
{
	struct efi_object *best = NULL;
	long best_size = -1;

	for (struct efi_object *object = efi_next_with(protocol, NULL); object;
	     object = efi_next_with(protocol, object)) {
		const EFI_DEVICE_PATH_PROTOCOL *own = efi_interface_of(object, &guid_device_path);
		long size;

		/* A guest may have installed any bytes as a device path. */
		if (!own || !efi_path_size(own, EFI_PATH_SIZE_MAX))
			continue;
		size = prefix_size(own, path);
		if (size > best_size) {
			best = object;
			best_size = size;
		}
	}
	if (best)
		*rest = (const void *)((const u8 *)path + best_size);
	return best;
}
