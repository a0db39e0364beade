/* SPDX-License-Identifier: Apache-2.0 */
/* What a function may be set to (UEFI 2.11, 14.4): its command register and its regions. */
#include "efi/protocols/pci.h"
#include "lib/util.h"

static const struct {
	u64 attribute;
	u32 command;
} commands[] = {
	{ EFI_PCI_IO_ATTRIBUTE_IO, 1 << 0 },
	{ EFI_PCI_IO_ATTRIBUTE_MEMORY, 1 << 1 },
	{ EFI_PCI_IO_ATTRIBUTE_BUS_MASTER, EFI_PCI_COMMAND_MASTER },
};

static struct efi_pci *pci_of(EFI_PCI_IO_PROTOCOL *this)
{
	return container_of(this, struct efi_pci, io);
}

static u64 supported(struct efi_pci *pci)
{
	u64 attributes = EFI_PCI_IO_ATTRIBUTE_BUS_MASTER | EFI_PCI_IO_ATTRIBUTE_DUAL_ADDRESS_CYCLE;

	/* A bridge passes on what those behind it have. */
	if (pci->function->is_bridge)
		return attributes | EFI_PCI_IO_ATTRIBUTE_IO | EFI_PCI_IO_ATTRIBUTE_MEMORY;
	for (u32 i = 0; i < PCI_REGIONS_MAX; i++) {
		const struct pci_region *region = efi_pci_region(pci, i);

		if (region)
			attributes |= region->is_ports ? EFI_PCI_IO_ATTRIBUTE_IO :
							 EFI_PCI_IO_ATTRIBUTE_MEMORY;
	}
	return attributes;
}

/* Of what is supported: so what Get says can be Set, which a driver does when it stops. */
static u64 present(struct efi_pci *pci)
{
	u32 command =
		pci->function->ops->read(pci->function, EFI_PCI_COMMAND, EFI_PCI_COMMAND_SIZE);
	u64 attributes = pci->has_long_addresses ? EFI_PCI_IO_ATTRIBUTE_DUAL_ADDRESS_CYCLE : 0;

	for (u32 i = 0; i < ARRAY_SIZE(commands); i++)
		if (command & commands[i].command)
			attributes |= commands[i].attribute;
	return attributes & supported(pci);
}

static void set(struct efi_pci *pci, u64 attributes)
{
	const struct pci_function *function = pci->function;
	u32 before = function->ops->read(function, EFI_PCI_COMMAND, EFI_PCI_COMMAND_SIZE),
	    command = before;
	u64 known = supported(pci);

	for (u32 i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!(known & commands[i].attribute))
			continue;
		command &= ~commands[i].command;
		if (attributes & commands[i].attribute)
			command |= commands[i].command;
	}
	pci->has_long_addresses = attributes & EFI_PCI_IO_ATTRIBUTE_DUAL_ADDRESS_CYCLE;
	if (command == before)
		return;
	pci->is_changed = true;
	function->ops->write(function, EFI_PCI_COMMAND, EFI_PCI_COMMAND_SIZE, command);
}

EFI_STATUS EFIAPI efi_pci_attributes(EFI_PCI_IO_PROTOCOL *this,
				     EFI_PCI_IO_PROTOCOL_ATTRIBUTE_OPERATION operation,
				     UINT64 attributes, UINT64 *result)
{
	bool is_question = operation == EfiPciIoAttributeOperationGet ||
			   operation == EfiPciIoAttributeOperationSupported;
	struct efi_pci *pci;

	if (!this || (u32)operation >= EfiPciIoAttributeOperationMaximum ||
	    (is_question && !result))
		return EFI_INVALID_PARAMETER;
	pci = pci_of(this);
	if (!is_question && attributes & ~supported(pci))
		return EFI_UNSUPPORTED;
	switch (operation) {
	case EfiPciIoAttributeOperationGet:
		*result = present(pci);
		break;
	case EfiPciIoAttributeOperationSupported:
		*result = supported(pci);
		break;
	case EfiPciIoAttributeOperationSet:
		set(pci, attributes);
		break;
	case EfiPciIoAttributeOperationEnable:
		set(pci, present(pci) | attributes);
		break;
	default:
		set(pci, present(pci) & ~attributes);
		break;
	}
	return EFI_SUCCESS;
}

/* One descriptor and the end of the list, from the pool; the caller frees it. */
static void *describe(const struct pci_region *region)
{
	const struct [[gnu::packed]] {
		EFI_ACPI_ADDRESS_SPACE_DESCRIPTOR region;
		EFI_ACPI_END_TAG_DESCRIPTOR end;
	} list = {
		.region = EFI_PCI_DESCRIPTOR(region->is_ports ? ACPI_ADDRESS_SPACE_TYPE_IO :
								ACPI_ADDRESS_SPACE_TYPE_MEM,
					     region->base, region->size),
		.end = { .Desc = ACPI_END_TAG_DESCRIPTOR },
	};
	EFI_ACPI_ADDRESS_SPACE_DESCRIPTOR *copy = efi_copy(&list, sizeof(list));

	if (copy && region->is_prefetchable)
		copy->SpecificFlag = ACPI_ADDRESS_SPACE_PREFETCHABLE;
	if (copy && !region->is_ports)
		copy->AddrSpaceGranularity = region->is_64_bit ? 64 : 32;
	return copy;
}

EFI_STATUS EFIAPI efi_pci_get_bar_attributes(EFI_PCI_IO_PROTOCOL *this, UINT8 index,
					     UINT64 *supports, VOID **resources)
{
	const struct pci_region *region;

	if (!this || (!supports && !resources))
		return EFI_INVALID_PARAMETER;
	region = efi_pci_region(pci_of(this), index);
	if (!region)
		return EFI_UNSUPPORTED;
	if (resources) {
		*resources = describe(region);
		if (!*resources)
			return EFI_OUT_OF_RESOURCES;
	}
	/* Memory is neither cached nor combined: there is nothing to set. */
	if (supports)
		*supports = 0;
	return EFI_SUCCESS;
}

EFI_STATUS EFIAPI efi_pci_set_bar_attributes(EFI_PCI_IO_PROTOCOL *this, UINT64 attributes,
					     UINT8 index, UINT64 *offset, UINT64 *length)
{
	const struct pci_region *region;

	if (!this || !offset || !length)
		return EFI_INVALID_PARAMETER;
	region = efi_pci_region(pci_of(this), index);
	if (!region || attributes || *offset > region->size || *length > region->size - *offset)
		return EFI_UNSUPPORTED;
	return EFI_SUCCESS;
}
