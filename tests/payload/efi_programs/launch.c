/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts another program with load options: \launch.txt has its path on the first line and the
 * options on the second. Does the same as a Boot#### variable, but needs only a disk.
 */
#include "support.h"

/* Converts one line to CHAR16; *text advances past it. */
static CHAR16 *next_line(const char **text)
{
	static CHAR16 lines[2][1024];
	static unsigned turn;
	CHAR16 *line = lines[turn++ % 2];
	size_t length = 0;

	while (**text && **text != '\n' && length < ARRAY_SIZE(lines[0]) - 1)
		line[length++] = (u8) * (*text)++;
	if (**text)
		++*text;
	line[length] = 0;
	return line;
}

static EFI_STATUS launch(CHAR16 *name, CHAR16 *options)
{
	EFI_GUID guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
	EFI_DEVICE_PATH_PROTOCOL *path = file_path(name);
	EFI_LOADED_IMAGE_PROTOCOL *loaded;
	EFI_HANDLE child = NULL;
	EFI_STATUS status;

	status = boot->LoadImage(false, image_handle, path, NULL, 0, &child);
	if (EFI_ERROR(status))
		return status;
	status = boot->HandleProtocol(child, &guid, (void **)&loaded);
	if (EFI_ERROR(status))
		return status;
	loaded->LoadOptions = options;
	loaded->LoadOptionsSize = (UINT32)(length16(options) + 1) * sizeof(*options);
	return boot->StartImage(child, NULL, NULL);
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	UINTN size;
	char *text;
	const char *at;
	CHAR16 *name, *options;
	EFI_STATUS status;

	support_init(image, table);
	text = read_file(u"\\launch.txt", &size);
	if (!text)
		return EFI_NOT_FOUND;
	text[size] = 0;
	at = text;
	name = next_line(&at);
	options = next_line(&at);
	print("EFI-PROGRAM: launches %S\n", name);
	status = launch(name, options);
	print("EFI-PROGRAM: launched, %r\n", status);
	return status;
}
