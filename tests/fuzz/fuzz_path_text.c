/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device path to text: a well-formed path must have a text, a malformed one none. If the text is
 * complete, it must convert back to the same bytes. A path that is taken apart into its instances
 * and put together again must be the same, up to its end node.
 */
#include "tests/fuzz/path_texts.h"

static const EFI_DEVICE_PATH_PROTOCOL end = { END_DEVICE_PATH_TYPE,
					      END_ENTIRE_DEVICE_PATH_SUBTYPE,
					      { sizeof(end), 0 } };

static size_t size_to_end(const EFI_DEVICE_PATH_PROTOCOL *path)
{
	return utilities->GetDevicePathSize(path) - sizeof(end);
}

/* Nodes, each appended to those before it. */
static void check_nodes(const EFI_DEVICE_PATH_PROTOCOL *path)
{
	const EFI_DEVICE_PATH_PROTOCOL *node = path;
	EFI_DEVICE_PATH_PROTOCOL *built = utilities->DuplicateDevicePath(&end);

	for (u32 i = 0; i < 8 && !efi_path_is_end(node); i++, node = efi_path_next(node)) {
		EFI_DEVICE_PATH_PROTOCOL *longer = utilities->AppendDeviceNode(built, node);

		efi_free(built);
		built = longer;
		if (!built)
			abort();
	}
	if (memcmp(built, path, size_to_end(built)) != 0)
		abort();
	efi_free(built);
}

static void check_utilities(const EFI_DEVICE_PATH_PROTOCOL *path)
{
	EFI_DEVICE_PATH_PROTOCOL *copy = utilities->DuplicateDevicePath(path), *rest = copy;
	EFI_DEVICE_PATH_PROTOCOL *twice = utilities->AppendDevicePath(path, path), *built = NULL;
	bool is_multiple = utilities->IsDevicePathMultiInstance(path);
	size_t size = size_to_end(copy), part_size;
	u32 count = 0;

	if (memcmp(copy, path, size) != 0 || size_to_end(twice) != 2 * size ||
	    memcmp((u8 *)twice + size, path, size) != 0)
		abort();
	check_nodes(path);
	while (rest) {
		EFI_DEVICE_PATH_PROTOCOL *part =
			utilities->GetNextDevicePathInstance(&rest, &part_size);
		EFI_DEVICE_PATH_PROTOCOL *longer = utilities->AppendDevicePathInstance(built, part);

		if (!part || part_size != size_to_end(part) + sizeof(end) || !longer)
			abort();
		count++;
		efi_free(part);
		efi_free(built);
		built = longer;
	}
	if (is_multiple != (count > 1) || size_to_end(built) > size)
		abort();
	efi_free(built);
	efi_free(twice);
	efi_free(copy);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	const void *path = data;
	size_t path_size = efi_path_size(path, size);

	if (!path_size || path_size > EFI_PATH_SIZE_MAX)
		return 0;
	publish_path_texts();
	check_path_text(path, path_size);
	if (path_size <= EFI_PATH_SIZE_MAX / 4)
		check_utilities(path);
	if (pool_pieces)
		abort();
	return 0;
}
