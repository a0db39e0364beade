/* SPDX-License-Identifier: Apache-2.0 */
/* EFI_PCI_IO_PROTOCOL (UEFI 2.11, 14.4): one function, within its own registers. */
#include "core/memory.h"
#include "efi/protocols/pci.h"
#include "efi/services/services.h"
#include "lib/util.h"

enum {
	REGIONS = 0x10, /* base address registers */
	REGIONS_END = 0x28,
	CONFIG_ACCESS_MAX = 4,
	PORT_ACCESS_MAX = 4,
	MEMORY_ACCESS_MAX = 8,
};

static struct efi_pci *pci_of(EFI_PCI_IO_PROTOCOL *this)
{
	return container_of(this, struct efi_pci, io);
}

static void learn_regions(struct efi_pci *pci)
{
	const struct pci_function *function = pci->function;
	u32 step;

	pci->regions_are_known = true;
	for (u32 i = 0; i < function->region_count; i += step) {
		struct pci_region *region = &pci->regions[i];

		function->ops->measure(function, i, region);
		if (region->size && !region->is_ports &&
		    !device_map("PCI", region->base, region->size))
			region->size = 0;
		step = region->is_64_bit ? 2 : 1;
	}
}

const struct pci_region *efi_pci_region(struct efi_pci *pci, u32 index)
{
	if (index >= PCI_REGIONS_MAX)
		return NULL;
	if (!pci->regions_are_known)
		learn_regions(pci);
	return pci->regions[index].size ? &pci->regions[index] : NULL;
}

/* Fills in the address of @target, whose space is set. */
static EFI_STATUS find_target(struct efi_pci *pci, u32 index, u64 offset, u64 extent,
			      struct pci_target *target)
{
	const struct pci_region *region;

	if (index == EFI_PCI_IO_PASS_THROUGH_BAR)
		return efi_pci_any_address(offset, extent, target) ? EFI_UNSUPPORTED : EFI_SUCCESS;
	region = efi_pci_region(pci, index);
	if (!region || region->is_ports != (target->space == PCI_PORTS) || offset > region->size ||
	    extent > region->size - offset)
		return EFI_UNSUPPORTED;
	target->address = region->base + offset;
	return EFI_SUCCESS;
}

/* What all accesses to a region check. */
static EFI_STATUS prepare(EFI_PCI_IO_PROTOCOL *this, u32 width, u32 index, u64 offset, u64 count,
			  const void *buffer, struct efi_pci_run *run, struct pci_target *target)
{
	u32 size_max = target->space == PCI_PORTS ? PORT_ACCESS_MAX : MEMORY_ACCESS_MAX;
	EFI_STATUS status;

	if (!this)
		return EFI_INVALID_PARAMETER;
	status = efi_pci_run(width, size_max, offset, count, buffer, run);
	if (status)
		return status;
	return find_target(pci_of(this), index, offset, run->extent, target);
}

static EFI_STATUS poll(EFI_PCI_IO_PROTOCOL *this, struct pci_target target, u32 width, u32 index,
		       u64 offset, u64 mask, u64 value, u64 delay, u64 *result)
{
	struct efi_pci_run run;
	EFI_STATUS status;

	if (width > EfiPciWidthUint64)
		return EFI_INVALID_PARAMETER;
	status = prepare(this, width, index, offset, 1, result, &run, &target);
	return status ? status : efi_pci_poll(&run, target, mask, value, delay, result);
}

static EFI_STATUS EFIAPI poll_memory(EFI_PCI_IO_PROTOCOL *this, EFI_PCI_IO_PROTOCOL_WIDTH width,
				     UINT8 index, UINT64 offset, UINT64 mask, UINT64 value,
				     UINT64 delay, UINT64 *result)
{
	return poll(this, (struct pci_target){ .space = PCI_MEMORY }, width, index, offset, mask,
		    value, delay, result);
}

static EFI_STATUS EFIAPI poll_ports(EFI_PCI_IO_PROTOCOL *this, EFI_PCI_IO_PROTOCOL_WIDTH width,
				    UINT8 index, UINT64 offset, UINT64 mask, UINT64 value,
				    UINT64 delay, UINT64 *result)
{
	return poll(this, (struct pci_target){ .space = PCI_PORTS }, width, index, offset, mask,
		    value, delay, result);
}

/* A write leaves @buffer as it is. */
static EFI_STATUS access_region(EFI_PCI_IO_PROTOCOL *this, struct pci_target target, u32 width,
				u32 index, u64 offset, u64 count, void *buffer, bool is_write)
{
	struct efi_pci_run run;
	EFI_STATUS status = prepare(this, width, index, offset, count, buffer, &run, &target);

	if (!status && is_write)
		efi_pci_write(&run, target, buffer);
	else if (!status)
		efi_pci_read(&run, target, buffer);
	return status;
}

static EFI_STATUS EFIAPI read_memory(EFI_PCI_IO_PROTOCOL *this, EFI_PCI_IO_PROTOCOL_WIDTH width,
				     UINT8 index, UINT64 offset, UINTN count, VOID *buffer)
{
	return access_region(this, (struct pci_target){ .space = PCI_MEMORY }, width, index, offset,
			     count, buffer, false);
}

static EFI_STATUS EFIAPI write_memory(EFI_PCI_IO_PROTOCOL *this, EFI_PCI_IO_PROTOCOL_WIDTH width,
				      UINT8 index, UINT64 offset, UINTN count, VOID *buffer)
{
	return access_region(this, (struct pci_target){ .space = PCI_MEMORY }, width, index, offset,
			     count, buffer, true);
}

static EFI_STATUS EFIAPI read_ports(EFI_PCI_IO_PROTOCOL *this, EFI_PCI_IO_PROTOCOL_WIDTH width,
				    UINT8 index, UINT64 offset, UINTN count, VOID *buffer)
{
	return access_region(this, (struct pci_target){ .space = PCI_PORTS }, width, index, offset,
			     count, buffer, false);
}

static EFI_STATUS EFIAPI write_ports(EFI_PCI_IO_PROTOCOL *this, EFI_PCI_IO_PROTOCOL_WIDTH width,
				     UINT8 index, UINT64 offset, UINTN count, VOID *buffer)
{
	return access_region(this, (struct pci_target){ .space = PCI_PORTS }, width, index, offset,
			     count, buffer, true);
}

static EFI_STATUS EFIAPI copy_memory(EFI_PCI_IO_PROTOCOL *this, EFI_PCI_IO_PROTOCOL_WIDTH width,
				     UINT8 to_index, UINT64 to_offset, UINT8 from_index,
				     UINT64 from_offset, UINTN count)
{
	struct pci_target to = { .space = PCI_MEMORY }, from = to;
	struct efi_pci_run run;
	EFI_STATUS status;

	if (width > EfiPciWidthUint64)
		return EFI_INVALID_PARAMETER;
	status = prepare(this, width, from_index, from_offset, count, this, &run, &from);
	if (!status)
		status = prepare(this, width, to_index, to_offset, count, this, &run, &to);
	if (!status)
		efi_pci_copy(&run, to, from);
	return status;
}

static EFI_STATUS access_config(EFI_PCI_IO_PROTOCOL *this, u32 width, u32 offset, u64 count,
				void *buffer, bool is_write)
{
	struct pci_target target;
	struct efi_pci_run run;
	struct efi_pci *pci;
	EFI_STATUS status;

	if (!this)
		return EFI_INVALID_PARAMETER;
	pci = pci_of(this);
	status = efi_pci_run(width, CONFIG_ACCESS_MAX, offset, count, buffer, &run);
	if (status)
		return status;
	if (offset > pci->function->config_size || run.extent > pci->function->config_size - offset)
		return EFI_UNSUPPORTED;
	efi_pci_config_access(pci, offset, run.extent, is_write);
	target = (struct pci_target){ PCI_CONFIG, offset, pci->function };
	if (is_write)
		efi_pci_write(&run, target, buffer);
	else
		efi_pci_read(&run, target, buffer);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI read_config(EFI_PCI_IO_PROTOCOL *this, EFI_PCI_IO_PROTOCOL_WIDTH width,
				     UINT32 offset, UINTN count, VOID *buffer)
{
	return access_config(this, width, offset, count, buffer, false);
}

static EFI_STATUS EFIAPI write_config(EFI_PCI_IO_PROTOCOL *this, EFI_PCI_IO_PROTOCOL_WIDTH width,
				      UINT32 offset, UINTN count, VOID *buffer)
{
	return access_config(this, width, offset, count, buffer, true);
}

static EFI_STATUS EFIAPI map(EFI_PCI_IO_PROTOCOL *this, EFI_PCI_IO_PROTOCOL_OPERATION operation,
			     VOID *host, UINTN *size, EFI_PHYSICAL_ADDRESS *device, VOID **mapping)
{
	/* Those of a root bridge are the same, and once more for devices with 64 bits. */
	u32 wanted = (u32)operation;

	if (!this || wanted >= EfiPciIoOperationMaximum)
		return EFI_INVALID_PARAMETER;
	if (pci_of(this)->has_long_addresses)
		wanted += EfiPciOperationBusMasterRead64;
	return efi_pci_map(wanted, host, size, device, mapping);
}

static EFI_STATUS EFIAPI unmap(EFI_PCI_IO_PROTOCOL *this, VOID *mapping)
{
	return this ? efi_pci_unmap(mapping) : EFI_INVALID_PARAMETER;
}

static EFI_STATUS EFIAPI allocate_buffer(EFI_PCI_IO_PROTOCOL *this, EFI_ALLOCATE_TYPE type,
					 EFI_MEMORY_TYPE memory_type, UINTN pages, VOID **host,
					 UINT64 attributes)
{
	(void)type;
	if (!this)
		return EFI_INVALID_PARAMETER;
	if (attributes & EFI_PCI_ATTRIBUTE_DUAL_ADDRESS_CYCLE)
		return EFI_UNSUPPORTED;
	return efi_pci_allocate_buffer(memory_type, pages, host, attributes,
				       pci_of(this)->has_long_addresses);
}

static EFI_STATUS EFIAPI free_buffer(EFI_PCI_IO_PROTOCOL *this, UINTN pages, VOID *host)
{
	return this ? efi_pci_free_buffer(pages, host) : EFI_INVALID_PARAMETER;
}

static EFI_STATUS EFIAPI flush(EFI_PCI_IO_PROTOCOL *this)
{
	if (!this)
		return EFI_INVALID_PARAMETER;
	pci_flush();
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI get_location(EFI_PCI_IO_PROTOCOL *this, UINTN *segment, UINTN *bus,
				      UINTN *device, UINTN *function)
{
	const struct pci_function *place;

	if (!this || !segment || !bus || !device || !function)
		return EFI_INVALID_PARAMETER;
	place = pci_of(this)->function;
	*segment = place->address.segment;
	*bus = place->bus;
	*device = place->device;
	*function = place->function;
	return EFI_SUCCESS;
}

void efi_pci_config_access(struct efi_pci *pci, u64 offset, u64 extent, bool is_write)
{
	bool has_command = offset < EFI_PCI_COMMAND + EFI_PCI_COMMAND_SIZE &&
			   offset + extent > EFI_PCI_COMMAND;

	if (has_command || (offset < REGIONS_END && offset + extent > REGIONS))
		(void)efi_pci_region(pci, 0);
	pci->is_changed |= has_command && is_write;
}

void efi_pci_io_init(struct efi_pci *pci)
{
	pci->io = (EFI_PCI_IO_PROTOCOL){
		.PollMem = poll_memory,
		.PollIo = poll_ports,
		.Mem = { read_memory, write_memory },
		.Io = { read_ports, write_ports },
		.Pci = { read_config, write_config },
		.CopyMem = copy_memory,
		.Map = map,
		.Unmap = unmap,
		.AllocateBuffer = allocate_buffer,
		.FreeBuffer = free_buffer,
		.Flush = flush,
		.GetLocation = get_location,
		.Attributes = efi_pci_attributes,
		.GetBarAttributes = efi_pci_get_bar_attributes,
		.SetBarAttributes = efi_pci_set_bar_attributes,
	};
}
