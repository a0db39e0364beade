/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by efi/runtime.c, efi/variables.c and efi/variables_file.c. */
#pragma once

#include "efi/runtime/runtime.h"

/* The data of the runtime program; NULL before efi_runtime_init(). */
extern struct runtime_data *efi_runtime_data;

/*
 * The address of a function of the runtime program, regardless of what a guest has put into the
 * table.
 */
void *efi_runtime_entry(enum runtime_entry entry);
