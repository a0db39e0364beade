/* SPDX-License-Identifier: Apache-2.0 */
/* The objects of this folder that boot/tables.c lists. */
#pragma once

#include "core/boot.h"

extern const struct boot_method bls_boot;
extern const struct image_loader bzimage_loader;

/* Adds what bls_boot would find on a disk to the menu of all disks. */
void bls_list(struct boot_disk *disk, struct boot_choices *choices);
