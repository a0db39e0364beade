/* SPDX-License-Identifier: Apache-2.0 */
/* All functions found by the scan, for core/pci.h. */
#include <asm/io.h>

#include "core/arena.h"
#include "core/log.h"
#include "core/pci.h"
#include "drivers/pci/pci.h"
#include "lib/config.h"
#include "lib/util.h"

enum {
	FUNCTIONS_MAX = 1024,
	BRIDGE_REGION_COUNT = 2,
	BAR_PORTS_FLAGS = 3,
};

struct known_function {
	struct pci_function function;
	struct pci_device device;
};

static struct arena arena;
static u32 count;

static const struct pci_device *device_of(const struct pci_function *function)
{
	return &container_of(function, const struct known_function, function)->device;
}

static u32 read(const struct pci_function *function, u32 offset, u32 size)
{
	u32 value = pci_read32(device_of(function), offset & ~3u) >> 8 * (offset & 3);

	return size == 4 ? value : value & ((1u << 8 * size) - 1);
}

static void write(const struct pci_function *function, u32 offset, u32 size, u32 value)
{
	const struct pci_device *device = device_of(function);

	if (size == 4)
		pci_write32(device, offset, value);
	else if (size == 2)
		pci_write16(device, offset, (u16)value);
	else if (IS_ENABLED(CONFIG_PCI_ECAM) && device->config)
		mmio_write8(device->config + offset, (u8)value);
	else if (IS_ENABLED(CONFIG_PCI_PORTS))
		pci_ports_write8(device, offset, (u8)value);
}

static void measure_ports(const struct pci_device *device, u32 offset, u32 low,
			  struct pci_region *out)
{
	u16 command = (u16)pci_read32(device, PCI_COMMAND);
	u64 base = low & ~(u32)BAR_PORTS_FLAGS;
	u32 mask;

	pci_write16(device, PCI_COMMAND, command & (u16) ~(PCI_COMMAND_PORTS | PCI_COMMAND_MEMORY));
	pci_write32(device, offset, UINT32_MAX);
	mask = pci_read32(device, offset) & ~(u32)BAR_PORTS_FLAGS;
	pci_write32(device, offset, low);
	pci_write16(device, PCI_COMMAND, command);
	/* A register may have the 16 bits that a PC's ports need. */
	if (mask && mask <= UINT16_MAX)
		mask |= (u32)UINT16_MAX << 16;
	*out = (struct pci_region){ .base = base, .size = (u32)(~mask + 1), .is_ports = true };
	if (base == 0 || base + out->size > PCI_PORTS_END)
		out->size = 0;
}

static void measure_memory(const struct pci_device *device, u32 index, u32 low,
			   struct pci_region *out)
{
	*out = (struct pci_region){
		.size = pci_bar_size(device, index),
		.is_64_bit = (low & PCI_BAR_TYPE_MASK) == PCI_BAR_64_BIT,
		.is_prefetchable = low & PCI_BAR_PREFETCHABLE,
	};
	if (out->size && pci_bar(device, index, &out->base))
		out->size = 0;
}

static void measure(const struct pci_function *function, u32 index, struct pci_region *out)
{
	const struct pci_device *device = device_of(function);
	u32 offset = PCI_BAR0 + 4 * index;
	u32 low = pci_read32(device, offset);

	if (low & PCI_BAR_IO)
		measure_ports(device, offset, low, out);
	else
		measure_memory(device, index, low, out);
	if (!is_power_of_two(out->size) || out->base % out->size)
		out->size = 0;
}

static const struct pci_function_ops ops = { read, write, measure };

static u8 region_count(const struct pci_device *device)
{
	switch (device->header_type & PCI_HEADER_TYPE_MASK) {
	case PCI_HEADER_TYPE_DEVICE:
		return PCI_BAR_COUNT;
	case PCI_HEADER_TYPE_BRIDGE:
		return BRIDGE_REGION_COUNT;
	default:
		return 0;
	}
}

void pci_function_note(const struct pci_device *device)
{
	struct known_function *known;

	if (count == FUNCTIONS_MAX)
		return;
	known = arena_allocate(&arena, sizeof(*known));
	if (!known)
		return log_warning("PCI %s: no memory for a device", device->name);
	if (++count == FUNCTIONS_MAX)
		log_warning("PCI %s: boot loaders do not see later devices", device->name);
	known->device = *device;
	known->function = (struct pci_function){
		.address = device->address,
		.bus = device->bus,
		.device = device->device,
		.function = device->function,
		.region_count = region_count(device),
		.is_bridge = pci_is_bridge(device),
		.config_size = device->config ? PCI_CONFIG_SIZE_EXPRESS : PCI_CONFIG_SIZE,
		.ops = &ops,
	};
	pci_function_register(&known->function);
}
