/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequences of AllocatePages, FreePages and GetMemoryMap against a model with one entry per page:
 * each status, each address, the complete map and its key after each call, and the notification of
 * changes. fuzz_efi_memory.c also tests the pool and the content of memory.
 *
 * Input: steps of 1 operation, then its arguments of 1 byte each.
 */
#include "core/memory.h"
#include "efi/efi.h"
#include "efi/services/services.h"
#include "lib/string.h"
#include "lib/util.h"
#include "tests/fuzz/check.h"
#include "tests/host/efi_pool.h"
#include "tests/host/host.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* RAM in pieces: one below 1 MiB, one across 4 GiB, and one above. */
enum { PIECES = 4, PIECE_PAGES = 24, PAGES = PIECES * PIECE_PAGES, STEPS_MAX = 200 };

static const u64 bases[PIECES] = { 0x10000, HOST_MEMORY_BASE + HOST_IMAGE_SIZE,
				   MEMORY_BELOW_4_GIB - 8 * PAGE_SIZE, 1ull << 33 };

static struct page {
	u32 type;
	u32 is_allocated; /* a bool, without padding after it: pages are compared as bytes */
} model[PAGES];

static const EFI_MEMORY_TYPE types[] = { EfiLoaderCode,         EfiLoaderData,
					 EfiLoaderData,         EfiBootServicesData,
					 EfiBootServicesData,   EfiRuntimeServicesData,
					 EfiACPIMemoryNVS,      (EFI_MEMORY_TYPE)0x80000000,
					 EfiConventionalMemory, EfiMaxMemoryType };

static u8 map[64 * 1024];
static UINTN map_size, map_key, stride;
static u32 signals;
static struct reader input;

static u32 take(u32 count)
{
	return read_u8(&input) % count;
}

static u64 address_of(u32 page)
{
	return bases[page / PIECE_PAGES] + (u64)(page % PIECE_PAGES) * PAGE_SIZE;
}

/* The page at @address, or PAGES. */
static u32 page_at(u64 address)
{
	for (u32 i = 0; i < PIECES; i++)
		if (address >= bases[i] && address - bases[i] < PIECE_PAGES * PAGE_SIZE)
			return i * PIECE_PAGES + (u32)((address - bases[i]) / PAGE_SIZE);
	return PAGES;
}

/* Do all of the pages exist, contiguously, and equal @page? */
static bool are_all(u64 address, u64 count, struct page page)
{
	for (u64 i = 0; i < count; i++) {
		u32 at = page_at(address + i * PAGE_SIZE);

		if (at == PAGES || model[at].type != page.type ||
		    model[at].is_allocated != page.is_allocated)
			return false;
	}
	return true;
}

static bool are_free(u64 address, u64 count)
{
	return are_all(address, count, (struct page){ MEMORY_CONVENTIONAL, false });
}

static void set(u64 address, u64 count, u32 type, bool is_allocated)
{
	for (u64 i = 0; i < count; i++)
		model[page_at(address + i * PAGE_SIZE)] = (struct page){ type, is_allocated };
}

/* The highest place for @count pages from @floor to @limit; 0: there is none. */
static u64 find(u64 count, u64 floor, u64 limit)
{
	for (u32 page = PAGES; page--;) {
		u64 address = address_of(page);

		if (address >= floor && limit >= count * PAGE_SIZE &&
		    address <= limit - count * PAGE_SIZE && are_free(address, count))
			return address;
	}
	return 0;
}

/* Below 4 GiB if possible (efi/services/memory.c), then above, then across. */
static u64 find_place(u64 count, u64 limit)
{
	u64 found = find(count, PAGE_SIZE, min_u64(limit, MEMORY_BELOW_4_GIB));

	if (!found)
		found = find(count, MEMORY_BELOW_4_GIB, limit);
	return found ? found : find(count, PAGE_SIZE, limit);
}

/* An address in or near the pieces. */
static u64 take_address(void)
{
	u64 address = address_of(take(PAGES));

	switch (take(16)) {
	case 0:
		return address + 1 + take(PAGE_SIZE - 1);
	case 1:
		return address + PIECE_PAGES * PAGE_SIZE;
	case 2:
		return (0 - (u64)take(4)) * PAGE_SIZE;
	case 3:
	case 4:
		return address + PAGE_SIZE - 1;
	}
	return address;
}

static u64 take_count(void)
{
	static const u64 odd[] = { 0, 1ull << 52, UINT64_MAX / PAGE_SIZE, UINT64_MAX };

	return take(32) ? 1 + take(take(2) ? 4 : PIECE_PAGES + 2) : odd[take(ARRAY_SIZE(odd))];
}

static void allocate(void)
{
	EFI_ALLOCATE_TYPE how = (EFI_ALLOCATE_TYPE)take(take(16) ? 3 : 5);
	EFI_MEMORY_TYPE type = types[take(ARRAY_SIZE(types))];
	u64 count = take_count(), given = take_address(), memory = given, wanted = 0;
	EFI_STATUS status = efi_allocate_pages(how, type, count, &memory);

	if (how > AllocateAddress || type == EfiConventionalMemory || type == EfiMaxMemoryType ||
	    !count) {
		CHECK(status == EFI_INVALID_PARAMETER && memory == given);
		return;
	}
	if (how == AllocateAddress)
		wanted = given % PAGE_SIZE == 0 && count <= PAGES && are_free(given, count) ?
				 given :
				 0;
	else if (count <= PAGES)
		wanted = find_place(count, how == AllocateAnyPages || given == UINT64_MAX ?
						   UINT64_MAX :
						   given + 1);
	if (!wanted) {
		CHECK(status == (how == AllocateAddress ? EFI_NOT_FOUND : EFI_OUT_OF_RESOURCES));
		CHECK(memory == given);
		return;
	}
	CHECK(!status && memory == wanted);
	set(wanted, count, type, true);
}

static void release(void)
{
	u64 memory = take_address(), count = take_count(), end;
	EFI_STATUS status = efi_free_pages(memory, count);
	u32 page = page_at(memory);

	if (memory % PAGE_SIZE || !count || count > UINT64_MAX / PAGE_SIZE ||
	    add_overflows(memory, count * PAGE_SIZE, &end)) {
		CHECK(status == EFI_INVALID_PARAMETER);
		return;
	}
	/* Pages of different types were not allocated together. */
	if (count > PAGES || page == PAGES || !model[page].is_allocated ||
	    !are_all(memory, count, model[page])) {
		CHECK(status == EFI_NOT_FOUND);
		return;
	}
	CHECK(!status);
	set(memory, count, MEMORY_CONVENTIONAL, false);
}

/* If the buffer is too small, it returns the size needed. */
static void ask_for_map(void)
{
	UINTN size = map_size - 1 - take(200) % map_size, key, asked_stride;
	UINT32 version = 0;

	CHECK(efi_get_memory_map(&size, (EFI_MEMORY_DESCRIPTOR *)map, &key, &asked_stride,
				 &version) == EFI_BUFFER_TOO_SMALL);
	CHECK(size == map_size && asked_stride == stride &&
	      version == EFI_MEMORY_DESCRIPTOR_VERSION);
}

static EFI_MEMORY_DESCRIPTOR descriptor_at(UINTN offset)
{
	EFI_MEMORY_DESCRIPTOR descriptor;

	memcpy(&descriptor, map + offset, sizeof(descriptor));
	return descriptor;
}

static void get_map(void)
{
	UINT32 version;

	map_size = sizeof(map);
	CHECK(!efi_get_memory_map(&map_size, (EFI_MEMORY_DESCRIPTOR *)map, &map_key, &stride,
				  &version));
}

/*
 * The map must be sorted, have no adjacent descriptors that could be merged, and describe each page
 * correctly.
 */
static void compare(void)
{
	EFI_MEMORY_DESCRIPTOR before = { 0 };
	u32 seen = 0;
	u64 end = 0;

	get_map();
	for (UINTN offset = 0; offset < map_size; offset += stride) {
		EFI_MEMORY_DESCRIPTOR d = descriptor_at(offset);

		CHECK(d.PhysicalStart % PAGE_SIZE == 0 && d.PhysicalStart >= end);
		CHECK(d.NumberOfPages && d.VirtualStart == 0);
		CHECK(!offset || d.PhysicalStart > end || d.Type != before.Type ||
		      d.Attribute != before.Attribute);
		CHECK(!(d.Attribute & EFI_MEMORY_RUNTIME) == (d.Type != EfiRuntimeServicesData));
		end = d.PhysicalStart + d.NumberOfPages * PAGE_SIZE;
		for (u64 at = d.PhysicalStart; at < end && end - at <= PAGES * PAGE_SIZE;
		     at += PAGE_SIZE) {
			u32 page = page_at(at);

			if (page == PAGES)
				continue;
			CHECK(d.Type == model[page].type);
			seen++;
		}
		before = d;
	}
	CHECK(seen == PAGES);
}

static void EFIAPI changed(EFI_EVENT event, void *context)
{
	(void)event, (void)context;
	signals++;
}

static void set_up(void)
{
	boot_info = (struct boot_info){ .source = "fuzz" };
	for (u32 i = 0; i < PIECES; i++)
		boot_info_add_range(bases[i], PIECE_PAGES * PAGE_SIZE, MEMORY_CONVENTIONAL);
	host_memory_describe();
	for (u32 page = 0; page < PAGES; page++)
		model[page] = (struct page){ MEMORY_CONVENTIONAL, false };
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static void (*const steps[])(void) = { allocate, allocate, allocate,
					       release,  release,  ask_for_map };
	EFI_EVENT event;

	set_up();
	CHECK(!efi_create_event_ex(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, changed, NULL,
				   &guid_event_group_memory_map_change, &event));
	input = (struct reader){ .rest = span_of(data, size) };
	compare();
	for (u32 i = 0; i < STEPS_MAX && !input.overrun; i++) {
		struct page before[PAGES];
		UINTN key = map_key;
		bool is_same;

		memcpy(before, model, sizeof(before));
		signals = 0;
		steps[take(ARRAY_SIZE(steps))]();
		compare();
		is_same = memcmp(before, model, sizeof(before)) == 0;
		/* A call that changes nothing keeps the key for ExitBootServices. */
		CHECK((key == map_key) == is_same);
		CHECK(signals == !is_same);
	}
	CHECK(!efi_close_event(event));
	return 0;
}
