/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine with PCI functions whose registers are memory, as seen by efi/protocols/pci*.c. Include
 * it in one file of a program, after CHECK() is defined.
 *
 *	function	regions				configuration space
 *	0, 00:01.0	0: memory, 2: ports		256 bytes
 *	1, 00:02.0	5: memory up to 4 GiB		256 bytes; a driver of our own has it
 *	2, 41:05.0	0: in RAM, so that it is none	4096 bytes; behind the second root bridge
 */
#pragma once

#include "core/memory.h"
#include "efi/protocols/pci.h"
#include "efi/services/services.h"
#include "lib/util.h"
#include "tests/host/efi_pool.h"
#include "tests/host/host.h"

enum {
	CONFIG_SIZE = 256,
	CONFIG_SIZE_EXPRESS = 4096,
	MEMORY_BASE = 0x80000000,
	MEMORY_SIZE = 0x1000,
	TOP_SIZE = 0x100,
	PORTS_BASE = 0xc000,
	PORTS_SIZE = 0x20,
	RAM = HOST_MEMORY_BASE,
};

#define TOP_BASE (MEMORY_BELOW_4_GIB - TOP_SIZE)

/* The content of the registers. */
static struct registers {
	u8 config[3][CONFIG_SIZE_EXPRESS], memory[MEMORY_SIZE], top[TOP_SIZE], ports[PORTS_SIZE];
} registers;

static EFI_GUID mark = GUID(0xd, 0, 0, 0);
static u32 measures, reads, writes;
static u32 counter; /* offset in memory of a byte that counts how often it is read; 0: none */
static struct device driven; /* a driver of our own has function 1 */
static u8 word;

static u32 index_of(const struct pci_function *function)
{
	return function->bus ? 2 : function->device - 1u;
}

static u32 config_read(const struct pci_function *function, u32 offset, u32 size)
{
	u32 value = 0;

	CHECK(offset % size == 0 && offset + size <= function->config_size);
	memcpy(&value, registers.config[index_of(function)] + offset, size);
	return value;
}

static void config_write(const struct pci_function *function, u32 offset, u32 size, u32 value)
{
	CHECK(offset % size == 0 && offset + size <= function->config_size);
	memcpy(registers.config[index_of(function)] + offset, &value, size);
}

static void measure(const struct pci_function *function, u32 index, struct pci_region *out)
{
	measures++;
	*out = (struct pci_region){ 0 };
	if (index == 0 && index_of(function) == 0)
		*out = (struct pci_region){ MEMORY_BASE, MEMORY_SIZE, false, true, false };
	if (index == 2 && index_of(function) == 0)
		*out = (struct pci_region){ PORTS_BASE, PORTS_SIZE, true, false, false };
	if (index == 5 && index_of(function) == 1)
		*out = (struct pci_region){ TOP_BASE, TOP_SIZE, false, false, false };
	/* A device cannot be where there is RAM. */
	if (index == 0 && index_of(function) == 2)
		*out = (struct pci_region){ RAM, MEMORY_SIZE, false, false, false };
}

static const struct pci_function_ops ops = { config_read, config_write, measure };

static struct pci_function functions[] = {
	{ .address = { .bus = DEVICE_PCI, .depth = 1, .functions = { 1 << 3 } },
	  .device = 1,
	  .region_count = 6,
	  .config_size = CONFIG_SIZE,
	  .ops = &ops },
	{ .address = { .bus = DEVICE_PCI, .depth = 1, .functions = { 2 << 3 } },
	  .device = 2,
	  .region_count = 6,
	  .config_size = CONFIG_SIZE,
	  .ops = &ops },
	{ .address = { .bus = DEVICE_PCI, .root_bus = 64, .depth = 2, .functions = { 0, 5 << 3 } },
	  .bus = 65,
	  .device = 5,
	  .region_count = 6,
	  .config_size = CONFIG_SIZE_EXPRESS,
	  .ops = &ops },
	{ .address = { .bus = DEVICE_PCI }, .device = 9, .ops = &ops }, /* too deep */
};

static void access(void *context, u64 address, u32 size, bool write, u64 *value)
{
	u8 *at = (u8 *)context + (context == registers.ports ? address - PORTS_BASE :
				  context == registers.top   ? address - TOP_BASE :
							       address - MEMORY_BASE);

	if (write)
		writes++;
	else
		reads++;
	if (!write && counter && at == registers.memory + counter)
		++*at;
	if (write)
		memcpy(at, value, size);
	else
		memcpy(value, at, size);
}

static void rest(struct device *device)
{
	(void)device;
}

void *efi_copy(const void *from, size_t size)
{
	void *copy = efi_allocate(size);

	return copy ? memcpy(copy, from, size) : NULL;
}

static EFI_PCI_IO_PROTOCOL *pci_io(u32 index)
{
	struct efi_pci *pci = efi_pci_functions;

	while (pci && index--)
		pci = pci->next;
	return &pci->io;
}

static EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *root_io(u32 index)
{
	struct efi_object *object = efi_next_with(&guid_pci_root_bridge_io, NULL);

	while (object && index--)
		object = efi_next_with(&guid_pci_root_bridge_io, object);
	return efi_interface_of(object, &guid_pci_root_bridge_io);
}

static EFI_HANDLE disk;

/*
 * Publishes the functions, as when UEFI starts. To be called once, because nothing is ever removed.
 */
static void pci_machine_start(void)
{
	static bool has_started;
	static struct device_address disk_address;

	if (has_started)
		return;
	has_started = true;
	host_physical_end = 1ull << 40;
	host_mmio_handler(MEMORY_BASE, MEMORY_SIZE, access, registers.memory);
	host_mmio_handler(TOP_BASE, TOP_SIZE, access, registers.top);
	host_port_handler(PORTS_BASE, PORTS_SIZE, access, registers.ports);
	efi_install(&firmware_image, &mark, &word);
	disk_address = functions[1].address;
	efi_install_protocol_interface(&disk, (EFI_GUID *)&guid_device_path, EFI_NATIVE_INTERFACE,
				       efi_path_of_address(&disk_address));
	driven.address = disk_address;
	driven.quiesce = rest;
	device_register(&driven);
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		pci_function_register(&functions[i]);
	CHECK(efi_pci_publish() == EFI_SUCCESS);
}
