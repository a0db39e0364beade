/* SPDX-License-Identifier: Apache-2.0 */
/* The devices that were brought up. */
#include "core/device.h"

#include <stddef.h>

#include "core/log.h"

static struct device *newest;

void device_register(struct device *device)
{
	device->next = newest;
	newest = device;
}

void devices_quiesce(void)
{
	while (newest) {
		struct device *device = newest;

		newest = device->next;
		log_debug("%s: at rest", device->name);
		device->quiesce(device);
	}
}
