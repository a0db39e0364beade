/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assigns addresses to all devices after reset (PCI Local Bus 3.0, 6.2.5; PCI-to-PCI Bridge 1.2,
 * 3.2.5): bus numbers depth first, sizes of BARs, bridge windows from the leaves up, addresses from
 * the root down.
 *
 * A BAR is 64-bit prefetchable, or treated as 32-bit memory, or I/O, and a bridge has a window for
 * each of the three.
 */
#include "drivers/pci/place.h"

#include "core/arena.h"
#include "core/log.h"
#include "lib/config.h"
#include "lib/util.h"

enum kind { KIND_PORTS, KIND_MEMORY, KIND_PREFETCHABLE, KIND_COUNT };

enum {
	FUNCTIONS_MAX = 256,
	RESOURCES_MAX = 768,
	DEPTH_MAX = 8,
	NO_PARENT = 0xffff,
	WINDOW = 0xff, /* instead of a BAR's index */

	PCI_INTERRUPT = 0x3c, /* line, pin */
	PCI_PORTS_WINDOW = 0x1c,
	PCI_PORTS_WINDOW_UPPER = 0x30,
	PCI_PREFETCHABLE_BASE_UPPER = 0x28,
	PCI_PREFETCHABLE_END_UPPER = 0x2c,
	BRIDGE_BAR_COUNT = 2,
};

/* The minimum window of a hot-plug port. */
#define PLUG_SIZE (2 * MIB)

struct function {
	struct pci_device device;
	u16 parent; /* bridge; NO_PARENT: on a root bus */
	u8 depth;
	bool is_port; /* a bridge for one device */
	bool uses[KIND_COUNT];
};

struct resource {
	u64 size, alignment, base;
	u16 function;
	u8 bar;
	enum kind kind;
	bool is_64_bit;
	bool is_placed, is_left_out;
};

struct work {
	const struct pci_placement *placement;
	struct function functions[FUNCTIONS_MAX];
	u32 function_count;
	struct resource resources[RESOURCES_MAX];
	u32 resource_count;
	u16 parent; /* of the functions found now */
	u8 depth, bus_last;
};

static void add_resource(struct work *work, struct resource resource)
{
	if (work->resource_count == RESOURCES_MAX)
		return log_warning("PCI: more than %d BARs (RESOURCES_MAX)", RESOURCES_MAX);
	work->resources[work->resource_count++] = resource;
}

/*
 * Writes ones to see which bits stick; decoding is off meanwhile. Then writes 0, which is not an
 * address.
 */
static u64 measure(const struct pci_device *device, u32 offset, u32 flags_mask)
{
	u32 mask;

	pci_write32(device, offset, UINT32_MAX);
	mask = pci_read32(device, offset) & ~flags_mask;
	pci_write32(device, offset, 0);
	return mask;
}

static bool add_bar(struct work *work, u16 index, u32 bar, bool is_last)
{
	const struct pci_device *device = &work->functions[index].device;
	u32 offset = PCI_BAR0 + 4 * bar, low;
	struct resource resource = { .function = index, .bar = (u8)bar, .kind = KIND_MEMORY };
	u64 mask;

	low = pci_read32(device, offset);
	if (low & PCI_BAR_IO) {
		/* The upper half may be hard-wired to 0. */
		mask = measure(device, offset, 3) | 0xffffffffffff0000ull;
		resource.kind = KIND_PORTS;
		if (mask == 0xffffffffffff0000ull)
			mask = 0;
	} else {
		/* After the last BAR there is another register, on a bridge the bus numbers. */
		resource.is_64_bit = !is_last && (low & PCI_BAR_TYPE_MASK) == PCI_BAR_64_BIT;
		mask = measure(device, offset, PCI_BAR_FLAGS);
		if (resource.is_64_bit)
			mask |= measure(device, offset + 4, 0) << 32;
		else if (mask)
			mask |= (u64)UINT32_MAX << 32;
		if (resource.is_64_bit && (low & PCI_BAR_PREFETCHABLE))
			resource.kind = KIND_PREFETCHABLE;
	}
	resource.size = resource.alignment = ~mask + 1;
	if (mask && is_power_of_two(resource.size))
		add_resource(work, resource);
	else if (mask)
		log_warning("PCI %s: BAR %u has the mask 0x%lx", device->name, bar, mask);
	return resource.is_64_bit;
}

static void add_bars(struct work *work, u16 index, u32 count)
{
	for (u32 bar = 0; bar < count; bar++)
		if (add_bar(work, index, bar, bar + 1 == count))
			bar++;
}

static void scan_bus(struct work *work, u8 bus, u32 device_count);

static void scan_bridge(struct work *work, u16 index)
{
	struct function *bridge = &work->functions[index];
	const struct pci_device *device = &bridge->device;
	u32 numbers;
	u8 bus;

	if (work->depth == DEPTH_MAX || work->bus_last == UINT8_MAX)
		return log_warning("PCI %s: no number for the bus behind it", device->name);
	bus = ++work->bus_last;
	numbers = (u32)bus << 8 | device->bus;
	pci_write32(device, PCI_BUS_NUMBERS, (u32)UINT8_MAX << 16 | numbers);
	bridge->is_port = pci_has_single_slot(device);
	work->depth++;
	work->parent = index;
	scan_bus(work, bus, bridge->is_port ? 1 : PCI_DEVICES_PER_BUS);
	work->depth--;
	work->parent = bridge->parent;
	pci_write32(device, PCI_BUS_NUMBERS, (u32)work->bus_last << 16 | numbers);
}

static void scan_function(const struct pci_device *device, void *context)
{
	struct work *work = context;
	u16 index = (u16)work->function_count;
	u8 type = device->header_type & PCI_HEADER_TYPE_MASK;

	if (index == FUNCTIONS_MAX)
		return log_warning("PCI %s: more than %d functions (FUNCTIONS_MAX)", device->name,
				   FUNCTIONS_MAX);
	work->function_count++;
	work->functions[index] =
		(struct function){ *device, .parent = work->parent, .depth = work->depth };
	/* The device may not have been reset. */
	pci_write16(device, PCI_COMMAND, 0);
	if (type == PCI_HEADER_TYPE_DEVICE)
		add_bars(work, index, PCI_BAR_COUNT);
	else if (type == PCI_HEADER_TYPE_BRIDGE) {
		add_bars(work, index, BRIDGE_BAR_COUNT);
		scan_bridge(work, index);
	}
}

static void scan_bus(struct work *work, u8 bus, u32 device_count)
{
	pci_visit_bus(work->placement->ecam, bus, device_count, scan_function, work);
}

static void scan(struct work *work)
{
	work->parent = NO_PARENT;
	scan_bus(work, 0, PCI_DEVICES_PER_BUS);
	if (!work->placement->has_more_roots)
		return;
	for (u32 bus = work->bus_last + 1u; bus <= UINT8_MAX; bus++) {
		u32 before = work->function_count;

		work->bus_last = (u8)max_u64(work->bus_last, bus);
		scan_bus(work, (u8)bus, PCI_DEVICES_PER_BUS);
		if (work->function_count != before)
			bus = work->bus_last;
	}
}

/* Does it belong in the window of @parent for @kind? */
static bool is_child(const struct work *work, const struct resource *resource, u16 parent,
		     enum kind kind)
{
	return resource->kind == kind && !resource->is_left_out &&
	       work->functions[resource->function].parent == parent;
}

/*
 * The next child to place, the one with the largest alignment first, so that there are no gaps.
 * NULL: all are placed.
 */
static struct resource *next_child(struct work *work, u16 parent, enum kind kind)
{
	struct resource *best = NULL;

	for (u32 i = 0; i < work->resource_count; i++) {
		struct resource *resource = &work->resources[i];

		if (is_child(work, resource, parent, kind) && !resource->is_placed &&
		    (!best || resource->alignment > best->alignment))
			best = resource;
	}
	return best;
}

/*
 * Places the children consecutively from @base on, except those that end beyond @end. Returns their
 * end.
 */
static u64 place_children(struct work *work, u16 parent, enum kind kind, u64 base, u64 end)
{
	struct resource *resource;

	while ((resource = next_child(work, parent, kind))) {
		u64 at = align_up(base, resource->alignment);

		if (at < base || at > end || resource->size > end - at) {
			resource->is_left_out = true;
			log_warning("PCI %s: no room for 0x%lx bytes",
				    work->functions[resource->function].device.name,
				    resource->size);
			continue;
		}
		resource->is_placed = true;
		resource->base = at;
		base = at + resource->size;
	}
	return base;
}

static const u64 granularity[KIND_COUNT] = { 4096, MIB, MIB };

/* Determines the window that the bridge needs; its children are only measured here. */
static void add_window(struct work *work, u16 index, enum kind kind)
{
	const struct function *bridge = &work->functions[index];
	struct resource window = {
		.function = index,
		.bar = WINDOW,
		.kind = kind,
		.alignment = granularity[kind],
	};
	struct resource *first = next_child(work, index, kind);

	if (first)
		window.alignment = max_u64(window.alignment, first->alignment);
	/* From an address that fits all alignments, so that gaps are the same as later. */
	window.size = place_children(work, index, kind, 0, UINT64_MAX / 4);
	if (bridge->is_port && kind != KIND_PORTS)
		window.size = max_u64(window.size, PLUG_SIZE);
	window.size = align_up(window.size, granularity[kind]);
	for (u32 i = 0; i < work->resource_count; i++)
		if (is_child(work, &work->resources[i], index, kind))
			work->resources[i].is_placed = false;
	if (window.size)
		add_resource(work, window);
}

/*
 * Functions behind a bridge were found after it, so from the last to the first, leaves come first.
 */
static void add_windows(struct work *work)
{
	for (u32 i = work->function_count; i--;)
		if (pci_is_bridge(&work->functions[i].device))
			for (u32 kind = 0; kind < KIND_COUNT; kind++)
				add_window(work, (u16)i, kind);
}

/*
 * Removes those that do not fit into @room bytes, the largest first: disks are small, and what does
 * not fit is usually a graphics card. Returns the bytes of the rest.
 */
static u64 leave_out(struct work *work, enum kind kind, u64 room)
{
	for (;;) {
		struct resource *largest = NULL;
		u64 total = 0;

		for (u32 i = 0; i < work->resource_count; i++) {
			struct resource *resource = &work->resources[i];

			if (!is_child(work, resource, NO_PARENT, kind))
				continue;
			if (add_overflows(total, resource->size, &total))
				total = UINT64_MAX;
			if (!largest || resource->size > largest->size)
				largest = resource;
		}
		if (total <= room || !largest)
			return total;
		largest->is_left_out = true;
		log_warning("PCI %s: no room for 0x%lx bytes",
			    work->functions[largest->function].device.name, largest->size);
	}
}

static void place_roots(struct work *work)
{
	const struct pci_placement *placement = work->placement;
	u64 next = placement->low.base, total = 0;

	leave_out(work, KIND_PORTS, placement->ports.end - placement->ports.base);
	place_children(work, NO_PARENT, KIND_PORTS, placement->ports.base, placement->ports.end);
	leave_out(work, KIND_MEMORY, placement->low.end - placement->low.base);
	next = place_children(work, NO_PARENT, KIND_MEMORY, next, placement->low.end);
	for (u32 i = 0; i < work->resource_count; i++)
		if (is_child(work, &work->resources[i], NO_PARENT, KIND_PREFETCHABLE) &&
		    add_overflows(total, work->resources[i].size + work->resources[i].alignment,
				  &total))
			total = UINT64_MAX;
	/* Low if everything fits, for 32-bit kernels. */
	if (total <= placement->low.end - next) {
		place_children(work, NO_PARENT, KIND_PREFETCHABLE, next, placement->low.end);
		return;
	}
	leave_out(work, KIND_PREFETCHABLE, placement->high.end - placement->high.base);
	place_children(work, NO_PARENT, KIND_PREFETCHABLE, placement->high.base,
		       placement->high.end);
}

/* Distributes the window of each bridge to the functions behind it. */
static void place_behind(struct work *work, u16 index)
{
	for (u32 kind = 0; kind < KIND_COUNT; kind++) {
		u64 base = 0, end = 0;

		for (u32 i = 0; i < work->resource_count; i++) {
			const struct resource *window = &work->resources[i];

			if (window->function == index && window->bar == WINDOW &&
			    window->kind == kind && window->is_placed) {
				base = window->base;
				end = base + window->size;
			}
		}
		place_children(work, index, kind, base, end);
	}
}

static void program_window(const struct pci_device *bridge, const struct resource *window)
{
	u64 base = window->base, last = window->base + window->size - 1;

	switch (window->kind) {
	case KIND_PORTS:
		pci_write16(bridge, PCI_PORTS_WINDOW,
			    (u16)((last & 0xf000) | (base & 0xf000) >> 8));
		pci_write32(bridge, PCI_PORTS_WINDOW_UPPER, 0);
		break;
	case KIND_MEMORY:
		pci_write32(bridge, PCI_MEMORY_WINDOW,
			    (u32)((last & 0xfff00000) | (base & 0xfff00000) >> 16));
		break;
	default:
		pci_write32(bridge, PCI_PREFETCHABLE_WINDOW,
			    (u32)((last & 0xfff00000) | (base & 0xfff00000) >> 16));
		pci_write32(bridge, PCI_PREFETCHABLE_BASE_UPPER, (u32)(base >> 32));
		pci_write32(bridge, PCI_PREFETCHABLE_END_UPPER, (u32)(last >> 32));
		break;
	}
}

/* A window whose end is below its start is closed. */
static void close_windows(const struct pci_device *bridge)
{
	pci_write16(bridge, PCI_PORTS_WINDOW, 0x00f0);
	pci_write32(bridge, PCI_MEMORY_WINDOW, 0x0000fff0);
	pci_write32(bridge, PCI_PREFETCHABLE_WINDOW, 0x0000fff0);
	pci_write32(bridge, PCI_PREFETCHABLE_BASE_UPPER, 0);
	pci_write32(bridge, PCI_PREFETCHABLE_END_UPPER, 0);
}

static void program_resource(struct work *work, const struct resource *resource)
{
	struct function *function = &work->functions[resource->function];
	u32 offset = PCI_BAR0 + 4u * resource->bar;

	if (!resource->is_placed)
		return;
	function->uses[resource->kind] = true;
	if (resource->bar == WINDOW)
		return program_window(&function->device, resource);
	pci_write32(&function->device, offset, (u32)resource->base);
	if (resource->is_64_bit)
		pci_write32(&function->device, offset + 4, (u32)(resource->base >> 32));
	log_debug("PCI %s: BAR %u at 0x%lx, 0x%lx bytes", function->device.name, resource->bar,
		  resource->base, resource->size);
}

/* Pins are rotated by the slot number at each bridge on the way up (PCI-to-PCI Bridge 1.2, 9.1). */
static void route_interrupt(const struct work *work, const struct function *function)
{
	u32 interrupt = pci_read32(&function->device, PCI_INTERRUPT);
	u8 pin = (u8)(interrupt >> 8);
	u8 slot;

	if (pin == 0 || pin > 4)
		return;
	pin--;
	slot = function->device.device;
	for (const struct function *at = function; at->parent != NO_PARENT;) {
		pin = (pin + at->device.device) & 3;
		at = &work->functions[at->parent];
		slot = at->device.device;
	}
	pci_write32(&function->device, PCI_INTERRUPT,
		    (interrupt & 0xffffff00) | work->placement->interrupt_line(slot, pin));
}

static void program(struct work *work)
{
	for (u32 i = 0; i < work->function_count; i++)
		if (pci_is_bridge(&work->functions[i].device))
			close_windows(&work->functions[i].device);
	for (u32 i = 0; i < work->resource_count; i++)
		program_resource(work, &work->resources[i]);
	for (u32 i = 0; i < work->function_count; i++) {
		const struct function *function = &work->functions[i];
		bool is_bridge = pci_is_bridge(&function->device);
		bool has_memory = function->uses[KIND_MEMORY] || function->uses[KIND_PREFETCHABLE];

		route_interrupt(work, function);
		pci_write16(&function->device, PCI_COMMAND,
			    (function->uses[KIND_PORTS] || is_bridge ? PCI_COMMAND_PORTS : 0) |
				    (has_memory || is_bridge ? PCI_COMMAND_MEMORY : 0) |
				    (is_bridge ? PCI_COMMAND_MASTER : 0));
	}
}

enum status pci_place_all(const struct pci_placement *placement)
{
	struct arena arena = { 0 };
	struct work *work = arena_allocate(&arena, sizeof(*work));

	if (!work)
		return ERR_NO_MEMORY;
	work->placement = placement;
	scan(work);
	add_windows(work);
	place_roots(work);
	for (u32 i = 0; i < work->function_count; i++)
		if (pci_is_bridge(&work->functions[i].device))
			place_behind(work, (u16)i);
	program(work);
	log_debug("PCI: %u functions on %u buses", work->function_count, work->bus_last + 1u);
	arena_release(&arena);
	return OK;
}
