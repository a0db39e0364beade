/* SPDX-License-Identifier: Apache-2.0 */
/* What boot/tables.c lists of this folder. */
#pragma once

#include "core/boot.h"

extern const struct boot_method bls_boot;
extern const struct image_loader bzimage_loader;
