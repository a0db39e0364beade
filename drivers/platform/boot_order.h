/* SPDX-License-Identifier: Apache-2.0 */
/* The VMM's disk order, from fw_cfg's file "bootorder". */
#pragma once

#include "lib/span.h"

/* For boot/main.c, once all disks are found: applies the order in the file. */
void boot_order_probe(void);

/* The same with the content of such a file, which may be anything. */
void boot_order_apply(struct span text);
