/* SPDX-License-Identifier: Apache-2.0 */
/* The functions found by the scan, and accesses of any width. */
#include "core/pci.h"

#include <asm/cpu.h>
#include <asm/io.h>

static struct pci_function *first;
static struct pci_function **end = &first;

void pci_function_register(struct pci_function *function)
{
	function->next = NULL;
	*end = function;
	end = &function->next;
}

struct pci_function *pci_function_first(void)
{
	return first;
}

static u64 read_memory(u64 address, u32 size)
{
	const volatile u8 *at = (const volatile u8 *)(uintptr_t)address;

	switch (size) {
	case 1:
		return mmio_read8(at);
	case 2:
		return mmio_read16(at);
	case 4:
		return mmio_read32(at);
	default:
		return mmio_read32(at) | (u64)mmio_read32(at + 4) << 32;
	}
}

static void write_memory(u64 address, u32 size, u64 value)
{
	volatile u8 *at = (volatile u8 *)(uintptr_t)address;

	if (size == 1)
		mmio_write8(at, (u8)value);
	else if (size == 2)
		mmio_write16(at, (u16)value);
	else
		mmio_write32(at, (u32)value);
	if (size == 8)
		mmio_write32(at + 4, (u32)(value >> 32));
}

static u32 read_port(u16 port, u32 size)
{
	return size == 1 ? port_read8(port) : size == 2 ? port_read16(port) : port_read32(port);
}

static void write_port(u16 port, u32 size, u32 value)
{
	if (size == 1)
		port_write8(port, (u8)value);
	else if (size == 2)
		port_write16(port, (u16)value);
	else
		port_write32(port, value);
}

u64 pci_read(const struct pci_target *target, u32 size)
{
	switch (target->space) {
	case PCI_MEMORY:
		return read_memory(target->address, size);
	case PCI_PORTS:
		return read_port((u16)target->address, size);
	case PCI_CONFIG:
		break;
	}
	if (!target->function)
		return UINT64_MAX;
	return target->function->ops->read(target->function, (u32)target->address, size);
}

void pci_write(const struct pci_target *target, u32 size, u64 value)
{
	switch (target->space) {
	case PCI_MEMORY:
		return write_memory(target->address, size, value);
	case PCI_PORTS:
		return write_port((u16)target->address, size, (u32)value);
	case PCI_CONFIG:
		break;
	}
	if (target->function)
		target->function->ops->write(target->function, (u32)target->address, size,
					     (u32)value);
}

void pci_flush(void)
{
	memory_barrier_full();
}
