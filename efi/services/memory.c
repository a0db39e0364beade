/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages (UEFI 2.11, 7.2): the ledger of core/memory.h as a guest sees it.
 *
 * GRUB reads the map, then asks for the top of the largest free region below 4 GiB by its exact
 * address, and gives up if that has been taken meanwhile. So pages are taken from the top of memory
 * on, where that region then ends below them, and the pool (pool.c), which may grow at any time,
 * from the bottom.
 */
#include "core/memory.h"

#include "efi/efi.h"
#include "efi/services/memory.h"
#include "efi/services/services.h"
#include "lib/config.h"
#include "lib/util.h"

/* Larger than EFI_MEMORY_DESCRIPTOR, so that nobody can take its size for it. */
enum { DESCRIPTOR_SIZE = 48 };

static_assert(DESCRIPTOR_SIZE > sizeof(EFI_MEMORY_DESCRIPTOR));

#define RAM_ATTRIBUTES (EFI_MEMORY_UC | EFI_MEMORY_WC | EFI_MEMORY_WT | EFI_MEMORY_WB)

bool efi_memory_type_is_valid(u32 type)
{
	if (type >= EfiMaxMemoryType)
		return type >= EFI_MEMORY_TYPE_OEM_FIRST;
	return type != EfiConventionalMemory && type != EfiPersistentMemory &&
	       type != EfiUnacceptedMemoryType;
}

void efi_memory_changed(u64 key_before)
{
	if (memory_map_key() != key_before)
		efi_signal_group(&guid_event_group_memory_map_change);
}

/* Sets the access for @type to pages just allocated. Frees them again if that fails. */
static enum status protect(u64 base, u64 size, u32 type)
{
	enum status status = OK;

	if (IS_ENABLED(CONFIG_EFI_NX))
		status = efi_protect_type(base, size, type);
	if (status)
		(void)efi_memory_free(base, size);
	return status;
}

/*
 * From the top on: below @limit, but below 4 GiB if there is room, where programs that were only
 * ever tried on other firmware expect their memory. The first MiB comes last.
 */
static enum status allocate_highest(u64 size, u64 alignment, u64 limit, u32 type, u64 *out)
{
	struct memory_request request = {
		.size = size,
		.alignment = alignment,
		.floor = PAGE_SIZE,
		.limit = min_u64(limit, MEMORY_BELOW_4_GIB),
		.type = type,
	};
	enum status status = memory_allocate_request(&request, out);

	if (status == ERR_NO_MEMORY && limit > MEMORY_BELOW_4_GIB) {
		request.floor = MEMORY_BELOW_4_GIB;
		request.limit = limit;
		status = memory_allocate_request(&request, out);
	}
	/* Across 4 GiB, where RAM has no hole there. */
	if (status == ERR_NO_MEMORY && limit > MEMORY_BELOW_4_GIB) {
		request.floor = PAGE_SIZE;
		status = memory_allocate_request(&request, out);
	}
	return status ? status : protect(*out, size, type);
}

enum status efi_memory_allocate(u64 size, u64 alignment, u32 type, u64 *out)
{
	return allocate_highest(size, alignment, MEMORY_ANYWHERE, type, out);
}

enum status efi_memory_allocate_lowest(u64 size, u64 alignment, u32 type, u64 *out)
{
	struct memory_request request = {
		.size = size,
		.alignment = alignment,
		.floor = MIB,
		.limit = MEMORY_ANYWHERE,
		.type = type,
		.lowest = true,
	};
	enum status status = memory_allocate_request(&request, out);

	return status ? status : protect(*out, size, type);
}

enum status efi_memory_allocate_at(u64 base, u64 size, u32 type)
{
	enum status status = memory_allocate_at(base, size, type);

	return status ? status : protect(base, size, type);
}

enum status efi_memory_free(u64 base, u64 size)
{
	enum status status = memory_free(base, size);

	/* If no page is left for a table, the memory stays allocated until the OS takes over. */
	if (IS_ENABLED(CONFIG_EFI_NX) && !status &&
	    efi_protect_type(base, size, EfiConventionalMemory))
		status = memory_allocate_at(base, size, EfiBootServicesData);
	return status;
}

static EFI_STATUS allocate_at(u64 base, u64 size, u32 type)
{
	if (base % PAGE_SIZE || efi_memory_allocate_at(base, size, type))
		return EFI_NOT_FOUND;
	return EFI_SUCCESS;
}

EFI_STATUS EFIAPI efi_allocate_pages(EFI_ALLOCATE_TYPE type, EFI_MEMORY_TYPE memory_type,
				     UINTN pages, EFI_PHYSICAL_ADDRESS *memory)
{
	u64 key = memory_map_key();
	u64 size, limit, base;
	EFI_STATUS status;

	if ((u32)type >= MaxAllocateType || !memory || !efi_memory_type_is_valid(memory_type) ||
	    pages == 0)
		return EFI_INVALID_PARAMETER;
	if (multiply_overflows(pages, PAGE_SIZE, &size))
		return type == AllocateAddress ? EFI_NOT_FOUND : EFI_OUT_OF_RESOURCES;
	if (type == AllocateAddress) {
		status = allocate_at(*memory, size, memory_type);
	} else {
		/* The address is the last byte that may be used. */
		if (type == AllocateAnyPages || add_overflows(*memory, 1, &limit))
			limit = MEMORY_ANYWHERE;
		status = efi_from_status(
			allocate_highest(size, PAGE_SIZE, limit, memory_type, &base));
		if (!status)
			*memory = base;
	}
	efi_memory_changed(key);
	return status;
}

/* Bytes from @base on that look alike in the ledger, as those of one allocation do. */
static u64 size_of_kind(u64 base)
{
	u32 count;
	const struct memory_range *range = memory_map(&count), *last = range + count;

	while (range < last && range->end <= base)
		range++;
	return range < last ? range->end - base : 0;
}

EFI_STATUS EFIAPI efi_free_pages(EFI_PHYSICAL_ADDRESS memory, UINTN pages)
{
	u64 key = memory_map_key();
	EFI_STATUS status;
	u64 size, end;

	if (memory % PAGE_SIZE || multiply_overflows(pages, PAGE_SIZE, &size) ||
	    add_overflows(memory, size, &end))
		return EFI_INVALID_PARAMETER;
	/* A count that is too large must not free what follows, such as our page tables. */
	if (size > size_of_kind(memory))
		return EFI_NOT_FOUND;
	status = efi_from_status(efi_memory_free(memory, size));
	efi_memory_changed(key);
	return status;
}

/* What the memory can do, and that the operating system must leave it to the firmware. */
static u64 attributes_of(const struct memory_range *range)
{
	switch (range->type) {
	case MEMORY_RUNTIME_CODE:
	case MEMORY_RUNTIME_DATA:
		return RAM_ATTRIBUTES | EFI_MEMORY_RUNTIME;
	case MEMORY_PERSISTENT:
		return RAM_ATTRIBUTES | EFI_MEMORY_NV;
	case MEMORY_MAPPED_IO:
		/* Registers that runtime services use; a guest may have allocated the rest. */
		return EFI_MEMORY_UC | (range->is_allocated ? 0 : EFI_MEMORY_RUNTIME);
	case MEMORY_MAPPED_PORTS:
		return EFI_MEMORY_UC;
	}
	return memory_range_is_ram(range) ? RAM_ATTRIBUTES : 0;
}

/*
 * The descriptor of the ranges from @at on that look alike to a guest: the ledger also tells apart
 * who allocated what. Returns how many they are.
 */
static u32 describe(const struct memory_range *at, u32 count, EFI_MEMORY_DESCRIPTOR *out)
{
	u32 used = 1;

	*out = (EFI_MEMORY_DESCRIPTOR){
		.Type = at->type,
		.PhysicalStart = at->base,
		.Attribute = attributes_of(at),
	};
	while (used < count && at[used].base == at[used - 1].end && at[used].type == out->Type &&
	       attributes_of(&at[used]) == out->Attribute)
		used++;
	out->NumberOfPages = (at[used - 1].end - at->base) / PAGE_SIZE;
	return used;
}

/* Writes what fits into @size bytes at @to. Returns the bytes of all. */
static u64 describe_all(void *to, u64 size)
{
	u32 count;
	const struct memory_range *ranges = memory_map(&count);
	u64 needed = 0;

	for (u32 i = 0; i < count; needed += DESCRIPTOR_SIZE) {
		EFI_MEMORY_DESCRIPTOR descriptor;

		i += describe(&ranges[i], count - i, &descriptor);
		if (needed + DESCRIPTOR_SIZE > size)
			continue;
		memset((u8 *)to + needed, 0, DESCRIPTOR_SIZE);
		memcpy((u8 *)to + needed, &descriptor, sizeof(descriptor));
	}
	return needed;
}

EFI_STATUS EFIAPI efi_get_memory_map(UINTN *size, EFI_MEMORY_DESCRIPTOR *map, UINTN *key,
				     UINTN *descriptor_size, UINT32 *descriptor_version)
{
	u64 needed;

	if (!size)
		return EFI_INVALID_PARAMETER;
	if (descriptor_size)
		*descriptor_size = DESCRIPTOR_SIZE;
	if (descriptor_version)
		*descriptor_version = EFI_MEMORY_DESCRIPTOR_VERSION;
	if (key)
		*key = memory_map_key();
	needed = describe_all(NULL, 0);
	if (*size < needed) {
		*size = needed;
		return EFI_BUFFER_TOO_SMALL;
	}
	if (!map)
		return EFI_INVALID_PARAMETER;
	*size = describe_all(map, *size);
	return EFI_SUCCESS;
}
