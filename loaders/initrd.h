/* SPDX-License-Identifier: Apache-2.0 */
/* Several initrds as the one that a kernel is given. */
#pragma once

#include "core/boot.h"

/*
 * Reads @entry's initrds one behind the other, each beginning on a multiple of 4 and the gaps
 * zeroed, into pages of the arena: as high as possible below @limit_preferred, else below @limit. A
 * single one that is in RAM below either already, at the start of a page, stays there. @base and
 * @size are 0 without initrds, or if all are empty.
 */
enum status initrd_load(struct boot_entry *entry, struct arena *arena, u64 limit_preferred,
			u64 limit, u64 *base, u64 *size);

/*
 * Gives @entry the VMM's modules as initrds, but for those that are a kernel to one of our loaders.
 */
void initrd_take_modules(struct boot_entry *entry);

/* Is the VMM's module a kernel that this build can load? */
bool initrd_module_is_kernel(struct span module);
