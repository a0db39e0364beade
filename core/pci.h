/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PCI functions found by the bus scan, for code that exposes them to a guest (EFI_PCI_IO).
 * Drivers use drivers/pci/pci.h.
 */
#pragma once

#include "core/device.h"
#include "lib/types.h"

enum {
	PCI_REGIONS_MAX = 6,
	PCI_PORTS_END = 0x10000, /* of x86's I/O space */
};

/* What a base address register decodes. */
struct pci_region {
	u64 base; /* a multiple of the size */
	u64 size; /* a power of two; 0: there is no such register, or it has no address */
	bool is_ports;
	bool is_64_bit; /* the next register is its upper half */
	bool is_prefetchable;
};

struct pci_function;

/* @offset is a multiple of @size, which is 1, 2 or 4, and within the configuration space. */
struct pci_function_ops {
	u32 (*read)(const struct pci_function *function, u32 offset, u32 size);
	void (*write)(const struct pci_function *function, u32 offset, u32 size, u32 value);
	/*
	 * Finds out what base address register @index decodes by writing to it; the device must not
	 * be in use meanwhile. Assigns an address if there is none (PCI_ASSIGN_BARS).
	 */
	void (*measure)(const struct pci_function *function, u32 index, struct pci_region *out);
};

struct pci_function {
	struct device_address address; /* depth 0: behind more bridges than can be recorded */
	u8 bus, device, function;      /* of segment address.segment */
	u8 region_count;               /* base address registers that its header has */
	bool is_bridge;
	u32 config_size;
	const struct pci_function_ops *ops;
	struct pci_function *next; /* pci_function_register()'s */
};

void pci_function_register(struct pci_function *function);

/* The first function, in the order of the scan. NULL: none. */
struct pci_function *pci_function_first(void);

/* The target of an access. */
struct pci_target {
	enum pci_space { PCI_MEMORY, PCI_PORTS, PCI_CONFIG } space;
	u64 address; /* PCI_MEMORY: mapped; PCI_CONFIG: within configuration space */
	const struct pci_function *function; /* PCI_CONFIG; NULL: there is none */
};

/* @size is 1, 2, 4, or in memory 8, which may be two accesses; the address is a multiple of it. */
u64 pci_read(const struct pci_target *target, u32 size);
void pci_write(const struct pci_target *target, u32 size, u64 value);

/* Devices see earlier writes before later ones. */
void pci_flush(void);
