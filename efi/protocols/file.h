/* SPDX-License-Identifier: Apache-2.0 */
/* What an open EFI_FILE_PROTOCOL is. */
#pragma once

#include "efi/protocols/disk.h"

struct efi_file {
	EFI_FILE_PROTOCOL protocol;
	struct efi_disk *disk;
	struct file file;
	u64 position; /* bytes of a file, cursor of a directory */
	bool is_writable;
};

/*
 * Why a call on an open file has failed: EFI_DEVICE_ERROR if the file has been deleted, and
 * EFI_VOLUME_FULL if it cannot be so large (UEFI 2.11, 13.5).
 */
EFI_STATUS efi_file_status(enum status status);

/* file_info.c */
EFI_STATUS EFIAPI efi_file_get_info(EFI_FILE_PROTOCOL *this, EFI_GUID *type, UINTN *size,
				    VOID *buffer);
EFI_STATUS EFIAPI efi_file_set_info(EFI_FILE_PROTOCOL *this, EFI_GUID *type, UINTN size,
				    VOID *buffer);

/*
 * The EFI_FILE_INFO of @file, called @name. EFI_BUFFER_TOO_SMALL, and *@size what is needed, if the
 * buffer cannot hold it.
 */
EFI_STATUS efi_file_info_fill(struct file *file, const char *name, UINTN *size, void *buffer);

enum { EFI_FILE_PATH_SIZE = 4096 }; /* of a path as UTF-8, with a NUL */

/* A guest's file name as UTF-8. False: longer than EFI_FILE_PATH_SIZE. */
bool efi_file_name_from_guest(const CHAR16 *name, char utf8[EFI_FILE_PATH_SIZE]);
