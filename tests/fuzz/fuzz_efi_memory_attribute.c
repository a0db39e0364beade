/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequences of the calls of EFI_MEMORY_ATTRIBUTE_PROTOCOL, AllocatePages and FreePages against a
 * model with one entry per page: each status, and the access to each page after each call.
 *
 * Input: steps of 1 operation, then 1 first page, 1 count and 1 attributes.
 */
#include "core/arch.h"
#include "core/memory.h"
#include "efi/efi.h"
#include "efi/protocols/protocols.h"
#include "efi/services/memory.h"
#include "efi/services/services.h"
#include "efi/spec/misc.h"
#include "lib/util.h"
#include "tests/fuzz/check.h"
#include "tests/host/efi_pool.h"
#include "tests/host/host.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* The end of the image, and RAM after it, of which a part becomes the guest's. */
enum { IMAGE = 3, PAGES = 24, GUEST_FIRST = IMAGE + 4, GUEST_END = PAGES - 4 };
enum { STEP_SIZE = 4, DATA = ACCESS_READ | ACCESS_WRITE, CODE = DATA | ACCESS_EXECUTE };

#define BASE (HOST_MEMORY_BASE + HOST_IMAGE_SIZE - IMAGE * PAGE_SIZE)
#define ALL (EFI_MEMORY_RP | EFI_MEMORY_RO | EFI_MEMORY_XP)

static struct {
	u32 access;
	bool is_free;
} model[PAGES];

static EFI_MEMORY_ATTRIBUTE_PROTOCOL *protocol;

static u64 attributes_of(u32 access)
{
	return (access & ACCESS_READ ? 0 : EFI_MEMORY_RP) |
	       (access & ACCESS_WRITE ? 0 : EFI_MEMORY_RO) |
	       (access & ACCESS_EXECUTE ? 0 : EFI_MEMORY_XP);
}

/* What both refuse, in this order. */
static EFI_STATUS check_range(u64 base, u64 length)
{
	if (!length)
		return EFI_INVALID_PARAMETER;
	return base % PAGE_SIZE || length % PAGE_SIZE || length > PAGES * PAGE_SIZE ?
		       EFI_UNSUPPORTED :
		       EFI_SUCCESS;
}

static EFI_STATUS model_change(u32 first, u64 length, EFI_STATUS range, u64 attributes, bool is_set)
{
	u32 end = first + (u32)(length / PAGE_SIZE);

	if (!attributes || attributes & ~ALL)
		return EFI_INVALID_PARAMETER;
	if (range)
		return range;
	if (first < IMAGE)
		return EFI_ACCESS_DENIED;
	for (u32 i = first; i < end; i++)
		if (model[i].is_free)
			return EFI_UNSUPPORTED;
	for (u32 i = first; i < end; i++) {
		u64 now = attributes_of(model[i].access);

		now = is_set ? now | attributes : now & ~attributes;
		model[i].access = (now & EFI_MEMORY_RP ? 0 : ACCESS_READ) |
				  (now & EFI_MEMORY_RO ? 0 : ACCESS_WRITE) |
				  (now & EFI_MEMORY_XP ? 0 : ACCESS_EXECUTE);
	}
	return EFI_SUCCESS;
}

static void check_get(u32 first, u64 base, u64 length, EFI_STATUS expected)
{
	u64 found = 0;

	for (u32 i = 1; !expected && i < length / PAGE_SIZE; i++)
		if (model[first + i].access != model[first].access)
			expected = EFI_NO_MAPPING;
	CHECK(protocol->GetMemoryAttributes(protocol, base, length, &found) == expected);
	CHECK(expected || found == attributes_of(model[first].access));
}

/* The guest frees a page, or allocates it again for code or for data. */
static void change_owner(u32 page, bool is_code)
{
	EFI_PHYSICAL_ADDRESS address = BASE + page * PAGE_SIZE;

	if (page < GUEST_FIRST || page >= GUEST_END)
		return;
	if (model[page].is_free)
		CHECK(!efi_allocate_pages(AllocateAddress, is_code ? EfiLoaderCode : EfiLoaderData,
					  1, &address));
	else
		CHECK(!efi_free_pages(address, 1));
	model[page].access = model[page].is_free && is_code ? CODE : DATA;
	model[page].is_free = !model[page].is_free;
}

static void set_up(void)
{
	EFI_PHYSICAL_ADDRESS address = BASE + GUEST_FIRST * PAGE_SIZE;
	static struct efi_object object;

	host_memory_init();
	host_restriction = OK;
	efi_protection_init();
	if (!protocol)
		CHECK(!efi_memory_attribute_publish(&object));
	protocol = efi_interface_of(&object, &guid_memory_attribute);
	CHECK(!efi_allocate_pages(AllocateAddress, EfiLoaderData, GUEST_END - GUEST_FIRST,
				  &address));
	for (u32 i = 0; i < PAGES; i++) {
		model[i].access = DATA;
		model[i].is_free = i >= IMAGE && (i < GUEST_FIRST || i >= GUEST_END);
	}
}

static u64 take_attributes(u8 byte)
{
	return (byte & 1 ? EFI_MEMORY_RP : 0) | (byte & 2 ? EFI_MEMORY_RO : 0) |
	       (byte & 4 ? EFI_MEMORY_XP : 0) | (byte < 0xf0 ? 0 : 1ull << (byte & 63));
}

static void step(const u8 *bytes)
{
	u32 first = bytes[1] % PAGES;
	u64 base = BASE + first * PAGE_SIZE, length = bytes[2] % (PAGES + 1 - first) * PAGE_SIZE;
	u64 attributes = take_attributes(bytes[3]);
	EFI_STATUS range;
	bool is_set = bytes[0] & 1;

	if (bytes[2] >= 0xf8)
		base += bytes[2] - 0xf8;
	else if (bytes[2] >= 0xf0)
		length = UINT64_MAX << (bytes[2] - 0xf0) * 8;
	range = check_range(base, length);
	switch (bytes[0] >> 1 & 3) {
	case 0:
		return change_owner(first, is_set);
	case 1:
		return check_get(first, base, length, range);
	default:
		CHECK((is_set ? protocol->SetMemoryAttributes : protocol->ClearMemoryAttributes)(
			      protocol, base, length, attributes) ==
		      model_change(first, length, range, attributes, is_set));
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	set_up();
	for (; size >= STEP_SIZE && host_protection_count < HOST_MAPS_MAX - PAGES;
	     data += STEP_SIZE, size -= STEP_SIZE) {
		step(data);
		for (u32 i = 0; i < PAGES; i++) {
			u32 access;

			(void)arch_access(BASE + i * PAGE_SIZE, &access);
			CHECK(access == model[i].access);
		}
	}
	return 0;
}
