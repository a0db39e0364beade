/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the platform descriptions, which fill boot_info from the VMM's data. To be called after
 * boot_info.source, which starts each message, is set.
 */
#pragma once

#include "lib/span.h"
#include "lib/types.h"

/* Adds a range of the memory map with its type of lib/e820.h; unknown types are reserved. */
void handover_add_range(u64 base, u64 size, u32 e820_type);

/*
 * Adds a kernel or an initrd; the caller ensures that there are at most BOOT_MODULES_MAX. One that
 * cannot be reached is skipped with a message.
 */
void handover_add_module(u64 base, u64 size);

/*
 * Sets the command line to the text at @address up to its NUL; 0: no text. What cannot be reached
 * is left out.
 */
void handover_set_command_line(u64 address);
