/* SPDX-License-Identifier: Apache-2.0 */
/* A disk or a partition in UEFI: a handle with all of its protocols. */
#pragma once

#include "efi/efi.h"
#include "efi/spec/media.h"

struct efi_disk {
	struct efi_object object;
	struct block_device *device;
	struct volume *volume; /* NULL: no supported file system */
	EFI_DEVICE_PATH_PROTOCOL *path;
	EFI_BLOCK_IO_MEDIA media;
	EFI_BLOCK_IO_PROTOCOL block_io;
	EFI_DISK_IO_PROTOCOL disk_io;
	EFI_PARTITION_INFO_PROTOCOL partition_info;
	EFI_SIMPLE_FILE_SYSTEM_PROTOCOL file_system;
	struct efi_disk *next; /* disks.c's */
};

/* block_io.c, disk_io.c, file.c: fill in their protocol. */
void efi_block_io_init(struct efi_disk *disk);
void efi_disk_io_init(struct efi_disk *disk);
void efi_file_system_init(struct efi_disk *disk);

/* Checks the parameters of a transfer in the order given by the specification (UEFI 2.11, 13.9). */
EFI_STATUS efi_disk_check(const struct efi_disk *disk, UINT32 media_id, const void *buffer);

/*
 * Whether a guest's buffer is RAM, as far as something is transferred. A device that was told to
 * write elsewhere would damage the machine, and one that cannot access it may stop working.
 */
bool efi_can_transfer(const void *buffer, u64 size);

/* paths/device.c: the path to a device. NULL: no memory. */
EFI_DEVICE_PATH_PROTOCOL *efi_path_of_device(const struct block_device *device);
