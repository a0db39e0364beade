/* SPDX-License-Identifier: Apache-2.0 */
/* A small FAT volume, seen through EFI_SIMPLE_FILE_SYSTEM_PROTOCOL. For one file of a program. */
#pragma once

#include "efi/protocols/disk.h"
#include "efi/protocols/file.h"
#include "tests/host/fat_check.h"
#include "tests/host/fat_image.h"
#include "tests/unit/efi_services.h"

enum {
	INFO_SIZE = offsetof(EFI_FILE_INFO, FileName),
	SYSTEM_INFO_SIZE = offsetof(EFI_FILE_SYSTEM_INFO, VolumeLabel),
	READ = EFI_FILE_MODE_READ,
	WRITE = EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE,
	LONG_SIZE = 3000,
	CLUSTERS = 200,
	FAR_CLUSTER = 150,
	BYTES_SIZE = 4096,
};

#define CREATE (WRITE | EFI_FILE_MODE_CREATE)

static struct fat_image image;
static struct memory_disk memory;
static struct arena arena;
static struct efi_disk disk;
static EFI_FILE_PROTOCOL *root, *file;
static u8 *bytes; /* RAM, as far as the firmware knows */

static EFI_GUID info_type, system_type, label_type;

static EFI_STATUS open(CHAR16 *name, u64 mode, u64 attributes)
{
	file = NULL;
	return root->Open(root, &file, name, mode, attributes);
}

/* Opens what is there. */
[[maybe_unused]] static void get(CHAR16 *name, u64 mode)
{
	CHECK_STATUS(open(name, mode, 0), EFI_SUCCESS);
}

[[maybe_unused]] static void close(void)
{
	CHECK_STATUS(file->Close(file), EFI_SUCCESS);
}

/*
 *	a.txt		10 bytes
 *	Long name.bin	LONG_SIZE bytes
 *	locked		read-only
 *	dir\inner
 *	far		3 bytes, which no cache has read with others
 */
static void start(void)
{
	static u8 content[LONG_SIZE];
	struct fat_image_directory inner;

	info_type = guid_file_info;
	system_type = guid_file_system_info;
	label_type = guid_file_system_volume_label;
	for (u32 i = 0; i < LONG_SIZE; i++)
		content[i] = (u8)(i * 3);
	fat_image_init(&image,
		       &(struct fat_image_shape){ .entry_bits = 12, .cluster_count = CLUSTERS });
	memcpy(fat_image_entry(&image, &image.root_directory), "FIRST LABEL\x08", 12);
	(void)fat_image_file(&image, &image.root_directory, NULL, "A       TXT", "0123456789", 10);
	(void)fat_image_file(&image, &image.root_directory, "Long name.bin", "LONGNA~1BIN", content,
			     LONG_SIZE);
	fat_image_file(&image, &image.root_directory, NULL, "LOCKED     ", "x", 1)[11] =
		FAT_IMAGE_READ_ONLY;
	inner = fat_image_make_directory(&image, &image.root_directory, NULL, "DIR        ");
	(void)fat_image_file(&image, &inner, NULL, "INNER      ", "inner", 5);
	image.next_cluster = FAR_CLUSTER;
	(void)fat_image_file(&image, &image.root_directory, NULL, "FAR        ", "far", 3);
	disk = (struct efi_disk){ 0 };
	CHECK_EQUAL(fat_image_mount(&image, &memory, 512, &arena, &disk.volume), OK);
	bytes = arena_allocate(&arena, BYTES_SIZE);
	memset(bytes, 0, BYTES_SIZE);
	efi_file_system_init(&disk);
	CHECK_STATUS(disk.file_system.OpenVolume(&disk.file_system, &root), EFI_SUCCESS);
}

[[maybe_unused]] static void end(void)
{
	CHECK_STATUS(root->Close(root), EFI_SUCCESS);
	CHECK_EQUAL(pool_pieces, 0); /* all that was opened was closed */
	fat_check(disk.volume);
	fat_image_free(&image);
	arena_release(&arena);
	volume_clock = NULL;
}

[[maybe_unused]] static EFI_FILE_INFO *info(void)
{
	UINTN size = BYTES_SIZE;

	CHECK_STATUS(file->GetInfo(file, &info_type, &size, bytes), EFI_SUCCESS);
	return (EFI_FILE_INFO *)bytes;
}

[[maybe_unused]] static EFI_STATUS set_info(void)
{
	EFI_FILE_INFO *changed = (EFI_FILE_INFO *)bytes;

	return file->SetInfo(file, &info_type, changed->Size, bytes);
}

[[maybe_unused]] static bool is_called(const CHAR16 *name, const CHAR16 *wanted)
{
	while (*name && *name == *wanted)
		name++, wanted++;
	return *name == *wanted;
}

[[maybe_unused]] static void rename_to(EFI_FILE_INFO *changed, const CHAR16 *name)
{
	u32 i = 0;

	do
		changed->FileName[i] = name[i];
	while (name[i++]);
	changed->Size = INFO_SIZE + i * sizeof(CHAR16);
}
