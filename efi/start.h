/* SPDX-License-Identifier: Apache-2.0 */
/* The interface of efi/ for boot/, available only when UEFI is built in. */
#pragma once

#include "core/boot.h"
#include "core/volume.h"

/*
 * Builds the environment that EFI images expect, once: tables, handles of all disks, variables. All
 * disks are opened. Later calls cost nothing.
 */
enum status efi_start(void);

/*
 * BootNext, which is deleted by that, then the options of BootOrder on @disk, whose turn the VMM
 * has stated; NULL: those on no disk with a turn. Returns if nothing booted; each try has been
 * noted by boot_tried().
 */
void efi_boot_options(const struct block_device *disk);

/*
 * EFI_BOOT_MENU: how long the operating system wants the menu of all disks, as
 * loaders/loader_conf.h has it, at most LOADER_TIMEOUT_MAX, and the choices of it: what
 * efi_boot_options() would try, and the boot loaders on the volumes of one disk.
 */
u32 efi_menu_seconds(void);
void efi_list_options(struct boot_choices *choices, const struct block_device *disk);
void efi_list_loaders(struct boot_disk *disk, struct boot_choices *choices);

/* The removable path, BOOT*.CSV and known paths on the volumes of one disk: a boot method. */
extern const struct boot_method efi_boot;

/* The Boot Loader Interface, by variables. */
extern const struct boot_interface efi_boot_interface;

/* A kernel with an EFI stub, a UKI, or any other EFI program, as a kernel of a boot entry. */
extern const struct image_loader efi_image_loader;
