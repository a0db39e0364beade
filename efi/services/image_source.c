/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the file that LoadImage is given the path of (UEFI 2.11, 7.4.1): by the file system on
 * the path, or by LoadFile2 or LoadFile. The protocols may be a guest's own.
 */
#include "core/memory.h"
#include "efi/services/images.h"
#include "efi/services/memory.h"
#include "efi/services/services.h"
#include "efi/spec/media.h"
#include "lib/utf.h"
#include "lib/util.h"

enum {
	FILE_NAME_UNITS_MAX = 2048,
	FILE_INFO_SIZE = sizeof(EFI_FILE_INFO) + FILE_NAME_UNITS_MAX * sizeof(CHAR16),
};

static bool is_file_node(const EFI_DEVICE_PATH_PROTOCOL *node)
{
	return node->Type == MEDIA_DEVICE_PATH && node->SubType == MEDIA_FILEPATH_DP;
}

/*
 * The names of all file nodes with one separator between two, and a NUL. False: too long, or
 * another node is among them.
 */
static bool join_file_nodes(const EFI_DEVICE_PATH_PROTOCOL *path, CHAR16 *out, size_t units_max)
{
	size_t count = 0;

	for (; !efi_path_is_end(path); path = efi_path_next(path)) {
		const u8 *name = (const u8 *)path + sizeof(*path);
		size_t units = (efi_node_length(path) - sizeof(*path)) / sizeof(CHAR16);

		if (!is_file_node(path))
			return false;
		if (count && out[count - 1] != u'\\' && units && load_le16(name) != u'\\') {
			if (count + 1 >= units_max)
				return false;
			out[count++] = u'\\';
		}
		for (size_t i = 0; i < units && load_le16(name + 2 * i); i++) {
			if (count + 1 >= units_max)
				return false;
			out[count++] = load_le16(name + 2 * i);
		}
	}
	out[count] = 0;
	return count != 0;
}

void efi_path_file_name(const EFI_DEVICE_PATH_PROTOCOL *path, char *text, size_t size)
{
	CHAR16 units[FILE_NAME_UNITS_MAX];
	size_t count = 0;

	text[0] = 0;
	while (!efi_path_is_end(path) && !is_file_node(path))
		path = efi_path_next(path);
	if (!join_file_nodes(path, units, FILE_NAME_UNITS_MAX))
		return;
	while (units[count])
		count++;
	/* The end of a long path is more informative than its start. */
	for (size_t first = 0; first < count; first++)
		if (utf8_from_utf16(text, size, units + first, count - first))
			return;
}

/* Room for @size bytes of a file, at the bottom: when it goes, no hole is left at the top. */
static EFI_STATUS allocate(u64 size, struct efi_image_source *out)
{
	u64 base;

	if (size == 0 || size > UINT32_MAX)
		return EFI_LOAD_ERROR;
	if (efi_memory_allocate_lowest(size, PAGE_SIZE, MEMORY_BOOT_DATA, &base))
		return EFI_OUT_OF_RESOURCES;
	out->bytes = span_of((const void *)base, size);
	out->pages = (size + PAGE_SIZE - 1) / PAGE_SIZE;
	return EFI_SUCCESS;
}

void efi_image_source_free(struct efi_image_source *source)
{
	if (source->pages)
		(void)efi_free_pages((u64)source->bytes.data, source->pages);
	source->pages = 0;
}

static EFI_STATUS read_open_file(EFI_FILE_PROTOCOL *file, struct efi_image_source *out)
{
	EFI_FILE_INFO *info = efi_allocate(FILE_INFO_SIZE);
	UINTN size = FILE_INFO_SIZE;
	EFI_STATUS status = EFI_OUT_OF_RESOURCES;

	if (info)
		status = file->GetInfo(file, (EFI_GUID *)&guid_file_info, &size, info);
	if (!status && (info->Attribute & EFI_FILE_DIRECTORY))
		status = EFI_NOT_FOUND;
	if (!status)
		status = allocate(info->FileSize, out);
	efi_free(info);
	if (status)
		return status;
	size = out->bytes.size;
	status = file->Read(file, &size, (void *)out->bytes.data);
	if (!status && size != out->bytes.size)
		status = EFI_DEVICE_ERROR;
	if (status)
		efi_image_source_free(out);
	return status;
}

static EFI_STATUS read_by_file_system(struct efi_image_source *out)
{
	EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *file_system =
		efi_interface_of(out->device, &guid_simple_file_system);
	CHAR16 name[FILE_NAME_UNITS_MAX];
	EFI_FILE_PROTOCOL *root, *file;
	EFI_STATUS status;

	if (!file_system || !join_file_nodes(out->rest, name, FILE_NAME_UNITS_MAX))
		return EFI_NOT_FOUND;
	status = file_system->OpenVolume(file_system, &root);
	if (status)
		return status;
	status = root->Open(root, &file, name, EFI_FILE_MODE_READ, 0);
	(void)root->Close(root);
	if (status)
		return status;
	status = read_open_file(file, out);
	(void)file->Close(file);
	return status;
}

static EFI_STATUS read_by_load_file(EFI_LOAD_FILE_PROTOCOL *load_file, bool boot_policy,
				    struct efi_image_source *out)
{
	EFI_DEVICE_PATH_PROTOCOL *path = efi_path_copy(out->rest);
	UINTN size = 0;
	EFI_STATUS status;

	if (!load_file || !path) {
		efi_free(path);
		return load_file ? EFI_OUT_OF_RESOURCES : EFI_NOT_FOUND;
	}
	status = load_file->LoadFile(load_file, path, boot_policy, &size, NULL);
	if (status == EFI_BUFFER_TOO_SMALL)
		status = allocate(size, out);
	else if (!status)
		status = EFI_LOAD_ERROR;
	if (!status) {
		size = out->bytes.size;
		status = load_file->LoadFile(load_file, path, boot_policy, &size,
					     (void *)out->bytes.data);
		if (status)
			efi_image_source_free(out);
		else
			out->bytes.size = min_u64(size, out->bytes.size);
	}
	efi_free(path);
	return status;
}

EFI_STATUS efi_image_source_read(const EFI_DEVICE_PATH_PROTOCOL *path, bool boot_policy,
				 struct efi_image_source *out)
{
	EFI_STATUS status = EFI_NOT_FOUND;

	*out = (struct efi_image_source){ 0 };
	efi_watchdog_pause();
	out->device = efi_path_locate(&guid_simple_file_system, path, &out->rest);
	if (out->device)
		status = read_by_file_system(out);
	/* LoadFile2 is for what is not booted (13.2). */
	if (status == EFI_NOT_FOUND && !boot_policy) {
		out->device = efi_path_locate(&guid_load_file2, path, &out->rest);
		status = read_by_load_file(efi_interface_of(out->device, &guid_load_file2), false,
					   out);
	}
	if (status == EFI_NOT_FOUND) {
		out->device = efi_path_locate(&guid_load_file, path, &out->rest);
		status = read_by_load_file(efi_interface_of(out->device, &guid_load_file),
					   boot_policy, out);
	}
	efi_watchdog_resume();
	return status;
}
