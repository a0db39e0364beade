/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scan of all PCI buses, and what drivers ask of a function (PCI Local Bus 3.0, 6.1, 6.2
 * and 6.7; PCI-to-PCI Bridge 1.2, 3.2.5). Functions 1 to 7 are looked at only where bit 7 of the
 * header type says so: Cloud Hypervisor answers for them with function 0.
 */
#include <asm/io.h>

#include "core/boot_info.h"
#include "core/log.h"
#include "drivers/pci/pci.h"
#include "drivers/platform/acpi.h"
#include "lib/config.h"
#include "lib/format.h"
#include "lib/text.h"

enum {
	BUSES_MAX = 256,
	EXPRESS_TYPE_ROOT_PORT = 4,
	EXPRESS_TYPE_DOWNSTREAM_PORT = 6,
};

/*
 * One segment while it is scanned. A bus is entered at most once, so no wiring of bridges is
 * endless.
 */
struct scan {
	const struct ecam *window; /* NULL: through the ports */
	u16 segment;
	u8 bus_last, bus_highest; /* the segment's last, and the last that is known */
	struct {
		bool known, single_slot, behind_bridge;
	} buses[BUSES_MAX];
};

static u32 functions_found;

u32 pci_read32(const struct pci_device *device, u32 offset)
{
	if (IS_ENABLED(CONFIG_PCI_ECAM) && device->config)
		return mmio_read32(device->config + offset);
	if (IS_ENABLED(CONFIG_PCI_PORTS))
		return pci_ports_read32(device, offset);
	return UINT32_MAX;
}

void pci_write32(const struct pci_device *device, u32 offset, u32 value)
{
	if (IS_ENABLED(CONFIG_PCI_ECAM) && device->config)
		mmio_write32(device->config + offset, value);
	else if (IS_ENABLED(CONFIG_PCI_PORTS))
		pci_ports_write32(device, offset, value);
}

void pci_write16(const struct pci_device *device, u32 offset, u16 value)
{
	if (IS_ENABLED(CONFIG_PCI_ECAM) && device->config)
		mmio_write16(device->config + offset, value);
	else if (IS_ENABLED(CONFIG_PCI_PORTS))
		pci_ports_write16(device, offset, value);
}

/* Pointers below the header are nonsense, and their two lowest bits are reserved. */
static u32 capability_offset(u32 pointer, u32 *left)
{
	pointer &= 0xfc;
	if (pointer < 0x40 || *left == 0)
		return 0;
	(*left)--;
	return pointer;
}

u32 pci_first_capability(const struct pci_device *device, u32 *left)
{
	*left = PCI_CAPABILITIES_MAX;
	return capability_offset(pci_read32(device, PCI_CAPABILITIES), left);
}

u32 pci_next_capability(u32 head, u32 *left)
{
	return capability_offset(head >> 8, left);
}

void pci_enable(const struct pci_device *device)
{
	u16 wanted = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	u16 command = (u16)pci_read32(device, PCI_COMMAND);

	if ((command & wanted) != wanted)
		pci_write16(device, PCI_COMMAND, command | wanted);
}

enum status pci_bar(const struct pci_device *device, u32 index, u64 *out)
{
	if (index >= PCI_BAR_COUNT)
		return ERR_NOT_FOUND;

	u32 offset = PCI_BAR0 + 4 * index;
	u32 low = pci_read32(device, offset);
	u64 base = low & ~(u32)PCI_BAR_FLAGS;

	if (low & PCI_BAR_IO)
		return ERR_NOT_FOUND;
	if ((low & PCI_BAR_TYPE_MASK) == PCI_BAR_64_BIT && index + 1 < PCI_BAR_COUNT)
		base |= (u64)pci_read32(device, offset + 4) << 32;
	if (base != 0) {
		*out = base;
		return OK;
	}
	if (IS_ENABLED(CONFIG_PCI_ASSIGN_BARS))
		return pci_assign_bar(device, index, out);
	return unsupported("PCI: BAR %u has no address, and PCI_ASSIGN_BARS is not built in",
			   index);
}

void pci_name(const struct pci_device *device, char name[PCI_NAME_SIZE])
{
	size_t size = 0;

	if (IS_ENABLED(CONFIG_PCI_ECAM) && device->segment)
		size = format(name, PCI_NAME_SIZE, "%04x:", device->segment);
	format(name + size, PCI_NAME_SIZE - size, "%02x:%02x.%x", device->bus, device->device,
	       device->function);
}

const struct pci_driver *pci_driver_for(u32 id)
{
	for (size_t i = 0; pci_drivers[i]; i++)
		if (pci_drivers[i]->matches((u16)id, (u16)(id >> 16)))
			return pci_drivers[i];
	return NULL;
}

static void offer(const struct pci_device *device)
{
	const struct pci_driver *driver =
		pci_driver_for(device->vendor_id | (u32)device->device_id << 16);
	char name[PCI_NAME_SIZE];
	enum status status;

	pci_name(device, name);
	log_debug("PCI %s: %04x:%04x", name, device->vendor_id, device->device_id);
	if (!driver)
		return;
	status = driver->probe(device);
	if (status)
		log_warning("%s %s: %s", driver->name, name, status_name(status));
}

/* Below a root port or a switch's port there is one device only: 31 reads less. */
static bool has_single_slot(const struct pci_device *bridge)
{
	u32 left, head;

	for (u32 offset = pci_first_capability(bridge, &left); offset;
	     offset = pci_next_capability(head, &left)) {
		head = pci_read32(bridge, offset);
		if ((head & 0xff) == PCI_CAPABILITY_EXPRESS) {
			u32 type = head >> 20 & 0xf;

			return type == EXPRESS_TYPE_ROOT_PORT ||
			       type == EXPRESS_TYPE_DOWNSTREAM_PORT;
		}
	}
	return false;
}

static void add_bus(struct scan *scan, u8 bus, bool single_slot)
{
	scan->buses[bus].known = true;
	scan->buses[bus].behind_bridge = true;
	scan->buses[bus].single_slot = single_slot;
	if (bus > scan->bus_highest)
		scan->bus_highest = bus;
}

/* Where nobody has numbered the buses (QEMU microvm), we do. */
static void number_buses(struct scan *scan, const struct pci_device *bridge)
{
	u32 bus = scan->bus_highest + 1u;

	if (bus > scan->bus_last)
		return;

	u8 last = pci_assign_bridge(bridge, scan->window, (u8)bus, scan->bus_last);

	for (; bus <= last; bus++)
		add_bus(scan, (u8)bus, false);
}

static void note_bridge(struct scan *scan, const struct pci_device *bridge)
{
	u8 secondary = (u8)(pci_read32(bridge, PCI_BUS_NUMBERS) >> 8);

	if (secondary == 0 && IS_ENABLED(CONFIG_PCI_ASSIGN_BARS))
		return number_buses(scan, bridge);

	/* Buses are numbered depth first: what lies below a bridge has a higher number. */
	if (secondary > bridge->bus && secondary <= scan->bus_last && !scan->buses[secondary].known)
		return add_bus(scan, secondary, has_single_slot(bridge));
	log_debug("PCI %02x:%02x.%x: a bridge to bus %02x, which is not looked at", bridge->bus,
		  bridge->device, bridge->function, secondary);
}

/* True if the device may have more functions. */
static bool scan_function(struct scan *scan, struct pci_device *device)
{
	u32 id = pci_read32(device, PCI_ID);
	u8 header;

	if (pci_id_is_none(id))
		return device->function != 0;
	functions_found++;
	device->vendor_id = (u16)id;
	device->device_id = (u16)(id >> 16);
	header = (u8)(pci_read32(device, PCI_HEADER_TYPE) >> 16);
	if (IS_ENABLED(CONFIG_PCI_BRIDGES) &&
	    (header & PCI_HEADER_TYPE_MASK) == PCI_HEADER_TYPE_BRIDGE)
		note_bridge(scan, device);
	else if ((header & PCI_HEADER_TYPE_MASK) == PCI_HEADER_TYPE_DEVICE)
		offer(device);
	return device->function != 0 || (header & PCI_HEADER_MULTIFUNCTION);
}

static void scan_bus(struct scan *scan, u8 bus)
{
	volatile u8 *config = NULL;
	u32 devices = scan->buses[bus].single_slot ? 1 : PCI_DEVICES_PER_BUS;

	if (IS_ENABLED(CONFIG_PCI_ECAM) && scan->window) {
		config = pci_ecam_map(scan->window, bus);
		if (!config)
			return;
	}
	for (u32 slot = 0; slot < devices * PCI_FUNCTIONS_PER_DEVICE; slot++) {
		struct pci_device device = {
			.config = config ? config + slot * 4096 : NULL,
			.segment = scan->segment,
			.bus = bus,
			.device = (u8)(slot / PCI_FUNCTIONS_PER_DEVICE),
			.function = (u8)(slot % PCI_FUNCTIONS_PER_DEVICE),
			.behind_bridge = scan->buses[bus].behind_bridge,
		};

		if (!scan_function(scan, &device))
			slot += PCI_FUNCTIONS_PER_DEVICE - 1;
	}
}

static void scan_segment(const struct ecam *window)
{
	struct scan scan = { .window = window, .bus_last = BUSES_MAX - 1 };
	u8 bus_first = 0;

	if (window) {
		scan.segment = window->segment;
		scan.bus_last = window->bus_last;
		bus_first = window->bus_first;
	}
	scan.buses[bus_first].known = true;
	scan.bus_highest = bus_first;
	for (u32 bus = bus_first; bus <= scan.bus_last; bus++)
		if (scan.buses[bus].known)
			scan_bus(&scan, (u8)bus);
}

bool pci_is_present(void)
{
	return functions_found != 0;
}

/*
 * Firecracker without PCI says so to the kernel: a scan would be exits for nothing. Its disks are
 * then on MMIO.
 */
static bool is_off(void)
{
	struct span value;

	return boot_info_option("pci", &value) && text_equals(value, "off");
}

void pci_probe(void)
{
	functions_found = 0;
	if (IS_ENABLED(CONFIG_VIRTIO_MMIO) && is_off()) {
		log_debug("PCI: off, by the command line");
		return;
	}
	if (IS_ENABLED(CONFIG_PCI_ECAM)) {
		struct ecam window;

		for (u32 i = 0; i < PCI_SEGMENTS_MAX && pci_ecam_window(i, &window); i++)
			scan_segment(&window);
	}
	if (IS_ENABLED(CONFIG_PCI_PORTS) && !pci_is_present() && pci_ports_exist())
		scan_segment(NULL);
	if (!pci_is_present())
		log_debug("PCI: none");
}
