/* SPDX-License-Identifier: Apache-2.0 */
/* The devices that were brought up. */
#include "core/device.h"

#include "core/arch.h"
#include "core/log.h"
#include "core/memory.h"

static struct device *newest;

void device_register(struct device *device)
{
	device->next = newest;
	newest = device;
}

volatile u8 *device_map(const char *name, u64 base, u64 size)
{
	enum status status;

	if (memory_has_ram(base, size)) {
		log_warning("%s: registers at 0x%lx: that is RAM", name, base);
		return NULL;
	}
	status = arch_map(base, size, MAP_DEVICE);
	if (status) {
		log_warning("%s: registers at 0x%lx, 0x%lx bytes: %s", name, base, size,
			    status_name(status));
		return NULL;
	}
	return (volatile u8 *)(uintptr_t)base;
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
