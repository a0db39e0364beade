/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses for devices to which nobody gave any (QEMU microvm with pcie=on): bus numbers and
 * memory windows of bridges, and the memory BARs of the devices that we drive (PCI Local
 * Bus 3.0, 6.2.5.1; PCI-to-PCI Bridge 1.2, 3.2.5). All of it lies in the 32-bit device hole from 3
 * GiB on, one after the other. What has an address is never moved.
 */
#include "core/log.h"
#include "core/memory.h"
#include "drivers/pci/pci.h"
#include "drivers/platform/acpi.h"
#include "lib/config.h"
#include "lib/util.h"

enum {
	BRIDGE_DEPTH_MAX = 8,
};

/* The hole: above the RAM of every VMM, up to the I/O APIC. */
#define HOLE_BASE 0xc0000000ull
#define HOLE_END 0xfe000000ull

static u64 next_address = HOLE_BASE;

/*
 * The first address at or above @base at which [base, base + size) meets neither RAM nor anything
 * reserved.
 */
static u64 skip_ledger(u64 base, u64 size, u64 alignment)
{
	u32 count;
	const struct memory_range *map = memory_map(&count);

	for (u32 i = 0; i < count; i++)
		if (map[i].base < base + size && map[i].end > base)
			base = align_up(map[i].end, alignment);
	return base;
}

static u64 skip_ecam(u64 base, u64 size, u64 alignment)
{
	struct ecam window;

	for (u32 i = 0;
	     IS_ENABLED(CONFIG_PCI_ECAM) && i < PCI_SEGMENTS_MAX && pci_ecam_window(i, &window);
	     i++) {
		u64 first = window.base + window.bus_first * MIB;
		u64 end = window.base + (window.bus_last + 1) * MIB;

		if (first < base + size && end > base)
			base = align_up(end, alignment);
	}
	return base;
}

/* @size is a power of two. */
static enum status allocate(u64 size, u64 *out)
{
	u64 base = align_up(next_address, size), before;

	do {
		before = base;
		base = skip_ecam(skip_ledger(base, size, size), size, size);
		if (base < before || base >= HOLE_END || size > HOLE_END - base)
			return ERR_NO_MEMORY;
	} while (base != before);
	next_address = base + size;
	*out = base;
	return OK;
}

/* Writes ones to see which bits stick. The device must not answer in memory meanwhile. */
static u64 measure(const struct pci_device *device, u32 offset, bool is_64_bit)
{
	u64 mask;

	pci_write32(device, offset, UINT32_MAX);
	mask = pci_read32(device, offset) & ~(u32)PCI_BAR_FLAGS;
	if (is_64_bit) {
		pci_write32(device, offset + 4, UINT32_MAX);
		mask |= (u64)pci_read32(device, offset + 4) << 32;
	} else if (mask) {
		mask |= (u64)UINT32_MAX << 32;
	}
	return ~mask + 1; /* 0: no such BAR */
}

/* Sizes and places an empty memory BAR. */
static enum status place(const struct pci_device *device, u32 index, u64 *out)
{
	u32 offset = PCI_BAR0 + 4 * index;
	u16 command = (u16)pci_read32(device, PCI_COMMAND);
	bool is_64_bit = (pci_read32(device, offset) & PCI_BAR_TYPE_MASK) == PCI_BAR_64_BIT &&
			 index < 5;
	u64 size, base = 0;
	enum status status;

	pci_write16(device, PCI_COMMAND, command & (u16)~PCI_COMMAND_MEMORY);
	size = measure(device, offset, is_64_bit);
	if (!is_power_of_two(size))
		status = ERR_NOT_FOUND;
	else
		status = allocate(max_u64(size, PAGE_SIZE), &base);
	pci_write32(device, offset, (u32)base);
	if (is_64_bit)
		pci_write32(device, offset + 4, 0);
	pci_write16(device, PCI_COMMAND, command);
	if (status)
		return status;
	log_debug("PCI %02x:%02x.%x: BAR %u put at 0x%lx, 0x%lx bytes", device->bus, device->device,
		  device->function, index, base, size);
	*out = base;
	return OK;
}

enum status pci_assign_bar(const struct pci_device *device, u32 index, u64 *out)
{
	/* Bridges that we opened a way through have their devices placed already. */
	if (device->behind_bridge)
		return unsupported("PCI: BAR %u behind a bridge has no address", index);
	return place(device, index, out);
}

static void assign_bars(const struct pci_device *device)
{
	for (u32 index = 0; index < PCI_BAR_COUNT; index++) {
		u32 low = pci_read32(device, PCI_BAR0 + 4 * index);
		bool is_64_bit = !(low & PCI_BAR_IO) && (low & PCI_BAR_TYPE_MASK) == PCI_BAR_64_BIT;
		u64 base;

		if (!(low & PCI_BAR_IO) && (low & ~(u32)PCI_BAR_FLAGS) == 0) {
			enum status status = place(device, index, &base);

			if (status == ERR_NO_MEMORY)
				log_warning("PCI %02x:%02x.%x: no room for BAR %u", device->bus,
					    device->device, device->function, index);
		}
		if (is_64_bit)
			index++;
	}
}

struct bridge_path {
	const struct ecam *window;
	u8 bus_last; /* the last number we may give */
	u8 depth;
};

static u8 assign_bus(struct bridge_path *path, u8 bus);

/*
 * Opens the bridge for bus numbers from @bus on and for the memory placed behind it. Returns the
 * last number given.
 */
static u8 open_bridge(struct bridge_path *path, const struct pci_device *bridge, u8 bus)
{
	u8 last;
	u64 first, end;

	next_address = first = align_up(next_address, MIB);
	/* All numbers that may be needed go through while we look behind the bridge. */
	pci_write32(bridge, PCI_BUS_NUMBERS,
		    (u32)path->bus_last << 16 | (u32)bus << 8 | bridge->bus);
	path->depth++;
	last = assign_bus(path, bus);
	path->depth--;
	pci_write32(bridge, PCI_BUS_NUMBERS, (u32)last << 16 | (u32)bus << 8 | bridge->bus);
	end = align_up(next_address, MIB);
	next_address = end;
	/* A window whose end is below its start is closed. */
	if (end > first)
		pci_write32(bridge, PCI_MEMORY_WINDOW,
			    (u32)((end - 1) & 0xfff00000) | (u32)(first >> 16));
	else
		pci_write32(bridge, PCI_MEMORY_WINDOW, 0x0000fff0);
	pci_write32(bridge, PCI_PREFETCHABLE_WINDOW, 0x0000fff0);
	pci_enable(bridge);
	return last;
}

static u8 assign_function(struct bridge_path *path, const struct pci_device *device, u32 id,
			  u8 header, u8 last)
{
	if ((header & PCI_HEADER_TYPE_MASK) == PCI_HEADER_TYPE_BRIDGE) {
		if (path->depth < BRIDGE_DEPTH_MAX && last < path->bus_last)
			return open_bridge(path, device, (u8)(last + 1));
	} else if ((header & PCI_HEADER_TYPE_MASK) == PCI_HEADER_TYPE_DEVICE && pci_driver_for(id)) {
		assign_bars(device);
	}
	return last;
}

/*
 * Depth first, as numbers must be nested. Returns the last number given, @bus itself if there is no
 * bridge on it.
 */
static u8 assign_bus(struct bridge_path *path, u8 bus)
{
	volatile u8 *config = NULL;
	u8 last = bus;

	if (IS_ENABLED(CONFIG_PCI_ECAM) && path->window) {
		config = pci_ecam_map(path->window, bus);
		if (!config)
			return last;
	}
	for (u32 slot = 0; slot < PCI_DEVICES_PER_BUS * PCI_FUNCTIONS_PER_DEVICE; slot++) {
		struct pci_device device = {
			.config = config ? config + slot * 4096 : NULL,
			.bus = bus,
			.device = (u8)(slot / PCI_FUNCTIONS_PER_DEVICE),
			.function = (u8)(slot % PCI_FUNCTIONS_PER_DEVICE),
			.behind_bridge = true,
		};
		u32 id = pci_read32(&device, PCI_ID);
		u8 header = 0;

		if (!pci_id_is_none(id)) {
			header = (u8)(pci_read32(&device, PCI_HEADER_TYPE) >> 16);
			last = assign_function(path, &device, id, header, last);
		}
		if (device.function == 0 && !(header & PCI_HEADER_MULTIFUNCTION))
			slot += PCI_FUNCTIONS_PER_DEVICE - 1;
	}
	return last;
}

u8 pci_assign_bridge(const struct pci_device *bridge, const struct ecam *window, u8 bus,
		     u8 bus_last)
{
	struct bridge_path path = { .window = window, .bus_last = bus_last };

	return open_bridge(&path, bridge, bus);
}
