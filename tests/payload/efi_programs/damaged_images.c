/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls LoadImage with a good program (\good.efi) in which each 32-bit word of the headers is
 * replaced by each of several values. Each call must return, and no memory may be leaked after the
 * loaded images are unloaded. None is started.
 */
#include "support.h"

enum { HEADERS = 0x300, MAP_SIZE = 64 * 1024 };

static u32 loaded, refused, others;

static u64 free_pages(void)
{
	static u8 map[MAP_SIZE];
	UINTN size = sizeof(map), key, stride;
	UINT32 version;
	u64 pages = 0;

	if (boot->GetMemoryMap(&size, (EFI_MEMORY_DESCRIPTOR *)map, &key, &stride, &version))
		return 0;
	for (UINTN at = 0; at < size; at += stride) {
		const EFI_MEMORY_DESCRIPTOR *descriptor = (void *)(map + at);

		if (descriptor->Type == EfiConventionalMemory)
			pages += descriptor->NumberOfPages;
	}
	return pages;
}

static void load(void *data, UINTN size)
{
	EFI_HANDLE image = NULL;
	EFI_STATUS status = boot->LoadImage(false, image_handle, NULL, data, size, &image);

	if (!status && !boot->UnloadImage(image))
		loaded++;
	else if (status == EFI_UNSUPPORTED || status == EFI_LOAD_ERROR ||
		 status == EFI_OUT_OF_RESOURCES)
		refused++;
	else
		others++;
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	UINTN size = 0;
	u32 *words;
	u64 pages;

	support_init(image, table);
	words = read_file(u"\\good.efi", &size);
	load(words, size);
	pages = free_pages();
	for (u32 i = 0; i < HEADERS / sizeof(*words); i++) {
		u32 good = words[i];
		const u32 values[] = { 0, good + 1, 1u << 31, 0xffffffff };

		for (u32 v = 0; v < ARRAY_SIZE(values); v++) {
			words[i] = values[v];
			load(words, size);
		}
		words[i] = good;
	}
	print("EFI-PROGRAM: %u loaded, %u refused", loaded, refused);
	print(", %u others, %u pages less\n", others, pages - free_pages());
	power_off();
	return EFI_SUCCESS;
}
