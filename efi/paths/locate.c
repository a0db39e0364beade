/* SPDX-License-Identifier: Apache-2.0 */
/* Which handle a device path leads to: the one whose own path is its longest beginning. */
#include "efi/efi.h"

/*
 * Bytes of @prefix, without its end node, if @path begins with all of its nodes; otherwise -1.
 * Paths with several instances name no device.
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

static bool is_partition(const EFI_DEVICE_PATH_PROTOCOL *node)
{
	return node->Type == MEDIA_DEVICE_PATH && node->SubType == MEDIA_HARDDRIVE_DP &&
	       efi_node_length(node) == sizeof(HARDDRIVE_DEVICE_PATH);
}

bool efi_path_ends_with_partition(const EFI_DEVICE_PATH_PROTOCOL *path,
				  const EFI_DEVICE_PATH_PROTOCOL *wanted)
{
	const EFI_DEVICE_PATH_PROTOCOL *last = path;
	const HARDDRIVE_DEVICE_PATH *a, *b;

	for (; !efi_path_is_end(path); path = efi_path_next(path))
		last = path;
	if (!is_partition(last) || !is_partition(wanted))
		return false;
	a = (const HARDDRIVE_DEVICE_PATH *)last;
	b = (const HARDDRIVE_DEVICE_PATH *)wanted;
	if (a->SignatureType != b->SignatureType ||
	    memcmp(a->Signature, b->Signature, sizeof(a->Signature)) != 0)
		return false;
	return a->SignatureType == SIGNATURE_TYPE_GUID || a->PartitionNumber == b->PartitionNumber;
}
