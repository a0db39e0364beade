/* SPDX-License-Identifier: Apache-2.0 */
/* An open EFI_FILE_PROTOCOL. */
#pragma once

#include "efi/protocols/disk.h"

struct efi_file {
	EFI_FILE_PROTOCOL protocol;
	struct efi_disk *disk;
	struct file file;
	u64 position; /* offset in a file, cursor in a directory */
	bool is_writable;
};

/*
 * Converts the status of a call on an open file: EFI_DEVICE_ERROR if the file has been deleted,
 * EFI_VOLUME_FULL if it cannot be so large (UEFI 2.11, 13.5).
 */
EFI_STATUS efi_file_status(enum status status);

/* file_info.c */
EFI_STATUS EFIAPI efi_file_get_info(EFI_FILE_PROTOCOL *this, EFI_GUID *type, UINTN *size,
				    VOID *buffer);
EFI_STATUS EFIAPI efi_file_set_info(EFI_FILE_PROTOCOL *this, EFI_GUID *type, UINTN size,
				    VOID *buffer);

/*
 * Fills in the EFI_FILE_INFO of @file, called @name. EFI_BUFFER_TOO_SMALL: the buffer is too small;
 * *@size is the size needed.
 */
EFI_STATUS efi_file_info_fill(struct file *file, const char *name, UINTN *size, void *buffer);

enum { EFI_FILE_PATH_SIZE = 4096 }; /* of a path as UTF-8, with a NUL */

/* A guest's file name as UTF-8. False: longer than EFI_FILE_PATH_SIZE. */
bool efi_file_name_from_guest(const CHAR16 *name, char utf8[EFI_FILE_PATH_SIZE]);
