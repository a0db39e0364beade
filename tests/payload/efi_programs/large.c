/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a large file with a single Read, compares the largest free block below 4 GiB with all free
 * memory there, and allocates it.
 */
#include "support.h"

static u8 map[64 * 1024];

static void largest(void)
{
	UINTN size = sizeof(map), key, stride;
	UINT32 version;
	EFI_MEMORY_DESCRIPTOR *best = NULL;
	EFI_PHYSICAL_ADDRESS at;
	EFI_STATUS status;
	u64 sum = 0;

	boot->GetMemoryMap(&size, (EFI_MEMORY_DESCRIPTOR *)map, &key, &stride, &version);
	for (UINTN i = 0; i < size / stride; i++) {
		EFI_MEMORY_DESCRIPTOR *d = (EFI_MEMORY_DESCRIPTOR *)(map + i * stride);

		if (d->PhysicalStart >= 1ull << 32 || d->Type == EfiReservedMemoryType ||
		    d->Type > EfiConventionalMemory)
			continue;
		sum += d->NumberOfPages;
		if (d->Type == EfiConventionalMemory &&
		    (!best || d->NumberOfPages > best->NumberOfPages))
			best = d;
	}
	print("EFI-PROGRAM: largest %u of %u MiB\n", best->NumberOfPages * PAGE / MIB,
	      sum * PAGE / MIB);
	at = best->PhysicalStart;
	status = boot->AllocatePages(AllocateAddress, EfiLoaderData, best->NumberOfPages, &at);
	print("EFI-PROGRAM: take it %r\n", status);
	boot->FreePages(at, best->NumberOfPages);
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	EFI_FILE_PROTOCOL *file;
	EFI_PHYSICAL_ADDRESS at;
	EFI_STATUS status;
	UINTN size;
	UINT64 end = 0;

	support_init(image, table);
	largest();
	file = open_file(u"\\large", EFI_FILE_MODE_READ);
	if (!file) {
		print("EFI-PROGRAM: no file\n");
		power_off();
	}
	file->SetPosition(file, ~0ull);
	file->GetPosition(file, &end);
	file->SetPosition(file, 0);
	size = end;
	status =
		boot->AllocatePages(AllocateAnyPages, EfiLoaderData, (size + PAGE - 1) / PAGE, &at);
	if (!EFI_ERROR(status))
		status = file->Read(file, &size, (void *)at);
	print("EFI-PROGRAM: read %r", status);
	print(", %u bytes, the last is %x\n", size, (u64)((u8 *)at)[size - 1]);
	power_off();
	return EFI_SUCCESS;
}
