/* SPDX-License-Identifier: Apache-2.0 */
/* The items of this folder that boot/tables.c lists. */
#pragma once

#include "core/boot.h"

extern const struct boot_method bls_boot;
extern const struct image_loader bzimage_loader;

/* What bls_boot would find on a disk, as choices of the menu of all disks. */
void bls_list(struct boot_disk *disk, struct boot_choices *choices);
