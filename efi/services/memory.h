/* SPDX-License-Identifier: Apache-2.0 */
/* Memory (UEFI 2.11, 7.2), shared by memory.c, pool.c and images.c. */
#pragma once

#include "efi/efi.h"

/* May a guest allocate that type? */
bool efi_memory_type_is_valid(u32 type);

/*
 * Like AllocatePages() for any pages, but with an alignment and without a notification. With
 * EFI_NX, only memory of a code type is executable.
 */
enum status efi_memory_allocate(u64 size, u64 alignment, u32 type, u64 *out);

/* The same at exactly @base, which is on a page boundary. */
enum status efi_memory_allocate_at(u64 base, u64 size, u32 type);

/* The same at the lowest place above the first MiB, which kernels need for other processors. */
enum status efi_memory_allocate_lowest(u64 size, u64 alignment, u32 type, u64 *out);

/* Frees pages, and restores their default access: reading and writing. */
enum status efi_memory_free(u64 base, u64 size);

/*
 * protection.c, only with EFI_NX. If protection is not enabled, these functions do nothing and
 * return OK.
 */

/* Enables protection, or calls arch_allow_execution() if the processor does not support it. */
void efi_protection_init(void);
bool efi_protection_is_on(void);

/* Sets the default access for pages of that type. */
enum status efi_protect_type(u64 base, u64 size, u32 type);

/* Sets the access to the pages of an image placed at @base, by section if it supports that. */
struct pe_image;
enum status efi_protect_image(const struct pe_image *pe, u64 base);

/* Signals that the memory map has changed, if its key differs from @key_before. */
void efi_memory_changed(u64 key_before);
