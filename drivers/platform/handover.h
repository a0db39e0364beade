/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the descriptions of the machine have in common, from the bytes of the VMM to boot_info. To
 * be called after boot_info.source is set, by whose name messages begin.
 */
#pragma once

#include "lib/span.h"
#include "lib/types.h"

/* A range of the memory map with its type of lib/e820.h; types that we do not know are reserved. */
void handover_add_range(u64 base, u64 size, u32 e820_type);

/*
 * A kernel or an initrd: at most BOOT_MODULES_MAX, which the caller counts. What cannot be reached
 * is left out with a message.
 */
void handover_add_module(u64 base, u64 size);

/* The text at @address up to its NUL; 0: there is none. What cannot be reached is left out. */
void handover_set_command_line(u64 address);
