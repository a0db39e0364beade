/* SPDX-License-Identifier: Apache-2.0 */
/* Identifies file systems that this build cannot read, for messages. */
#pragma once

#include "core/block.h"

/* "ext2, ext3 or ext4", "an LVM volume", ...; NULL: unknown, or the device cannot be read. */
const char *file_system_name(struct block_device *device);
