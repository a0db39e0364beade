/* SPDX-License-Identifier: Apache-2.0 */
/* Combines several initrds into one for the kernel. */
#pragma once

#include "core/boot.h"

/*
 * Reads @entry's initrds one after the other into pages of the arena, as high as possible below
 * @limit_preferred, otherwise below @limit. Each starts at a multiple of 4, and gaps are zeroed. A
 * single initrd that is already page aligned in RAM below one of the limits stays there. @base and
 * @size are 0 if there are no initrds, or all are empty.
 */
enum status initrd_load(struct boot_entry *entry, struct arena *arena, u64 limit_preferred,
			u64 limit, u64 *base, u64 *size);

/*
 * Adds the VMM's modules as initrds to @entry, except those that a loader recognizes as a kernel.
 */
void initrd_take_modules(struct boot_entry *entry);

/* Is the VMM's module a kernel that this build can load? */
bool initrd_module_is_kernel(struct span module);
