/* SPDX-License-Identifier: Apache-2.0 */
/* Memory (UEFI 2.11, 7.2) as memory.c, pool.c and images.c share it. */
#pragma once

#include "efi/efi.h"

/* May a guest allocate that type? */
bool efi_memory_type_is_valid(u32 type);

/* As AllocatePages() of any pages does, but with an alignment, and without a notification. */
enum status efi_memory_allocate(u64 size, u64 alignment, u32 type, u64 *out);

/* The lowest place, but above the first MiB, which kernels need for other processors. */
enum status efi_memory_allocate_lowest(u64 size, u64 alignment, u32 type, u64 *out);

/* Signals that the memory map has changed, if its key differs from @key_before. */
void efi_memory_changed(u64 key_before);
