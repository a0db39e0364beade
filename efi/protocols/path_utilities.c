/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_DEVICE_PATH_UTILITIES_PROTOCOL (UEFI 2.11, 10.5). A path may hold several instances, each
 * ended by a node of its own; efi/paths/ takes all of them for one path, and here they are told
 * apart. A path that is not well-formed is treated as empty.
 */
#include "efi/protocols/protocols.h"
#include "efi/spec/device_path.h"

static bool is_instance_end(const EFI_DEVICE_PATH_PROTOCOL *node)
{
	return node->Type == END_DEVICE_PATH_TYPE;
}

static const EFI_DEVICE_PATH_PROTOCOL *checked(const EFI_DEVICE_PATH_PROTOCOL *path)
{
	return path && efi_path_size(path, EFI_PATH_SIZE_MAX) ? path : NULL;
}

static UINTN EFIAPI get_size(const EFI_DEVICE_PATH_PROTOCOL *path)
{
	return path ? efi_path_size(path, EFI_PATH_SIZE_MAX) : 0;
}

static EFI_DEVICE_PATH_PROTOCOL *EFIAPI duplicate(const EFI_DEVICE_PATH_PROTOCOL *path)
{
	return checked(path) ? efi_path_copy(path) : NULL;
}

static EFI_DEVICE_PATH_PROTOCOL *EFIAPI append_path(const EFI_DEVICE_PATH_PROTOCOL *first,
						    const EFI_DEVICE_PATH_PROTOCOL *second)
{
	return efi_path_append(checked(first), checked(second));
}

static EFI_DEVICE_PATH_PROTOCOL *EFIAPI append_node(const EFI_DEVICE_PATH_PROTOCOL *path,
						    const EFI_DEVICE_PATH_PROTOCOL *node)
{
	if (!node || efi_node_length(node) < sizeof(*node))
		return efi_path_copy(checked(path));
	return efi_path_append_node(checked(path), node);
}

static EFI_DEVICE_PATH_PROTOCOL *EFIAPI append_instance(const EFI_DEVICE_PATH_PROTOCOL *path,
							const EFI_DEVICE_PATH_PROTOCOL *instance)
{
	static const EFI_DEVICE_PATH_PROTOCOL end = {
		END_DEVICE_PATH_TYPE,
		END_INSTANCE_DEVICE_PATH_SUBTYPE,
		{ sizeof(end), 0 },
	};
	EFI_DEVICE_PATH_PROTOCOL *ended, *joined;

	if (!checked(instance))
		return NULL;
	if (!checked(path))
		return efi_path_copy(instance);
	ended = efi_path_append_node(path, &end);
	joined = ended ? efi_path_append(ended, instance) : NULL;
	efi_free(ended);
	return joined;
}

static EFI_DEVICE_PATH_PROTOCOL *EFIAPI next_instance(EFI_DEVICE_PATH_PROTOCOL **rest, UINTN *size)
{
	const EFI_DEVICE_PATH_PROTOCOL *end;
	EFI_DEVICE_PATH_PROTOCOL *copy;
	size_t before_end;

	if (!rest || !checked(*rest)) {
		if (size)
			*size = 0;
		return NULL;
	}
	for (end = *rest; !is_instance_end(end); end = efi_path_next(end))
		;
	before_end = (size_t)((const u8 *)end - (const u8 *)*rest);
	copy = efi_allocate(before_end + sizeof(*copy));
	if (!copy)
		return NULL;
	memcpy(copy, *rest, before_end);
	*(EFI_DEVICE_PATH_PROTOCOL *)((u8 *)copy + before_end) = (EFI_DEVICE_PATH_PROTOCOL){
		END_DEVICE_PATH_TYPE,
		END_ENTIRE_DEVICE_PATH_SUBTYPE,
		{ sizeof(*copy), 0 },
	};
	if (size)
		*size = before_end + sizeof(*copy);
	*rest = efi_path_is_end(end) ? NULL : (EFI_DEVICE_PATH_PROTOCOL *)efi_path_next(end);
	return copy;
}

static BOOLEAN EFIAPI is_multi_instance(const EFI_DEVICE_PATH_PROTOCOL *path)
{
	if (!checked(path))
		return false;
	while (!is_instance_end(path))
		path = efi_path_next(path);
	return !efi_path_is_end(path);
}

static EFI_DEVICE_PATH_PROTOCOL *EFIAPI create_node(UINT8 type, UINT8 subtype, UINT16 length)
{
	EFI_DEVICE_PATH_PROTOCOL *node;

	if (length < sizeof(*node))
		return NULL;
	node = efi_allocate(length);
	if (!node)
		return NULL;
	node->Type = type;
	node->SubType = subtype;
	store_le16(node->Length, length);
	return node;
}

static EFI_DEVICE_PATH_UTILITIES_PROTOCOL utilities = {
	.GetDevicePathSize = get_size,
	.DuplicateDevicePath = duplicate,
	.AppendDevicePath = append_path,
	.AppendDeviceNode = append_node,
	.AppendDevicePathInstance = append_instance,
	.GetNextDevicePathInstance = next_instance,
	.IsDevicePathMultiInstance = is_multi_instance,
	.CreateDeviceNode = create_node,
};

EFI_STATUS efi_path_utilities_publish(struct efi_object *object)
{
	return efi_install(object, &guid_device_path_utilities, &utilities);
}
