/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the descriptions of the machine, on the way from the VMM's bytes to boot_info. To be
 * called after boot_info.source is set, by whose name messages begin.
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

/* The text at @address up to its NUL; 0: no text. What cannot be reached is left out. */
void handover_set_command_line(u64 address);
