/* SPDX-License-Identifier: Apache-2.0 */
/* The protocols that stand on the firmware's own handle: misc.c calls each once. */
#pragma once

#include "efi/efi.h"

/* random.c */
EFI_STATUS efi_random_publish(struct efi_object *object);
