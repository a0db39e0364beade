/* SPDX-License-Identifier: Apache-2.0 */
/* What a driver has brought up and must bring to rest again before a kernel takes the machine. */
#pragma once

#include "lib/types.h"

struct device {
	char name[28]; /* "virtio-blk 00:03.0" */
	/* Stops all DMA. Waits with a deadline. Called once. */
	void (*quiesce)(struct device *device);
	struct device *next; /* device_register()'s */
};

void device_register(struct device *device);

/*
 * The registers at [base, base + size), mapped. NULL, and logged with @name in front, where no
 * device can be.
 */
volatile u8 *device_map(const char *name, u64 base, u64 size);

/* Brings every device to rest, newest first. Nothing may use a device after this. */
void devices_quiesce(void);
