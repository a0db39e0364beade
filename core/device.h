/* SPDX-License-Identifier: Apache-2.0 */
/* What a driver has brought up and must bring to rest again before a kernel takes the machine. */
#pragma once

struct device {
	char name[24]; /* "virtio-blk 00:03.0" */
	/* Stops all DMA. Waits with a deadline. Called once. */
	void (*quiesce)(struct device *device);
	struct device *next; /* device_register()'s */
};

void device_register(struct device *device);

/* Brings every device to rest, newest first. Nothing may use a device after this. */
void devices_quiesce(void);
