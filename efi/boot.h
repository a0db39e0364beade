/* SPDX-License-Identifier: Apache-2.0 */
/* What boot_manager.c and removable.c share. */
#pragma once

#include "efi/efi.h"

/* UEFI 2.11, 3.5.1.1. */
#define EFI_REMOVABLE_PATH "\\EFI\\BOOT\\BOOTX64.EFI"
