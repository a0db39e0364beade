/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device paths as sequences of bytes (UEFI 2.11, 10.3.1): each node has a type, a subtype and its
 * length, which is not aligned and is at least 4; an end node closes the path.
 */
#include "efi/efi.h"
#include "lib/utf.h"
#include "lib/util.h"

enum { NODE_HEADER_SIZE = sizeof(EFI_DEVICE_PATH_PROTOCOL), FILE_NODE_CHARACTERS_MAX = 1024 };

static const EFI_DEVICE_PATH_PROTOCOL end_node = {
	END_DEVICE_PATH_TYPE,
	END_ENTIRE_DEVICE_PATH_SUBTYPE,
	{ NODE_HEADER_SIZE, 0 },
};

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

	while (size_max - offset >= NODE_HEADER_SIZE) {
		const EFI_DEVICE_PATH_PROTOCOL *node = (const void *)(bytes + offset);
		size_t length = efi_node_length(node);

		if (length < NODE_HEADER_SIZE || length > size_max - offset)
			return 0;
		offset += length;
		if (efi_path_is_end(node))
			return offset;
	}
	return 0;
}

/* Bytes before the end node, of a path that was checked; 0 for NULL. */
static size_t size_before_end(const EFI_DEVICE_PATH_PROTOCOL *path)
{
	const EFI_DEVICE_PATH_PROTOCOL *node = path;

	if (!path)
		return 0;
	while (!efi_path_is_end(node))
		node = efi_path_next(node);
	return (size_t)((const u8 *)node - (const u8 *)path);
}

/* @first, then @second, then an end node. */
static EFI_DEVICE_PATH_PROTOCOL *join(const void *first, size_t first_size, const void *second,
				      size_t second_size)
{
	u8 *joined = efi_allocate(first_size + second_size + sizeof(end_node));

	if (!joined)
		return NULL;
	if (first_size)
		memcpy(joined, first, first_size);
	if (second_size)
		memcpy(joined + first_size, second, second_size);
	memcpy(joined + first_size + second_size, &end_node, sizeof(end_node));
	return (EFI_DEVICE_PATH_PROTOCOL *)joined;
}

EFI_DEVICE_PATH_PROTOCOL *efi_path_copy(const EFI_DEVICE_PATH_PROTOCOL *path)
{
	return join(path, size_before_end(path), NULL, 0);
}

EFI_DEVICE_PATH_PROTOCOL *efi_path_append(const EFI_DEVICE_PATH_PROTOCOL *path,
					  const EFI_DEVICE_PATH_PROTOCOL *more)
{
	return join(path, size_before_end(path), more, size_before_end(more));
}

EFI_DEVICE_PATH_PROTOCOL *efi_path_append_node(const EFI_DEVICE_PATH_PROTOCOL *path,
					       const void *node)
{
	return join(path, size_before_end(path), node, efi_node_length(node));
}

EFI_DEVICE_PATH_PROTOCOL *efi_path_append_file(const EFI_DEVICE_PATH_PROTOCOL *path,
					       struct span utf8)
{
	struct [[gnu::packed]] {
		EFI_DEVICE_PATH_PROTOCOL header;
		CHAR16 name[FILE_NODE_CHARACTERS_MAX];
	} node;
	size_t count = 0;

	while (utf8.size && count + 1 < FILE_NODE_CHARACTERS_MAX) {
		u32 character = utf8_next(&utf8);

		if (character > 0xffff)
			character = UNICODE_REPLACEMENT;
		node.name[count++] = character == '/' ? u'\\' : (CHAR16)character;
	}
	if (utf8.size)
		return NULL;
	node.name[count++] = 0;
	node.header = (EFI_DEVICE_PATH_PROTOCOL){ MEDIA_DEVICE_PATH, MEDIA_FILEPATH_DP, { 0 } };
	store_le16(node.header.Length, (u16)(NODE_HEADER_SIZE + count * sizeof(CHAR16)));
	return efi_path_append_node(path, &node);
}
