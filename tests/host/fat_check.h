/* SPDX-License-Identifier: Apache-2.0 */
/* A small fsck.vfat, which repairs nothing. */
#pragma once

#include "fs/fat/fat.h"

/*
 * Aborts unless each cluster in use belongs to exactly one file, each file has as many as its size
 * needs, all FATs are alike, and the free clusters are as many as said.
 */
void fat_check(struct volume *volume);
