/* SPDX-License-Identifier: Apache-2.0 */
/* What a device holds that no file system of this build can read: for messages only. */
#pragma once

#include "core/block.h"

/* "ext2, ext3 or ext4", "an LVM volume", ...; NULL: nothing known, or it cannot be read. */
const char *file_system_name(struct block_device *device);
