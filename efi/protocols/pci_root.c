/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL (UEFI 2.11, 14.2): all that is behind a root bridge. What windows
 * it has only AML tells, so accesses may go to all addresses without RAM, and its resources are
 * those of the functions behind it.
 */
#include "core/memory.h"
#include "efi/protocols/pci.h"
#include "lib/util.h"

enum {
	CONFIG_ACCESS_MAX = 4,
	PORT_ACCESS_MAX = 4,
	MEMORY_ACCESS_MAX = 8,
	CONFIG_SIZE_MAX = 4096,
	DEVICES_MAX = 32,
	FUNCTIONS_MAX = 8,
};

static struct efi_pci_root *root_of(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *this)
{
	return container_of(this, struct efi_pci_root, io);
}

static EFI_STATUS prepare(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *this, u32 width, u64 address, u64 count,
			  const void *buffer, struct efi_pci_run *run, struct pci_target *target)
{
	u32 size_max = target->space == PCI_PORTS ? PORT_ACCESS_MAX : MEMORY_ACCESS_MAX;
	EFI_STATUS status;

	if (!this)
		return EFI_INVALID_PARAMETER;
	status = efi_pci_run(width, size_max, address, count, buffer, run);
	return status ? status : efi_pci_any_address(address, run->extent, target);
}

static EFI_STATUS poll(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *this, struct pci_target target, u32 width,
		       u64 address, u64 mask, u64 value, u64 delay, u64 *result)
{
	struct efi_pci_run run;
	EFI_STATUS status;

	if (width > EfiPciWidthUint64)
		return EFI_INVALID_PARAMETER;
	status = prepare(this, width, address, 1, result, &run, &target);
	return status ? status : efi_pci_poll(&run, target, mask, value, delay, result);
}

static EFI_STATUS EFIAPI poll_memory(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *this,
				     EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_WIDTH width, UINT64 address,
				     UINT64 mask, UINT64 value, UINT64 delay, UINT64 *result)
{
	return poll(this, (struct pci_target){ .space = PCI_MEMORY }, width, address, mask, value,
		    delay, result);
}

static EFI_STATUS EFIAPI poll_ports(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *this,
				    EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_WIDTH width, UINT64 address,
				    UINT64 mask, UINT64 value, UINT64 delay, UINT64 *result)
{
	return poll(this, (struct pci_target){ .space = PCI_PORTS }, width, address, mask, value,
		    delay, result);
}

static EFI_STATUS access(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *this, struct pci_target target, u32 width,
			 u64 address, u64 count, void *buffer, bool is_write)
{
	struct efi_pci_run run;
	EFI_STATUS status = prepare(this, width, address, count, buffer, &run, &target);

	if (!status && is_write)
		efi_pci_write(&run, target, buffer);
	else if (!status)
		efi_pci_read(&run, target, buffer);
	return status;
}

static EFI_STATUS EFIAPI read_memory(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *this,
				     EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_WIDTH width, UINT64 address,
				     UINTN count, VOID *buffer)
{
	return access(this, (struct pci_target){ .space = PCI_MEMORY }, width, address, count,
		      buffer, false);
}

static EFI_STATUS EFIAPI write_memory(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *this,
				      EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_WIDTH width, UINT64 address,
				      UINTN count, VOID *buffer)
{
	return access(this, (struct pci_target){ .space = PCI_MEMORY }, width, address, count,
		      buffer, true);
}

static EFI_STATUS EFIAPI read_ports(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *this,
				    EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_WIDTH width, UINT64 address,
				    UINTN count, VOID *buffer)
{
	return access(this, (struct pci_target){ .space = PCI_PORTS }, width, address, count,
		      buffer, false);
}

static EFI_STATUS EFIAPI write_ports(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *this,
				     EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_WIDTH width, UINT64 address,
				     UINTN count, VOID *buffer)
{
	return access(this, (struct pci_target){ .space = PCI_PORTS }, width, address, count,
		      buffer, true);
}

static EFI_STATUS EFIAPI copy_memory(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *this,
				     EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_WIDTH width, UINT64 to_address,
				     UINT64 from_address, UINTN count)
{
	struct pci_target to = { .space = PCI_MEMORY }, from = to;
	struct efi_pci_run run;
	EFI_STATUS status;

	if (width > EfiPciWidthUint64)
		return EFI_INVALID_PARAMETER;
	status = prepare(this, width, from_address, count, this, &run, &from);
	if (!status)
		status = prepare(this, width, to_address, count, this, &run, &to);
	if (!status)
		efi_pci_copy(&run, to, from);
	return status;
}

static struct efi_pci *find_function(const struct efi_pci_root *root, u8 bus, u8 device,
				     u8 function)
{
	for (struct efi_pci *pci = efi_pci_functions; pci; pci = pci->next)
		if (pci->root == root && pci->function->bus == bus &&
		    pci->function->device == device && pci->function->function == function)
			return pci;
	return NULL;
}

static EFI_STATUS access_config(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *this, u32 width, u64 address,
				u64 count, void *buffer, bool is_write)
{
	EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_PCI_ADDRESS place;
	struct pci_target target = { .space = PCI_CONFIG };
	struct efi_pci_run run;
	struct efi_pci *pci;
	EFI_STATUS status;

	if (!this)
		return EFI_INVALID_PARAMETER;
	memcpy(&place, &address, sizeof(place));
	target.address = place.ExtendedRegister ? place.ExtendedRegister : place.Register;
	status = efi_pci_run(width, CONFIG_ACCESS_MAX, target.address, count, buffer, &run);
	if (status)
		return status;
	if (place.Device >= DEVICES_MAX || place.Function >= FUNCTIONS_MAX ||
	    target.address > CONFIG_SIZE_MAX || run.extent > CONFIG_SIZE_MAX - target.address)
		return EFI_INVALID_PARAMETER;
	pci = find_function(root_of(this), place.Bus, place.Device, place.Function);
	/* Where there is no function, all bits are ones. */
	if (pci) {
		target.function = pci->function;
		if (target.address + run.extent > pci->function->config_size)
			return EFI_INVALID_PARAMETER;
		efi_pci_config_access(pci, target.address, run.extent, is_write);
	}
	if (is_write)
		efi_pci_write(&run, target, buffer);
	else
		efi_pci_read(&run, target, buffer);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI read_config(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *this,
				     EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_WIDTH width, UINT64 address,
				     UINTN count, VOID *buffer)
{
	return access_config(this, width, address, count, buffer, false);
}

static EFI_STATUS EFIAPI write_config(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *this,
				      EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_WIDTH width, UINT64 address,
				      UINTN count, VOID *buffer)
{
	return access_config(this, width, address, count, buffer, true);
}

static EFI_STATUS EFIAPI map(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *this,
			     EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_OPERATION operation, VOID *host,
			     UINTN *size, EFI_PHYSICAL_ADDRESS *device, VOID **mapping)
{
	return this ? efi_pci_map((u32)operation, host, size, device, mapping) :
		      EFI_INVALID_PARAMETER;
}

static EFI_STATUS EFIAPI unmap(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *this, VOID *mapping)
{
	return this ? efi_pci_unmap(mapping) : EFI_INVALID_PARAMETER;
}

static EFI_STATUS EFIAPI allocate_buffer(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *this,
					 EFI_ALLOCATE_TYPE type, EFI_MEMORY_TYPE memory_type,
					 UINTN pages, VOID **host, UINT64 attributes)
{
	(void)type;
	if (!this)
		return EFI_INVALID_PARAMETER;
	return efi_pci_allocate_buffer(memory_type, pages, host, attributes,
				       attributes & EFI_PCI_ATTRIBUTE_DUAL_ADDRESS_CYCLE);
}

static EFI_STATUS EFIAPI free_buffer(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *this, UINTN pages, VOID *host)
{
	return this ? efi_pci_free_buffer(pages, host) : EFI_INVALID_PARAMETER;
}

static EFI_STATUS EFIAPI flush(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *this)
{
	if (!this)
		return EFI_INVALID_PARAMETER;
	pci_flush();
	return EFI_SUCCESS;
}

/* Nothing can be set. */
static EFI_STATUS EFIAPI get_attributes(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *this, UINT64 *supports,
					UINT64 *attributes)
{
	if (!this || (!supports && !attributes))
		return EFI_INVALID_PARAMETER;
	if (supports)
		*supports = 0;
	if (attributes)
		*attributes = 0;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_attributes(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *this, UINT64 attributes,
					UINT64 *base, UINT64 *length)
{
	(void)base;
	(void)length;
	if (!this)
		return EFI_INVALID_PARAMETER;
	return attributes ? EFI_UNSUPPORTED : EFI_SUCCESS;
}

/* The last bus behind the root bridge that has a function. */
static u8 last_bus(const struct efi_pci_root *root)
{
	u8 last = root->bus;

	for (const struct efi_pci *pci = efi_pci_functions; pci; pci = pci->next)
		if (pci->root == root && pci->function->bus > last)
			last = pci->function->bus;
	return last;
}

/*
 * Adds a descriptor from the first to the last address of one kind that functions behind the root
 * bridge decode, if they do.
 */
static void *add_window(const struct efi_pci_root *root, u8 type, u64 base, u64 end, void *place)
{
	EFI_ACPI_ADDRESS_SPACE_DESCRIPTOR *out = place;
	u64 first = end, last = base;

	for (struct efi_pci *pci = efi_pci_functions; pci; pci = pci->next) {
		for (u32 i = 0; pci->root == root && i < PCI_REGIONS_MAX; i++) {
			const struct pci_region *region = efi_pci_region(pci, i);

			if (!region || region->is_ports != (type == ACPI_ADDRESS_SPACE_TYPE_IO) ||
			    region->base < base || region->base >= end)
				continue;
			first = min_u64(first, region->base);
			last = max_u64(last, region->base + region->size);
		}
	}
	if (first >= last)
		return place;
	*out = (EFI_ACPI_ADDRESS_SPACE_DESCRIPTOR)EFI_PCI_DESCRIPTOR(type, first, last - first);
	if (type == ACPI_ADDRESS_SPACE_TYPE_MEM)
		out->AddrSpaceGranularity = end <= MEMORY_BELOW_4_GIB ? 32 : 64;
	return out + 1;
}

static EFI_STATUS EFIAPI configuration(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL *this, VOID **resources)
{
	EFI_ACPI_END_TAG_DESCRIPTOR end = { .Desc = ACPI_END_TAG_DESCRIPTOR };
	struct efi_pci_root *root;
	void *place;

	if (!this || !resources)
		return EFI_INVALID_PARAMETER;
	root = root_of(this);
	root->resources = (struct efi_pci_resources){
		.buses = EFI_PCI_DESCRIPTOR(ACPI_ADDRESS_SPACE_TYPE_BUS, root->bus,
					    last_bus(root) - root->bus + 1u),
	};
	place = add_window(root, ACPI_ADDRESS_SPACE_TYPE_IO, 0, PCI_PORTS_END,
			   root->resources.more);
	place = add_window(root, ACPI_ADDRESS_SPACE_TYPE_MEM, 0, MEMORY_BELOW_4_GIB, place);
	place = add_window(root, ACPI_ADDRESS_SPACE_TYPE_MEM, MEMORY_BELOW_4_GIB, UINT64_MAX,
			   place);
	memcpy(place, &end, sizeof(end));
	*resources = &root->resources;
	return EFI_SUCCESS;
}

void efi_pci_root_init(struct efi_pci_root *root)
{
	root->io = (EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL){
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
		.GetAttributes = get_attributes,
		.SetAttributes = set_attributes,
		.Configuration = configuration,
		.SegmentNumber = root->segment,
	};
}
