/* SPDX-License-Identifier: Apache-2.0 */
/* The devices that drivers have started. */
#include "core/device.h"

#include "core/arch.h"
#include "core/log.h"
#include "core/memory.h"
#include "lib/config.h"
#include "lib/string.h"
#include "lib/util.h"

static struct device *newest;

void device_register(struct device *device)
{
	device->next = newest;
	newest = device;
}

bool device_address_equals(const struct device_address *a, const struct device_address *b)
{
	return a->bus == b->bus && a->base == b->base && a->segment == b->segment &&
	       a->root_bus == b->root_bus && a->depth == b->depth &&
	       memcmp(a->functions, b->functions, sizeof(a->functions)) == 0;
}

bool device_is_at(const struct device_address *address)
{
	for (const struct device *device = newest; device; device = device->next)
		if (device_address_equals(&device->address, address))
			return true;
	return false;
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

/* The first part of [base, end) that is RAM of one kind. */
static bool find_ram(u64 base, u64 end, struct memory_range *out)
{
	u32 count;
	const struct memory_range *map = memory_map(&count);

	for (u32 i = 0; i < count; i++) {
		if (map[i].base >= end || map[i].end <= base || !memory_range_is_ram(&map[i]))
			continue;
		*out = map[i];
		out->base = max_u64(out->base, align_down(base, PAGE_SIZE));
		out->end = min_u64(out->end, align_up(end, PAGE_SIZE));
		return true;
	}
	return false;
}

void device_keep_memory(u64 base, u64 size)
{
	struct memory_range part;

	/* Each iteration leaves one part fewer, or fails because the ledger is full. */
	while (find_ram(base, base + size, &part))
		if (memory_convert(part.base, part.end - part.base, part.type, MEMORY_UNUSABLE))
			return log_warning("memory at 0x%lx may still be written by a device",
					   part.base);
}

void devices_quiesce(void)
{
	if (IS_ENABLED(CONFIG_NEED_CLOCK))
		arch_timer_stop();
	while (newest) {
		struct device *device = newest;

		newest = device->next;
		log_debug("%s: stopped", device->name);
		device->quiesce(device);
	}
}
