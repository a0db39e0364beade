/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does with a file system what a boot may do with it: lists it, opens and reads all of it, up to a
 * limit.
 */
#pragma once

#include "core/volume.h"

/*
 * Entries below @directory, this deep; the first bytes of all files are read, up to @bytes_left in
 * all. Aborts if a name that is listed cannot be opened, or the contract of core/volume.h is broken
 * otherwise.
 */
void volume_walk(struct file *directory, u32 depth, u64 *entries_left, u64 *bytes_left);
