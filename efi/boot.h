/* SPDX-License-Identifier: Apache-2.0 */
/* What boot_manager.c, removable.c and known_places.c share. */
#pragma once

#include "core/boot.h"
#include "efi/efi.h"

/* UEFI 2.11, 3.5.1.1. */
#define EFI_REMOVABLE_PATH "\\EFI\\BOOT\\BOOTX64.EFI"

/* Starts the program at @path on @volume. Returns the reason why it did not boot. */
enum status efi_boot_file(struct volume *volume, struct span path, struct span load_options);

/* Boots programs in the folders of \EFI that are named in BOOTX64.CSV or have well-known names. */
enum status efi_boot_known_places(struct volume *volume, struct arena *arena);

/* Add choices: one file, and what efi_boot_known_places() would start. */
void efi_list_loader(struct boot_choices *choices, struct volume *volume, struct span path,
		     struct span options);
void efi_list_known_places(struct volume *volume, struct boot_choices *choices);

/* A line of BOOTX64.CSV. */
struct efi_csv_line {
	struct span file, title, options; /* UTF-8 */
};

/*
 * Removes lines from the front of @rest up to and including one that names a file. False at the
 * end.
 */
bool efi_csv_next(struct span *rest, struct efi_csv_line *out);
