/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EFI_MEMORY_ATTRIBUTE_PROTOCOL (UEFI 2.11, 37.7): programs read and change the access to memory
 * that they have allocated. That to the firmware's own image and to free memory cannot be changed.
 */
#include "core/arch.h"
#include "core/memory.h"
#include "efi/protocols/protocols.h"
#include "efi/services/memory.h"
#include "efi/spec/misc.h"
#include "lib/util.h"

#define ATTRIBUTES (EFI_MEMORY_RP | EFI_MEMORY_RO | EFI_MEMORY_XP)

static u64 attributes_of(u32 access)
{
	return (access & ACCESS_READ ? 0 : EFI_MEMORY_RP) |
	       (access & ACCESS_WRITE ? 0 : EFI_MEMORY_RO) |
	       (access & ACCESS_EXECUTE ? 0 : EFI_MEMORY_XP);
}

static u32 access_with(u64 attributes)
{
	return (attributes & EFI_MEMORY_RP ? 0 : ACCESS_READ) |
	       (attributes & EFI_MEMORY_RO ? 0 : ACCESS_WRITE) |
	       (attributes & EFI_MEMORY_XP ? 0 : ACCESS_EXECUTE);
}

/* Some callers pass sizes that are not whole pages: that is refused, not rounded. */
static EFI_STATUS check_range(u64 base, u64 length)
{
	if (!length)
		return EFI_INVALID_PARAMETER;
	if ((base | length) % PAGE_SIZE || !memory_is_ram(base, length))
		return EFI_UNSUPPORTED;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI get(EFI_MEMORY_ATTRIBUTE_PROTOCOL *this, EFI_PHYSICAL_ADDRESS base,
			     UINT64 length, UINT64 *attributes)
{
	EFI_STATUS status;
	u64 end = base + length;
	u32 first, access;

	if (!this || !attributes)
		return EFI_INVALID_PARAMETER;
	status = check_range(base, length);
	if (status)
		return status;
	for (u64 at = arch_access(base, &first); at < end;) {
		at = arch_access(at, &access);
		if (access != first)
			return EFI_NO_MAPPING;
	}
	*attributes = attributes_of(first);
	return EFI_SUCCESS;
}

/* Whoever allocates free memory relies on its default access. */
static bool has_free_memory(u64 base, u64 end)
{
	u32 count;
	const struct memory_range *ranges = memory_map(&count);

	for (u32 i = 0; i < count; i++)
		if (ranges[i].base < end && ranges[i].end > base &&
		    ranges[i].type == MEMORY_CONVENTIONAL)
			return true;
	return false;
}

static EFI_STATUS change(u64 base, u64 length, u64 attributes, bool is_set)
{
	u64 end = base + length, image_base, image_end, next;
	EFI_STATUS status;

	if (!attributes || attributes & ~ATTRIBUTES)
		return EFI_INVALID_PARAMETER;
	status = check_range(base, length);
	if (status)
		return status;
	arch_image(&image_base, &image_end);
	if (base < image_end && end > image_base)
		return EFI_ACCESS_DENIED;
	if (has_free_memory(base, end))
		return EFI_UNSUPPORTED;
	for (; base < end && !status; base = next) {
		u32 access;
		u64 old, new;

		next = min_u64(arch_access(base, &access), end);
		old = attributes_of(access);
		new = is_set ? old | attributes : old & ~attributes;
		if (new != old)
			status = efi_from_status(arch_protect(base, next - base, access_with(new)));
	}
	return status;
}

static EFI_STATUS EFIAPI set(EFI_MEMORY_ATTRIBUTE_PROTOCOL *this, EFI_PHYSICAL_ADDRESS base,
			     UINT64 length, UINT64 attributes)
{
	return this ? change(base, length, attributes, true) : EFI_INVALID_PARAMETER;
}

static EFI_STATUS EFIAPI clear(EFI_MEMORY_ATTRIBUTE_PROTOCOL *this, EFI_PHYSICAL_ADDRESS base,
			       UINT64 length, UINT64 attributes)
{
	return this ? change(base, length, attributes, false) : EFI_INVALID_PARAMETER;
}

static EFI_MEMORY_ATTRIBUTE_PROTOCOL memory_attribute = {
	.GetMemoryAttributes = get,
	.SetMemoryAttributes = set,
	.ClearMemoryAttributes = clear,
};

EFI_STATUS efi_memory_attribute_publish(struct efi_object *object)
{
	/* Programs that find the protocol rely on its effect. */
	if (!efi_protection_is_on())
		return EFI_SUCCESS;
	return efi_install(object, &guid_memory_attribute, &memory_attribute);
}
