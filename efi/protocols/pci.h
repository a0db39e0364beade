/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCI functions and root bridges in UEFI (UEFI 2.11, 14): one handle each. Device addresses equal
 * processor addresses: there is no IOMMU and no translation.
 */
#pragma once

#include "core/pci.h"
#include "efi/efi.h"
#include "efi/spec/pci.h"

/* The resources of a root bridge, as a list of ACPI resource descriptors. */
struct [[gnu::packed]] efi_pci_resources {
	EFI_ACPI_ADDRESS_SPACE_DESCRIPTOR buses;
	EFI_ACPI_ADDRESS_SPACE_DESCRIPTOR more[3]; /* the end of the list may be here already */
	EFI_ACPI_END_TAG_DESCRIPTOR end;
};

#define EFI_PCI_DESCRIPTOR(type, base, size)                          \
	{                                                             \
		.Desc = ACPI_ADDRESS_SPACE_DESCRIPTOR,                \
		.Len = sizeof(EFI_ACPI_ADDRESS_SPACE_DESCRIPTOR) - 3, \
		.ResType = (type),                                    \
		.AddrRangeMin = (base),                               \
		.AddrRangeMax = (base) + (size) - 1,                  \
		.AddrLen = (size),                                    \
	}

enum { EFI_PCI_COMMAND_MASTER = 1 << 2 };

enum {
	EFI_PCI_COMMAND = 0x04, /* register in configuration space */
	EFI_PCI_COMMAND_SIZE = 2,
};

struct efi_pci_root {
	struct efi_object object;
	EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL io;
	EFI_DEVICE_PATH_PROTOCOL *path;
	u16 segment;
	u8 bus;
	struct efi_pci_resources resources; /* as last returned by Configuration() */
	struct efi_pci_root *next;          /* oldest first */
};

struct efi_pci {
	struct efi_object object; /* not used if the disk's handle is used instead */
	EFI_HANDLE handle;
	EFI_PCI_IO_PROTOCOL io;
	EFI_DEVICE_PATH_PROTOCOL *path;
	const struct pci_function *function;
	struct efi_pci_root *root;
	bool regions_are_known;
	bool is_changed;         /* a guest has written to its command register */
	bool has_long_addresses; /* DUAL_ADDRESS_CYCLE: DMA above 4 GiB */
	struct pci_region regions[PCI_REGIONS_MAX];
	struct efi_pci *next; /* oldest first */
};

extern struct efi_pci *efi_pci_functions;

/* pci_io.c, pci_root.c: fill in their protocol. */
void efi_pci_io_init(struct efi_pci *pci);
void efi_pci_root_init(struct efi_pci_root *root);

/* pci_attributes.c: of EFI_PCI_IO_PROTOCOL. */
EFI_STATUS EFIAPI efi_pci_attributes(EFI_PCI_IO_PROTOCOL *this,
				     EFI_PCI_IO_PROTOCOL_ATTRIBUTE_OPERATION operation,
				     UINT64 attributes, UINT64 *result);
EFI_STATUS EFIAPI efi_pci_get_bar_attributes(EFI_PCI_IO_PROTOCOL *this, UINT8 index,
					     UINT64 *supports, VOID **resources);
EFI_STATUS EFIAPI efi_pci_set_bar_attributes(EFI_PCI_IO_PROTOCOL *this, UINT64 attributes,
					     UINT8 index, UINT64 *offset, UINT64 *length);

/*
 * The region that base address register @index decodes, mapped if it is memory; NULL: none. All
 * registers of the function are measured when the first is requested, so that a boot without such
 * requests does not pay for it.
 */
const struct pci_region *efi_pci_region(struct efi_pci *pci, u32 index);

/*
 * To be called before a guest accesses the configuration space. A guest that reads an address may
 * use it without this protocol, so regions must have been measured and mapped.
 */
void efi_pci_config_access(struct efi_pci *pci, u64 offset, u64 extent, bool is_write);

/* pci_access.c */

/* An access request with checked parameters. */
struct efi_pci_run {
	u32 size;   /* of each access */
	u64 count;  /* of accesses */
	u64 extent; /* bytes of address space that they touch */
	bool same_address;
	bool same_place; /* of the buffer */
};

/* @size_max: of an access. EFI_UNSUPPORTED: @address is not a multiple of the size. */
EFI_STATUS efi_pci_run(u32 width, u32 size_max, u64 address, u64 count, const void *buffer,
		       struct efi_pci_run *out);

void efi_pci_read(const struct efi_pci_run *run, struct pci_target target, void *buffer);
void efi_pci_write(const struct efi_pci_run *run, struct pci_target target, const void *buffer);
void efi_pci_copy(const struct efi_pci_run *run, struct pci_target to, struct pci_target from);
EFI_STATUS efi_pci_poll(const struct efi_pci_run *run, struct pci_target target, u64 mask,
			u64 value, u64 delay, u64 *result);

/*
 * For addresses that belong to no particular function: ports, and memory where PCI devices can be.
 * EFI_INVALID_PARAMETER for anything else.
 */
EFI_STATUS efi_pci_any_address(u64 address, u64 extent, struct pci_target *target);

/* pci_dma.c: for both protocols. */
EFI_STATUS efi_pci_map(u32 operation, void *host, UINTN *size, EFI_PHYSICAL_ADDRESS *device,
		       VOID **mapping);
EFI_STATUS efi_pci_unmap(const void *mapping);
EFI_STATUS efi_pci_allocate_buffer(EFI_MEMORY_TYPE type, UINTN pages, VOID **host, u64 attributes,
				   bool long_addresses);
EFI_STATUS efi_pci_free_buffer(UINTN pages, const void *host);
