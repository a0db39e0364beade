/* SPDX-License-Identifier: Apache-2.0 */
/* Between efi/runtime.c, efi/variables.c and efi/variables_file.c. */
#pragma once

#include "efi/runtime/runtime.h"

/* The data of the runtime program; NULL before efi_runtime_init(). */
extern struct runtime_data *efi_runtime_data;

/* Where the program's services and own functions are, whatever a guest has put into the table. */
void *efi_runtime_entry(enum runtime_entry entry);
