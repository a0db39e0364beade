/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scan of all PCI buses, and access to functions for drivers (PCI Local Bus 3.0, 6.1, 6.2 and
 * 6.7; PCI-to-PCI Bridge 1.2, 3.2.5). Functions 1 to 7 are read only if bit 7 of the header type is
 * set, because Cloud Hypervisor returns function 0 for them.
 */
#include <asm/io.h>

#include "core/arch.h"
#include "core/boot_info.h"
#include "core/log.h"
#include "drivers/pci/pci.h"
#include "lib/config.h"
#include "lib/format.h"
#include "lib/text.h"

enum {
	BUSES_MAX = 256,
	EXPRESS_TYPE_ROOT_PORT = 4,
	EXPRESS_TYPE_DOWNSTREAM_PORT = 6,

	DEVICE_EXPANDER = 0x0009,         /* QEMU's pxb */
	DEVICE_EXPANDER_EXPRESS = 0x000b, /* pxb-pcie */
	AML_BYTE_PREFIX = 0x0a,
};

/*
 * A segment during the scan. Each bus is scanned at most once, so the scan ends whatever the
 * bridges' numbers.
 */
struct scan {
	u8 bus_last, bus_highest; /* the segment's last, and the last that is known */
	struct {
		bool known, single_slot;
		bool has_bridge; /* false: a root bus */
		u8 bridge_bus, bridge_function;
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

/* Pointers into the header are invalid, and their two lowest bits are reserved. */
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

u32 pci_class(const struct pci_device *device)
{
	return pci_read32(device, PCI_CLASS) >> 8;
}

static void enable(const struct pci_device *device, u16 wanted)
{
	u16 command = (u16)pci_read32(device, PCI_COMMAND);

	if ((command & wanted) != wanted)
		pci_write16(device, PCI_COMMAND, command | wanted);
}

void pci_enable(const struct pci_device *device)
{
	enable(device, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

void pci_enable_ports(const struct pci_device *device)
{
	enable(device, PCI_COMMAND_PORTS | PCI_COMMAND_MASTER);
}

void pci_disable_dma(const struct pci_device *device)
{
	u16 command = (u16)pci_read32(device, PCI_COMMAND);

	pci_write16(device, PCI_COMMAND, command & (u16)~PCI_COMMAND_MASTER);
}

bool pci_bar_read(const struct pci_device *device, u32 index, struct pci_bar *bar)
{
	u32 offset = PCI_BAR0 + 4 * index;
	u32 low = pci_read32(device, offset);

	*bar = (struct pci_bar){ .index = index };
	if (low & PCI_BAR_IO)
		return false;
	bar->base = low & ~(u32)PCI_BAR_FLAGS;
	bar->is_64_bit = (low & PCI_BAR_TYPE_MASK) == PCI_BAR_64_BIT && index + 1 < PCI_BAR_COUNT;
	if (bar->is_64_bit)
		bar->base |= (u64)pci_read32(device, offset + 4) << 32;
	return true;
}

u64 pci_bar_measure(const struct pci_device *device, const struct pci_bar *bar)
{
	u32 offset = PCI_BAR0 + 4 * bar->index;
	u64 mask;

	pci_write32(device, offset, UINT32_MAX);
	mask = pci_read32(device, offset) & ~(u32)PCI_BAR_FLAGS;
	if (bar->is_64_bit) {
		pci_write32(device, offset + 4, UINT32_MAX);
		mask |= (u64)pci_read32(device, offset + 4) << 32;
	} else if (mask) {
		mask |= (u64)UINT32_MAX << 32;
	}
	return ~mask + 1;
}

u64 pci_bar_size(const struct pci_device *device, u32 index)
{
	u32 offset = PCI_BAR0 + 4 * index;
	u16 command = (u16)pci_read32(device, PCI_COMMAND);
	struct pci_bar bar;
	u64 size;

	if (!pci_bar_read(device, index, &bar))
		return 0;
	/* Memory decoding is off meanwhile, and the device is not in use. */
	pci_write16(device, PCI_COMMAND, command & (u16)~PCI_COMMAND_MEMORY);
	size = pci_bar_measure(device, &bar);
	pci_write32(device, offset, (u32)bar.base);
	if (bar.is_64_bit)
		pci_write32(device, offset + 4, (u32)(bar.base >> 32));
	pci_write16(device, PCI_COMMAND, command);
	return size;
}

/*
 * After a huge BAR, SeaBIOS places others beyond the processor's address range. Querying that range
 * is a VM exit, which most BARs avoid.
 */
static bool is_within_reach(u64 base)
{
	return base != 0 && (base < MEMORY_BELOW_4_GIB || base < arch_physical_end());
}

enum status pci_bar(const struct pci_device *device, u32 index, u64 *out)
{
	struct pci_bar bar;

	if (index >= PCI_BAR_COUNT || !pci_bar_read(device, index, &bar))
		return ERR_NOT_FOUND;
	if (IS_ENABLED(CONFIG_PCI_ASSIGN_BARS) && !is_within_reach(bar.base)) {
		enum status status = pci_assign_bar(device, &bar);

		if (status)
			return status;
	}
	if (bar.base == 0)
		return unsupported(
			"PCI %s: BAR %u has no address, and PCI_ASSIGN_BARS is not built in",
			device->name, index);
	*out = bar.base;
	return OK;
}

static void set_name(struct pci_device *device)
{
	size_t size = 0;

	if (IS_ENABLED(CONFIG_PCI_ECAM) && device->window.segment)
		size = format(device->name, PCI_NAME_SIZE, "%04x:", device->window.segment);
	format(device->name + size, PCI_NAME_SIZE - size, "%02x:%02x.%x", device->bus,
	       device->device, device->function);
}

/* Is this the value of unused configuration space? TCG returns zeroes. */
static bool is_none(u32 id)
{
	return (id & 0xffff) == 0xffff || (id & 0xffff) == 0;
}

void pci_visit_bus(const struct ecam *window, u8 bus, u32 device_count,
		   void (*visit)(const struct pci_device *device, void *context), void *context)
{
	struct pci_device device = { .bus = bus };
	volatile u8 *config = NULL;

	if (IS_ENABLED(CONFIG_PCI_ECAM) && window) {
		device.window = *window;
		config = pci_ecam_map(window, bus);
		if (!config)
			return;
	}
	for (u32 slot = 0; slot < device_count * PCI_FUNCTIONS_PER_DEVICE; slot++) {
		u32 id;

		device.config = config ? config + slot * 4096 : NULL;
		device.device = (u8)(slot / PCI_FUNCTIONS_PER_DEVICE);
		device.function = (u8)(slot % PCI_FUNCTIONS_PER_DEVICE);
		device.header_type = 0;
		id = pci_read32(&device, PCI_ID);
		if (!is_none(id)) {
			device.vendor_id = (u16)id;
			device.device_id = (u16)(id >> 16);
			device.header_type = (u8)(pci_read32(&device, PCI_HEADER_TYPE) >> 16);
			set_name(&device);
			visit(&device, context);
		}
		if (device.function == 0 && !(device.header_type & PCI_HEADER_MULTIFUNCTION))
			slot += PCI_FUNCTIONS_PER_DEVICE - 1;
	}
}

bool pci_is_bridge(const struct pci_device *device)
{
	return (device->header_type & PCI_HEADER_TYPE_MASK) == PCI_HEADER_TYPE_BRIDGE;
}

static bool is_of_class(const struct pci_driver *driver, u32 class_code)
{
	return driver->class_code == (driver->any_interface ? class_code & ~0xffu : class_code);
}

const struct pci_driver *pci_driver_for(const struct pci_device *device)
{
	u32 class_code = UINT32_MAX; /* not read yet, as that costs an access */

	if ((device->header_type & PCI_HEADER_TYPE_MASK) != PCI_HEADER_TYPE_DEVICE)
		return NULL;
	for (size_t i = 0; pci_drivers[i]; i++) {
		const struct pci_driver *driver = pci_drivers[i];
		bool is_by_class = IS_ENABLED(CONFIG_NEED_PCI_CLASS) && driver->class_code;

		if (is_by_class && class_code == UINT32_MAX)
			class_code = pci_class(device);
		if (is_by_class ? is_of_class(driver, class_code) : driver->matches(device))
			return driver;
	}
	return NULL;
}

/* Saves 31 reads. */
bool pci_has_single_slot(const struct pci_device *bridge)
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

/* The number of root buses before @bus; all are known once the scan is past the first one. */
static u8 root_index(const struct scan *scan, u8 bus)
{
	u8 count = 0;

	for (u32 i = 0; i < bus; i++)
		count = (u8)(count + (scan->buses[i].known && !scan->buses[i].has_bridge));
	return count;
}

/* The location of the device, from its root bus down through the bridges. */
static struct device_address address_of(const struct scan *scan, const struct pci_device *device)
{
	struct device_address address = { .bus = DEVICE_PCI, .segment = device->window.segment };
	u8 function = (u8)(device->device << 3 | device->function);
	u8 bus = device->bus;

	while (address.depth < DEVICE_DEPTH_MAX) {
		memmove(address.functions + 1, address.functions, address.depth);
		address.functions[0] = function;
		address.depth++;
		address.root_bus = bus;
		if (!scan->buses[bus].has_bridge) {
			if (IS_ENABLED(CONFIG_BOOT_ORDER))
				address.root_index = root_index(scan, bus);
			return address;
		}
		function = scan->buses[bus].bridge_function;
		bus = scan->buses[bus].bridge_bus;
	}
	address.depth = 0;
	return address;
}

/* Records the bridge through which the bus is reached. */
static void note_path(struct scan *scan, const struct pci_device *bridge, u8 bus)
{
	scan->buses[bus].has_bridge = true;
	scan->buses[bus].bridge_bus = bridge->bus;
	scan->buses[bus].bridge_function = (u8)(bridge->device << 3 | bridge->function);
}

static void add_bus(struct scan *scan, u8 bus, bool single_slot)
{
	scan->buses[bus].known = true;
	scan->buses[bus].single_slot = single_slot;
	if (bus > scan->bus_highest)
		scan->bus_highest = bus;
}

/* Numbers the buses if the VMM has not (QEMU microvm). */
static void number_buses(struct scan *scan, const struct pci_device *bridge)
{
	u32 bus = scan->bus_highest + 1u;

	if (bus > scan->bus_last)
		return;

	u8 last = pci_assign_bridge(bridge, (u8)bus, scan->bus_last);

	if (bus <= last)
		note_path(scan, bridge, (u8)bus);

	for (; bus <= last; bus++)
		add_bus(scan, (u8)bus, false);
}

static void note_bridge(struct scan *scan, const struct pci_device *bridge)
{
	u8 secondary = (u8)(pci_read32(bridge, PCI_BUS_NUMBERS) >> 8);

	if (secondary == 0 && IS_ENABLED(CONFIG_PCI_ASSIGN_BARS))
		return number_buses(scan, bridge);

	if (secondary > bridge->bus && !scan->buses[secondary].has_bridge)
		note_path(scan, bridge, secondary);
	/* Buses are numbered depth first, so a bus below a bridge has a higher number. */
	if (secondary > bridge->bus && secondary <= scan->bus_last && !scan->buses[secondary].known)
		return add_bus(scan, secondary, pci_has_single_slot(bridge));
	log_debug("PCI %s: bridge to bus %02x, not searched", bridge->name, secondary);
}

/*
 * Further root buses, whose numbers only the DSDT has: Name (_BBN, number) (ACPI 6.5, 6.5.5). AML
 * is not interpreted: QEMU writes constants.
 */
static void add_expander_buses(struct scan *scan)
{
	struct span dsdt;

	if (acpi_find_table("DSDT", 0, &dsdt))
		return;
	while (span_skip_past(&dsdt, SPAN("\x08_BBN"))) {
		struct reader r = { .rest = dsdt };
		u8 bus = read_u8(&r); /* ZeroOp, OneOp, or the prefix of a byte */

		if (bus == AML_BYTE_PREFIX)
			bus = read_u8(&r);
		if (bus <= scan->bus_last && !scan->buses[bus].known)
			add_bus(scan, bus, false);
	}
}

static bool is_expander(const struct pci_device *device)
{
	return device->vendor_id == PCI_VENDOR_REDHAT &&
	       (device->device_id == DEVICE_EXPANDER ||
		device->device_id == DEVICE_EXPANDER_EXPRESS);
}

static void note_function(const struct scan *scan, const struct pci_device *device)
{
	struct pci_device placed = *device;

	placed.address = address_of(scan, device);
	pci_function_note(&placed);
}

static void scan_function(const struct pci_device *device, void *context)
{
	const struct pci_driver *driver = pci_driver_for(device);
	struct scan *scan = context;

	functions_found++;
	log_debug("PCI %s: %04x:%04x", device->name, device->vendor_id, device->device_id);
	if (IS_ENABLED(CONFIG_EFI_PCI_IO))
		note_function(scan, device);
	if (driver && IS_ENABLED(CONFIG_EFI)) {
		struct pci_device placed = *device;

		placed.address = address_of(scan, device);
		driver->probe(&placed);
	} else if (driver) {
		driver->probe(device);
	} else if (IS_ENABLED(CONFIG_PCI_BRIDGES) && pci_is_bridge(device))
		note_bridge(scan, device);
	else if (IS_ENABLED(CONFIG_PCI_BRIDGES) && IS_ENABLED(CONFIG_ACPI) && is_expander(device))
		add_expander_buses(scan);
}

static void scan_segment(const struct ecam *window)
{
	struct scan scan = { .bus_last = window ? window->bus_last : BUSES_MAX - 1 };
	u8 bus_first = window ? window->bus_first : 0;

	add_bus(&scan, bus_first, false);
	for (u32 bus = bus_first; bus <= scan.bus_last; bus++)
		if (scan.buses[bus].known)
			pci_visit_bus(window, (u8)bus,
				      scan.buses[bus].single_slot ? 1 : PCI_DEVICES_PER_BUS,
				      scan_function, &scan);
}

bool pci_is_present(void)
{
	return functions_found != 0;
}

/*
 * Firecracker without PCI tells the kernel so, and a scan would only waste exits. Its disks are
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
	if (IS_ENABLED(CONFIG_PCI_ASSIGN_BARS))
		pci_forget_placed();
	if (IS_ENABLED(CONFIG_VIRTIO_MMIO) && is_off()) {
		log_debug("PCI: disabled on the command line");
		return;
	}
	if (IS_ENABLED(CONFIG_PCI_ECAM)) {
		struct ecam window;

		for (u32 i = 0; pci_ecam_window(i, &window); i++)
			scan_segment(&window);
	}
	if (IS_ENABLED(CONFIG_PCI_PORTS) && !pci_is_present() && pci_ports_exist())
		scan_segment(NULL);
	if (!pci_is_present())
		log_debug("PCI: none");
}
