/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "lib/span.h"

/* Devices that are not on a bus, which QEMU describes in an fw_cfg file. */
void hardware_info_probe(void);

/* The same with the content of that file. */
void hardware_info_read(struct span file);
