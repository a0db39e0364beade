/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "lib/span.h"

/* Devices that QEMU names in a file of fw_cfg, as they are on no bus. */
void hardware_info_probe(void);

/* The same for the content of that file. */
void hardware_info_read(struct span file);
