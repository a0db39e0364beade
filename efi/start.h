/* SPDX-License-Identifier: Apache-2.0 */
/* The interface of efi/ for boot/, available only when UEFI is built in. */
#pragma once

#include "core/boot.h"
#include "core/volume.h"

/*
 * Builds the environment that EFI images expect: tables, handles of all disks, variables. Opens all
 * disks. Only the first call does this.
 */
enum status efi_start(void);

/*
 * After the devices have been found: adds them to an environment that was built earlier, for a
 * kernel from the VMM that returned.
 */
void efi_devices_found(void);

/*
 * Tries BootNext, which is deleted, then the options of BootOrder on @disk, which has a place in
 * the VMM's order; NULL: options that are not on any such disk. Returns if nothing booted; each
 * attempt has been recorded by boot_tried().
 */
void efi_boot_options(const struct block_device *disk);

/*
 * EFI_BOOT_MENU: the operating system's timeout for the menu of all disks, as in
 * loaders/loader_conf.h, at most LOADER_TIMEOUT_MAX; and choices for the menu: what
 * efi_boot_options() would try, and the boot loaders on the volumes of one disk.
 */
u32 efi_menu_seconds(void);
void efi_list_options(struct boot_choices *choices, const struct block_device *disk);
void efi_list_loaders(struct boot_disk *disk, struct boot_choices *choices);

/*
 * The boot method for the removable path, BOOT*.CSV and well-known paths on the volumes of one
 * disk.
 */
extern const struct boot_method efi_boot;

/* The Boot Loader Interface, implemented with variables. */
extern const struct boot_interface efi_boot_interface;

/*
 * Loads a kernel with an EFI stub, a UKI, or any other EFI program as the kernel of a boot entry.
 */
extern const struct image_loader efi_image_loader;
