/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device paths and their text: both protocols, and checks for paths that the text describes
 * completely.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "efi/protocols/protocols.h"
#include "lib/util.h"
#include "tests/host/efi_pool.h"

static EFI_DEVICE_PATH_TO_TEXT_PROTOCOL *to_text;
static EFI_DEVICE_PATH_FROM_TEXT_PROTOCOL *from_text;
static EFI_DEVICE_PATH_UTILITIES_PROTOCOL *utilities;

EFI_STATUS efi_install(struct efi_object *object, const EFI_GUID *guid, void *interface)
{
	(void)object;
	if (guid_equals(guid, &guid_device_path_to_text))
		to_text = interface;
	else if (guid_equals(guid, &guid_device_path_utilities))
		utilities = interface;
	else
		from_text = interface;
	return EFI_SUCCESS;
}

static void publish_path_texts(void)
{
	if (efi_path_to_text_publish(NULL) || efi_path_from_text_publish(NULL) ||
	    efi_path_utilities_publish(NULL))
		abort();
}

/* Is it a name without special characters, up to a single NUL at the end of the node? */
static bool name_is_plain(const EFI_DEVICE_PATH_PROTOCOL *node)
{
	const u8 *name = (const u8 *)(node + 1);
	size_t count = (efi_node_length(node) - sizeof(*node)) / 2;

	if (efi_node_length(node) % 2 || count < 2 || load_le16(name + 2 * count - 2))
		return false;
	for (size_t i = 0; i + 1 < count; i++) {
		u16 unit = load_le16(name + 2 * i);

		if (!unit || unit == '/' || unit == ',' || unit == '(' || unit == ')')
			return false;
	}
	return true;
}

/* Reserved bytes do not appear in the text. */
static bool has_reserved_bytes(const EFI_DEVICE_PATH_PROTOCOL *node)
{
	static const struct {
		u8 type, subtype, offset;
	} fields[] = { { 3, 3, 4 }, { 3, 4, 4 }, { 3, 14, 4 }, { 3, 21, 4 }, { 4, 8, 4 } };

	for (u32 i = 0; i < ARRAY_SIZE(fields); i++)
		if (node->Type == fields[i].type && node->SubType == fields[i].subtype &&
		    efi_node_length(node) >= fields[i].offset + 4 &&
		    load_le32((const u8 *)node + fields[i].offset))
			return true;
	return false;
}

/* No empty instances, no other kinds of end nodes, only plain names. */
static bool path_is_plain(const EFI_DEVICE_PATH_PROTOCOL *node)
{
	bool is_first = true;

	for (; !efi_path_is_end(node); node = efi_path_next(node)) {
		bool is_end = node->Type == END_DEVICE_PATH_TYPE;

		if (is_end && (is_first || node->SubType != END_INSTANCE_DEVICE_PATH_SUBTYPE ||
			       efi_node_length(node) != sizeof(*node) ||
			       efi_path_is_end(efi_path_next(node))))
			return false;
		if (has_reserved_bytes(node))
			return false;
		if (node->Type == MEDIA_DEVICE_PATH && node->SubType == MEDIA_FILEPATH_DP &&
		    !name_is_plain(node))
			return false;
		is_first = is_end;
	}
	return efi_node_length(node) == sizeof(*node);
}

/*
 * Checks that the path of @size bytes has a text and, if that is complete, that it converts back to
 * the same bytes.
 */
static void check_path_text(const EFI_DEVICE_PATH_PROTOCOL *path, size_t size)
{
	CHAR16 *text = to_text->ConvertDevicePathToText(path, false, false);
	EFI_DEVICE_PATH_PROTOCOL *again;

	if (!text)
		abort();
	again = from_text->ConvertTextToDevicePath(text);
	if (path_is_plain(path) && size <= EFI_PATH_SIZE_MAX / 2 &&
	    (!again || efi_path_size(again, size) != size || memcmp(again, path, size) != 0))
		abort();
	efi_free(again);
	efi_free(text);
}
