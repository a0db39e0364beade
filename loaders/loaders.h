/* SPDX-License-Identifier: Apache-2.0 */
/* The boot methods and image loaders of this folder, for the tables of boot/tables.c. */
#pragma once

#include "core/boot.h"

extern const struct boot_method bls_boot;
extern const struct image_loader bzimage_loader;
