/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which the VMM wants disks tried, by fw_cfg's file "bootorder". */
#pragma once

#include "lib/span.h"

/* For boot/main.c, once all disks are found: states the turns of those that the file names. */
void boot_order_probe(void);

/* The same by the content of such a file, which may hold anything. */
void boot_order_apply(struct span text);
