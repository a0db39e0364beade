/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DMA (UEFI 2.11, 14.2 and 14.4). A device reaches memory at the processor's addresses. One that
 * says nothing of 64 bits gets a buffer below 4 GiB in place of memory above.
 */
#include "core/memory.h"
#include "efi/protocols/pci.h"
#include "efi/services/services.h"
#include "lib/util.h"

/* A buffer in place of a guest's. */
struct bounce {
	void *host;
	u64 buffer, size;
	bool is_for_writing; /* by the device */
	struct bounce *next;
};

/* What AllocateBuffer() returned: only that can be freed as a buffer. */
struct buffer {
	const void *host;
	u64 pages;
	struct buffer *next;
};

static struct bounce *bounces;
static struct buffer *buffers;
static const u8 no_bounce; /* stands for all that are mapped as they are */

static u64 pages_of(u64 size)
{
	return align_up(max_u64(size, 1), PAGE_SIZE) / PAGE_SIZE;
}

static EFI_STATUS map_bounce(void *host, u64 size, bool is_for_writing,
			     EFI_PHYSICAL_ADDRESS *device, VOID **mapping)
{
	EFI_PHYSICAL_ADDRESS buffer = UINT32_MAX;
	struct bounce *bounce = efi_allocate(sizeof(*bounce));
	EFI_STATUS status = EFI_OUT_OF_RESOURCES;

	if (bounce)
		status = efi_allocate_pages(AllocateMaxAddress, EfiBootServicesData, pages_of(size),
					    &buffer);
	if (status) {
		efi_free(bounce);
		return status;
	}
	*bounce = (struct bounce){ host, buffer, size, is_for_writing, bounces };
	bounces = bounce;
	if (!is_for_writing)
		memcpy((void *)(uintptr_t)buffer, host, size);
	*device = buffer;
	*mapping = bounce;
	return EFI_SUCCESS;
}

EFI_STATUS efi_pci_map(u32 operation, void *host, UINTN *size, EFI_PHYSICAL_ADDRESS *device,
		       VOID **mapping)
{
	bool is_common = operation == EfiPciOperationBusMasterCommonBuffer ||
			 operation == EfiPciOperationBusMasterCommonBuffer64;
	bool is_long = operation >= EfiPciOperationBusMasterRead64;
	u64 end;

	if (operation >= EfiPciOperationMaximum || !host || !size || !device || !mapping ||
	    add_overflows((u64)host, *size, &end))
		return EFI_INVALID_PARAMETER;
	/* A device that was told to write elsewhere would damage the machine. */
	if (!memory_is_ram((u64)host, max_u64(*size, 1)))
		return EFI_UNSUPPORTED;
	if (is_long || end <= MEMORY_BELOW_4_GIB) {
		*device = (u64)host;
		*mapping = (void *)&no_bounce;
		return EFI_SUCCESS;
	}
	/* What both may write at any time cannot be copied. */
	if (is_common)
		return EFI_UNSUPPORTED;
	return map_bounce(host, *size, operation == EfiPciOperationBusMasterWrite, device, mapping);
}

EFI_STATUS efi_pci_unmap(const void *mapping)
{
	struct bounce **link = &bounces, *bounce;

	pci_flush();
	if (mapping == &no_bounce)
		return EFI_SUCCESS;
	while (*link && *link != mapping)
		link = &(*link)->next;
	bounce = *link;
	if (!bounce)
		return EFI_INVALID_PARAMETER;
	*link = bounce->next;
	if (bounce->is_for_writing)
		memcpy(bounce->host, (const void *)(uintptr_t)bounce->buffer, bounce->size);
	(void)efi_free_pages(bounce->buffer, pages_of(bounce->size));
	efi_free(bounce);
	return EFI_SUCCESS;
}

EFI_STATUS efi_pci_allocate_buffer(EFI_MEMORY_TYPE type, UINTN pages, VOID **host, u64 attributes,
				   bool long_addresses)
{
	const u64 known = EFI_PCI_ATTRIBUTE_MEMORY_WRITE_COMBINE | EFI_PCI_ATTRIBUTE_MEMORY_CACHED |
			  EFI_PCI_ATTRIBUTE_DUAL_ADDRESS_CYCLE;
	EFI_PHYSICAL_ADDRESS memory = UINT32_MAX;
	struct buffer *buffer;
	EFI_STATUS status;

	if (!host || (type != EfiBootServicesData && type != EfiRuntimeServicesData))
		return EFI_INVALID_PARAMETER;
	if (attributes & ~known)
		return EFI_UNSUPPORTED;
	buffer = efi_allocate(sizeof(*buffer));
	if (!buffer)
		return EFI_OUT_OF_RESOURCES;
	status = efi_allocate_pages(long_addresses ? AllocateAnyPages : AllocateMaxAddress, type,
				    pages, &memory);
	if (status) {
		efi_free(buffer);
		return status;
	}
	*host = (void *)(uintptr_t)memory;
	*buffer = (struct buffer){ *host, pages, buffers };
	buffers = buffer;
	return EFI_SUCCESS;
}

EFI_STATUS efi_pci_free_buffer(UINTN pages, const void *host)
{
	struct buffer **link = &buffers, *buffer;

	while (*link && ((*link)->host != host || (*link)->pages != pages))
		link = &(*link)->next;
	buffer = *link;
	if (!buffer)
		return EFI_INVALID_PARAMETER;
	*link = buffer->next;
	efi_free(buffer);
	return efi_free_pages((u64)host, pages) ? EFI_INVALID_PARAMETER : EFI_SUCCESS;
}
