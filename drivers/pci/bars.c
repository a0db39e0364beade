/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses for devices that have none (QEMU microvm with pcie=on): bus numbers and memory windows
 * of bridges, and the memory BARs of the devices that we drive (PCI Local Bus 3.0, 6.2.5.1;
 * PCI-to-PCI Bridge 1.2, 3.2.5). They are assigned consecutively in the 32-bit device hole from 3
 * GiB on. Existing addresses are never changed or overlapped.
 */
#include "core/log.h"
#include "core/memory.h"
#include "drivers/pci/pci.h"
#include "lib/config.h"
#include "lib/util.h"

enum {
	BRIDGE_DEPTH_MAX = 8,
	WINDOW_CLOSED = 0x0000fff0,
	PLACED_MAX = 64,
};

/* The hole: above the RAM of every VMM, up to the I/O APIC. */
#define HOLE_BASE 0xc0000000ull
#define HOLE_END 0xfe000000ull

static u64 next_address = HOLE_BASE;

/* The VMM's addresses in the hole on the root bus: BARs, and bridge windows. */
static struct placed {
	u64 base, end;
} placed[PLACED_MAX];
static u32 placed_count;
static bool placed_is_known;

/*
 * The first multiple of @size from @base on at which that many bytes overlap nothing in the ledger.
 */
static u64 skip_ledger(u64 base, u64 size)
{
	u32 count;
	const struct memory_range *map = memory_map(&count);

	for (u32 i = 0; i < count; i++)
		if (map[i].base < base + size && map[i].end > base)
			base = align_up(map[i].end, size);
	return base;
}

/* The same for configuration space, which not all VMMs reserve in their memory map. */
static u64 skip_ecam(const struct ecam *window, u64 base, u64 size)
{
	u64 first = window->base + window->bus_first * MIB;
	u64 end = window->base + (window->bus_last + 1) * MIB;

	return first < base + size && end > base ? align_up(end, size) : base;
}

static u64 skip_placed(u64 base, u64 size)
{
	for (u32 i = 0; i < placed_count; i++)
		if (placed[i].base < base + size && placed[i].end > base)
			base = align_up(placed[i].end, size);
	return base;
}

/* @size is a power of two. */
static enum status allocate(const struct pci_device *device, u64 size, u64 *out)
{
	u64 base = align_up(next_address, size), before;

	do {
		before = base;
		base = skip_ecam(&device->window, skip_ledger(base, size), size);
		base = skip_placed(base, size);
		if (base < before || base >= HOLE_END || size > HOLE_END - base) {
			log_warning("PCI %s: no room for a BAR of 0x%lx bytes", device->name, size);
			return ERR_NO_MEMORY;
		}
	} while (base != before);
	next_address = base + size;
	*out = base;
	return OK;
}

static void note_placed(const struct pci_device *device, u64 base, u64 size)
{
	if (base >= HOLE_END || size == 0 || base + size <= HOLE_BASE)
		return;
	if (placed_count == PLACED_MAX)
		return log_warning("PCI %s: more than %d addresses, the one at 0x%lx may be used "
				   "twice (PLACED_MAX)",
				   device->name, PLACED_MAX, base);
	placed[placed_count++] = (struct placed){ base, base + size };
}

static void note_bar(const struct pci_device *device, const struct pci_bar *bar)
{
	u64 size = pci_bar_size(device, bar->index);

	if (is_power_of_two(size))
		note_placed(device, bar->base, size);
}

static void note_function(const struct pci_device *device, void *context)
{
	struct pci_bar bar;

	(void)context;
	if (pci_is_bridge(device)) {
		u32 window = pci_read32(device, PCI_MEMORY_WINDOW);
		u64 first = (u64)(window & 0xfff0) << 16, last = (window & 0xfff00000) | 0xfffff;

		if (pci_read32(device, PCI_BUS_NUMBERS) >> 8 & 0xff && last > first)
			note_placed(device, first, last + 1 - first);
		return;
	}
	for (u32 index = 0; index < PCI_BAR_COUNT; index += bar.is_64_bit ? 2 : 1)
		if (pci_bar_read(device, index, &bar) && bar.base && bar.base < HOLE_END)
			note_bar(device, &bar);
}

/* Done once, and only if an address is missing, because it costs accesses. */
static void find_placed(const struct pci_device *device)
{
	if (placed_is_known)
		return;
	placed_is_known = true;
	pci_visit_bus(device->config ? &device->window : NULL, device->window.bus_first,
		      PCI_DEVICES_PER_BUS, note_function, NULL);
}

void pci_forget_placed(void)
{
	placed_is_known = false;
	placed_count = 0;
}

/* Measures an unassigned memory BAR and assigns its address. */
static enum status place(const struct pci_device *device, struct pci_bar *bar)
{
	u32 offset = PCI_BAR0 + 4 * bar->index;
	u16 command = (u16)pci_read32(device, PCI_COMMAND);
	enum status status = ERR_NOT_FOUND;
	u64 size;

	find_placed(device);
	pci_write16(device, PCI_COMMAND, command & (u16)~PCI_COMMAND_MEMORY);
	size = pci_bar_measure(device, bar);
	if (is_power_of_two(size))
		status = allocate(device, max_u64(size, PAGE_SIZE), &bar->base);
	pci_write32(device, offset, (u32)bar->base);
	if (bar->is_64_bit)
		pci_write32(device, offset + 4, 0);
	pci_write16(device, PCI_COMMAND, command);
	if (!status)
		log_debug("PCI %s: BAR %u put at 0x%lx, 0x%lx bytes", device->name, bar->index,
			  bar->base, size);
	return status;
}

enum status pci_assign_bar(const struct pci_device *device, struct pci_bar *bar)
{
	/* Devices behind bridges that we configured already have addresses. */
	if (device->bus != device->window.bus_first)
		return unsupported("PCI %s: BAR %u has no address, and is behind a bridge",
				   device->name, bar->index);
	return place(device, bar);
}

static void assign_bars(const struct pci_device *device)
{
	struct pci_bar bar;

	for (u32 index = 0; index < PCI_BAR_COUNT; index += bar.is_64_bit ? 2 : 1)
		if (pci_bar_read(device, index, &bar) && bar.base == 0)
			(void)place(device, &bar);
}

/* The buses below one bridge. */
struct numbering {
	u8 last;     /* the last number given */
	u8 bus_last; /* the last we may give */
	u8 depth;
};

static void assign_function(const struct pci_device *device, void *context);

/* Configures the bridge for the next bus numbers and for the memory behind it. */
static void open_bridge(const struct pci_device *bridge, struct numbering *numbering)
{
	u8 bus = ++numbering->last;
	u32 numbers = (u32)bus << 8 | bridge->bus;
	u64 first, end;

	next_address = first = align_up(next_address, MIB);
	/* All numbers that may be needed are forwarded while we scan behind the bridge. */
	pci_write32(bridge, PCI_BUS_NUMBERS, (u32)numbering->bus_last << 16 | numbers);
	numbering->depth++;
	pci_visit_bus(bridge->config ? &bridge->window : NULL, bus, PCI_DEVICES_PER_BUS,
		      assign_function, numbering);
	numbering->depth--;
	pci_write32(bridge, PCI_BUS_NUMBERS, (u32)numbering->last << 16 | numbers);
	next_address = end = align_up(next_address, MIB);
	/* A window whose end is below its start is closed. */
	if (end > first)
		pci_write32(bridge, PCI_MEMORY_WINDOW,
			    (u32)((end - 1) & 0xfff00000) | (u32)(first >> 16));
	else
		pci_write32(bridge, PCI_MEMORY_WINDOW, WINDOW_CLOSED);
	pci_write32(bridge, PCI_PREFETCHABLE_WINDOW, WINDOW_CLOSED);
	pci_enable(bridge);
}

/* Depth first, as numbers must be nested. */
static void assign_function(const struct pci_device *device, void *context)
{
	struct numbering *numbering = context;

	if (pci_driver_for(device))
		assign_bars(device);
	else if (pci_is_bridge(device) && numbering->depth < BRIDGE_DEPTH_MAX &&
		 numbering->last < numbering->bus_last)
		open_bridge(device, numbering);
}

u8 pci_assign_bridge(const struct pci_device *bridge, u8 bus, u8 bus_last)
{
	struct numbering numbering = { .last = (u8)(bus - 1), .bus_last = bus_last };

	open_bridge(bridge, &numbering);
	return numbering.last;
}
