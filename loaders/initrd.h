/* SPDX-License-Identifier: Apache-2.0 */
/* Several initrds as the one that a kernel receives. */
#pragma once

#include "core/boot.h"

/*
 * Reads @entry's initrds one after the other, each beginning on a multiple of 4 and the gaps
 * zeroed, into pages of the arena: as high as possible below @limit_preferred, otherwise below
 * @limit. A single one that is in RAM below either already, at the start of a page, stays there.
 * @base and @size are 0 without initrds, or if all are empty.
 */
enum status initrd_load(struct boot_entry *entry, struct arena *arena, u64 limit_preferred,
			u64 limit, u64 *base, u64 *size);

/*
 * Gives @entry the VMM's modules as initrds, except those that one of our loaders recognizes as a
 * kernel.
 */
void initrd_take_modules(struct boot_entry *entry);

/* Is the VMM's module a kernel that this build can load? */
bool initrd_module_is_kernel(struct span module);
