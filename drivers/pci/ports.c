/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration space through ports 0xcf8 and 0xcfc (PCI Local Bus 3.0, 3.2.2.3.2). */
#include <asm/io.h>

#include "drivers/pci/pci.h"

enum { ADDRESS_PORT = 0xcf8, DATA_PORT = 0xcfc };

#define ADDRESS_ENABLE 0x80000000u

static void select(const struct pci_device *device, u32 offset)
{
	port_write32(ADDRESS_PORT, ADDRESS_ENABLE | (u32)device->bus << 16 |
					   (u32)device->device << 11 | (u32)device->function << 8 |
					   (offset & 0xfc));
}

/*
 * The address port is a register that keeps its value; without it, reads return zeroes or ones.
 */
bool pci_ports_exist(void)
{
	port_write32(ADDRESS_PORT, ADDRESS_ENABLE);
	return port_read32(ADDRESS_PORT) == ADDRESS_ENABLE;
}

u32 pci_ports_read32(const struct pci_device *device, u32 offset)
{
	select(device, offset);
	return port_read32(DATA_PORT);
}

void pci_ports_write32(const struct pci_device *device, u32 offset, u32 value)
{
	select(device, offset);
	port_write32(DATA_PORT, value);
}

void pci_ports_write16(const struct pci_device *device, u32 offset, u16 value)
{
	select(device, offset);
	port_write16((u16)(DATA_PORT + (offset & 2)), value);
}

void pci_ports_write8(const struct pci_device *device, u32 offset, u8 value)
{
	select(device, offset);
	port_write8((u16)(DATA_PORT + (offset & 3)), value);
}
