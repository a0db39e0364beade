/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uses a file system as a boot may do: lists, opens and reads everything, up to a limit.
 */
#pragma once

#include "core/volume.h"

/*
 * Walks the entries below @directory, @depth levels deep, and reads the start of each file, up to
 * @bytes_left in total. Aborts if a listed name cannot be opened, or if the contract of
 * core/volume.h is violated otherwise.
 */
void volume_walk(struct file *directory, u32 depth, u64 *entries_left, u64 *bytes_left);
