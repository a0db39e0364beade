/* SPDX-License-Identifier: Apache-2.0 */
/* A small fsck.vfat, which repairs nothing. */
#pragma once

#include "fs/fat/fat.h"

/*
 * Aborts unless each used cluster belongs to exactly one file, each file has as many clusters as
 * its size requires, all FATs are identical, and the number of free clusters is correct.
 */
void fat_check(struct volume *volume);
