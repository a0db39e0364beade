/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration tables published by start.c. */
#pragma once

#include "efi/efi.h"

/* smbios.c */
void efi_smbios_publish(void);
