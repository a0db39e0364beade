/* SPDX-License-Identifier: Apache-2.0 */
/* Images (UEFI 2.11, 7.4), shared by images.c, image_source.c and image_start.c. */
#pragma once

#include "core/arch.h"
#include "efi/efi.h"
#include "efi/spec/misc.h"

enum { IMAGE_NAME_SIZE = 96 };

/* While it is ending, StartImage() still needs it. */
enum image_state { IMAGE_LOADED, IMAGE_STARTED, IMAGE_ENDING, IMAGE_UNLOADED };

struct efi_image {
	struct efi_object object;
	EFI_LOADED_IMAGE_PROTOCOL loaded; /* the guest may write to it: not trusted */
	EFI_DEVICE_PATH_PROTOCOL *path; /* of EFI_LOADED_IMAGE_DEVICE_PATH_PROTOCOL; may be NULL */
	EFI_DEVICE_PATH_PROTOCOL *file_path;
	void *hii;      /* of EFI_HII_PACKAGE_LIST_PROTOCOL, in the image; NULL: it has none */
	u64 base, size; /* of its pages */
	EFI_IMAGE_ENTRY_POINT entry;
	u16 subsystem; /* PE_SUBSYSTEM_* */
	enum image_state state;
	char name[IMAGE_NAME_SIZE]; /* for messages */
	struct efi_image *next;     /* all of them */

	/* While it runs. */
	struct arch_call call;
	struct efi_image *caller;
	EFI_TPL tpl;
	CHAR16 *exit_data;
	UINTN exit_data_size;
};

/* The image of a handle; NULL: it is not an image, or was unloaded. */
struct efi_image *efi_image_of(EFI_HANDLE handle);

/* Has it been started and not ended, so that it is on the stack? */
bool efi_image_is_running(const struct efi_image *image);

/* Frees its memory and removes its handle. */
void efi_image_unload(struct efi_image *image);

/* image_resources.c: its list of HII packages, in the loaded image; empty: it has none. */
struct pe_image;
struct span efi_image_hii(const struct pe_image *pe, struct span placed);

/* image_source.c */

/*
 * Reads the file at @path into newly allocated pages, to be freed by efi_image_source_free().
 * @device is the handle that provides it, @rest the path relative to that.
 */
struct efi_image_source {
	struct span bytes;
	EFI_HANDLE device;
	const EFI_DEVICE_PATH_PROTOCOL *rest;
	u64 pages; /* 0: the bytes are the caller's */
};

EFI_STATUS efi_image_source_read(const EFI_DEVICE_PATH_PROTOCOL *path, bool boot_policy,
				 struct efi_image_source *out);
void efi_image_source_free(struct efi_image_source *source);

/* The joined text of all file nodes of @path as UTF-8, truncated to @size. Empty: no file nodes. */
void efi_path_file_name(const EFI_DEVICE_PATH_PROTOCOL *path, char *text, size_t size);
