/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.11, 7.2: pages, the memory map, pool. */
#include "selftest.h"

enum { MAP_SIZE = 64 * 1024, PAIRS = 500 };

static u8 map[MAP_SIZE];
static UINTN map_size, map_key, descriptor_size;

static void read_map(void)
{
	UINT32 version;

	map_size = sizeof(map);
	boot->GetMemoryMap(&map_size, (EFI_MEMORY_DESCRIPTOR *)map, &map_key, &descriptor_size,
			   &version);
}

static EFI_MEMORY_DESCRIPTOR *descriptor(size_t index)
{
	return (EFI_MEMORY_DESCRIPTOR *)(map + index * descriptor_size);
}

static size_t descriptor_count(void)
{
	return map_size / descriptor_size;
}

static u64 end_of(const EFI_MEMORY_DESCRIPTOR *d)
{
	return d->PhysicalStart + d->NumberOfPages * PAGE;
}

/* The descriptor of an address in the map that was read, or NULL. */
static EFI_MEMORY_DESCRIPTOR *find(u64 address)
{
	for (size_t i = 0; i < descriptor_count(); i++)
		if (descriptor(i)->PhysicalStart <= address && address < end_of(descriptor(i)))
			return descriptor(i);
	return NULL;
}

static u32 type_at(u64 address)
{
	read_map();
	return find(address) ? find(address)->Type : ~0u;
}

static void test_types(void)
{
	static const struct {
		const char *what;
		u32 type;
		EFI_STATUS status;
	} rows[] = {
		{ "type reserved", EfiReservedMemoryType, EFI_SUCCESS },
		{ "type loader code", EfiLoaderCode, EFI_SUCCESS },
		{ "type boot services data", EfiBootServicesData, EFI_SUCCESS },
		{ "type runtime services code", EfiRuntimeServicesCode, EFI_SUCCESS },
		{ "type runtime services data", EfiRuntimeServicesData, EFI_SUCCESS },
		{ "type ACPI reclaim", EfiACPIReclaimMemory, EFI_SUCCESS },
		{ "type ACPI NVS", EfiACPIMemoryNVS, EFI_SUCCESS },
		{ "type of an OEM", EFI_MEMORY_TYPE_OEM_FIRST, EFI_SUCCESS },
		{ "type of an OS", EFI_MEMORY_TYPE_OS_FIRST, EFI_SUCCESS },
		{ "last type of an OS", 0xffffffff, EFI_SUCCESS },
		{ "type conventional", EfiConventionalMemory, EFI_INVALID_PARAMETER },
		{ "type persistent", EfiPersistentMemory, EFI_INVALID_PARAMETER },
		{ "type unaccepted", EfiUnacceptedMemoryType, EFI_INVALID_PARAMETER },
		{ "first type that is none", EfiMaxMemoryType, EFI_INVALID_PARAMETER },
		{ "last type that is none", 0x6fffffff, EFI_INVALID_PARAMETER },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		EFI_PHYSICAL_ADDRESS at = 0;
		EFI_STATUS status = boot->AllocatePages(AllocateAnyPages,
							(EFI_MEMORY_TYPE)rows[i].type, 1, &at);

		is(rows[i].what, status, rows[i].status);
		if (EFI_ERROR(status))
			continue;
		equals("the map has that type", type_at(at), rows[i].type);
		is("and it is freed", boot->FreePages(at, 1), EFI_SUCCESS);
		equals("the map has it as conventional", type_at(at), EfiConventionalMemory);
	}
}

static void test_addresses(void)
{
	EFI_PHYSICAL_ADDRESS at = 0, same, other;

	is("8 pages anywhere", boot->AllocatePages(AllocateAnyPages, EfiLoaderData, 8, &at),
	   EFI_SUCCESS);
	ok("on a page, not the first", at && !(at & (PAGE - 1)));
	memset((void *)at, 0x5a, 8 * PAGE);
	same = at;
	is("exactly what is taken", boot->AllocatePages(AllocateAddress, EfiLoaderData, 8, &same),
	   EFI_NOT_FOUND);
	same = at + 7 * PAGE;
	is("exactly, partly taken", boot->AllocatePages(AllocateAddress, EfiLoaderData, 4, &same),
	   EFI_NOT_FOUND);
	is("free two in the middle", boot->FreePages(at + 3 * PAGE, 2), EFI_SUCCESS);
	is("free them again", boot->FreePages(at + 3 * PAGE, 2), EFI_NOT_FOUND);
	is("free all, with a hole", boot->FreePages(at, 8), EFI_NOT_FOUND);
	same = at + 4 * PAGE;
	is("exactly one of the two", boot->AllocatePages(AllocateAddress, EfiLoaderCode, 1, &same),
	   EFI_SUCCESS);
	equals("it is there", type_at(same), EfiLoaderCode);
	/* If the allocation failed, the memory is not ours to free. */
	if (type_at(same) == EfiLoaderCode)
		is("free it", boot->FreePages(same, 1), EFI_SUCCESS);
	is("free the head", boot->FreePages(at, 3), EFI_SUCCESS);
	is("free the tail", boot->FreePages(at + 5 * PAGE, 3), EFI_SUCCESS);
	other = 0xffffffff;
	is("below 4 GiB", boot->AllocatePages(AllocateMaxAddress, EfiLoaderData, 16, &other),
	   EFI_SUCCESS);
	ok("all of it is below 4 GiB", other + 16 * PAGE <= 1ull << 32);
	is("free it", boot->FreePages(other, 16), EFI_SUCCESS);
	other = 0xffff;
	is("more than there is below 64 KiB",
	   boot->AllocatePages(AllocateMaxAddress, EfiLoaderData, 64, &other),
	   EFI_OUT_OF_RESOURCES);
	is("more than there is",
	   boot->AllocatePages(AllocateAnyPages, EfiLoaderData, 1ull << 40, &other),
	   EFI_OUT_OF_RESOURCES);
	is("more than an address can say",
	   boot->AllocatePages(AllocateAnyPages, EfiLoaderData, ~0ull, &other),
	   EFI_OUT_OF_RESOURCES);
	other = 1ull << 60;
	is("exactly where nothing is",
	   boot->AllocatePages(AllocateAddress, EfiLoaderData, 1, &other), EFI_NOT_FOUND);
	is("no such kind", boot->AllocatePages(MaxAllocateType, EfiLoaderData, 1, &other),
	   EFI_INVALID_PARAMETER);
	is("nowhere to tell", boot->AllocatePages(AllocateAnyPages, EfiLoaderData, 1, NULL),
	   EFI_INVALID_PARAMETER);
	is("free off a page", boot->FreePages(at + 1, 1), EFI_INVALID_PARAMETER);
	is("free what is not RAM", boot->FreePages(1ull << 60, 1), EFI_NOT_FOUND);
}

/*
 * Like GRUB's heap: 32 MiB at the top of the largest free range below 4 GiB, at an exact address.
 */
static void test_grub_heap(void)
{
	EFI_MEMORY_DESCRIPTOR *largest = NULL;
	EFI_PHYSICAL_ADDRESS at;
	UINTN pages = 32 * MIB / PAGE;

	read_map();
	for (size_t i = 0; i < descriptor_count(); i++) {
		EFI_MEMORY_DESCRIPTOR *d = descriptor(i);

		if (d->Type == EfiConventionalMemory && end_of(d) <= 1ull << 32 &&
		    (!largest || d->NumberOfPages > largest->NumberOfPages))
			largest = d;
	}
	if (!ok("a large free range", largest && largest->NumberOfPages > pages))
		return;
	at = end_of(largest) - pages * PAGE;
	is("32 MiB at its top", boot->AllocatePages(AllocateAddress, EfiLoaderCode, pages, &at),
	   EFI_SUCCESS);
	is("free them", boot->FreePages(at, pages), EFI_SUCCESS);
}

void test_memory(void)
{
	test_types();
	test_addresses();
	test_grub_heap();
}

static void test_map_errors(void)
{
	UINTN size = 0, key = 0, stride = 0, needed;
	UINT32 version = 0;

	is("without a buffer", boot->GetMemoryMap(&size, NULL, &key, &stride, &version),
	   EFI_BUFFER_TOO_SMALL);
	ok("its size is returned", size > 0 && size < sizeof(map));
	ok("the size of a descriptor is returned",
	   stride >= sizeof(EFI_MEMORY_DESCRIPTOR) && stride % 8 == 0);
	equals("and its version", version, EFI_MEMORY_DESCRIPTOR_VERSION);
	needed = size;
	size = needed - 1;
	is("a byte too small",
	   boot->GetMemoryMap(&size, (EFI_MEMORY_DESCRIPTOR *)map, &key, &stride, &version),
	   EFI_BUFFER_TOO_SMALL);
	equals("its size is told again", size, needed);
	size = sizeof(map);
	is("a size without a buffer", boot->GetMemoryMap(&size, NULL, &key, &stride, &version),
	   EFI_INVALID_PARAMETER);
	is("no size",
	   boot->GetMemoryMap(NULL, (EFI_MEMORY_DESCRIPTOR *)map, &key, &stride, &version),
	   EFI_INVALID_PARAMETER);
}

static void test_map_content(void)
{
	u64 ram = 0;
	bool apart = true, whole = true, cacheable = true, runtime_is_marked = true,
	     first_page = true;
	u64 image = (u64)own_image()->ImageBase, stack = (u64)&ram;

	read_map();
	for (size_t i = 0; i < descriptor_count(); i++) {
		EFI_MEMORY_DESCRIPTOR *d = descriptor(i);

		whole &= d->NumberOfPages && !(d->PhysicalStart & (PAGE - 1));
		for (size_t k = 0; k < i; k++)
			apart &= descriptor(k)->PhysicalStart >= end_of(d) ||
				 d->PhysicalStart >= end_of(descriptor(k));
		if (d->Type == EfiConventionalMemory ||
		    (d->Type >= EfiLoaderCode && d->Type <= EfiRuntimeServicesData)) {
			ram += d->NumberOfPages * PAGE;
			cacheable &= (d->Attribute & EFI_MEMORY_WB) != 0;
		}
		if (d->Type == EfiRuntimeServicesCode || d->Type == EfiRuntimeServicesData)
			runtime_is_marked &= (d->Attribute & EFI_MEMORY_RUNTIME) != 0;
		else if (d->Type != EfiMemoryMappedIO && d->Type != EfiReservedMemoryType)
			runtime_is_marked &= !(d->Attribute & EFI_MEMORY_RUNTIME);
		if (d->PhysicalStart == 0)
			first_page &= d->Type != EfiConventionalMemory;
	}
	ok("descriptors are whole pages", whole);
	ok("they do not overlap", apart);
	ok("RAM is write-back", cacheable);
	ok("runtime memory is marked, and no other", runtime_is_marked);
	ok("the first page is not free", first_page);
	ok("less than 100 descriptors", descriptor_count() < 100);
	ok("at least 64 MiB", ram >= 64 * MIB);
	equals("this image is loader code", type_at(image), EfiLoaderCode);
	/* Of the chipset's watchdog on q35. Programs use such registers without asking for them. */
	(void)*(volatile UINT32 *)0xfed1f410;
	ok("a register outside of memory does not fault", true);
	ok("the stack is not free memory",
	   find(stack) && find(stack)->Type != EfiConventionalMemory);
}

static void test_map_key(void)
{
	UINTN before, count;
	EFI_PHYSICAL_ADDRESS at;
	void *pool;

	read_map();
	before = map_key;
	read_map();
	equals("the key stays", map_key, before);
	boot->AllocatePages(AllocateAnyPages, EfiLoaderData, 1, &at);
	read_map();
	ok("AllocatePages changes the map key", map_key != before);
	before = map_key;
	boot->FreePages(at, 1);
	read_map();
	ok("so does FreePages", map_key != before);
	before = map_key;
	boot->AllocatePool(EfiACPIReclaimMemory, 3 * MIB, &pool);
	read_map();
	ok("so does a large AllocatePool", map_key != before);
	boot->FreePool(pool);
	read_map();
	count = descriptor_count();
	for (unsigned i = 0; i < PAIRS; i++) {
		boot->AllocatePages(AllocateAnyPages, i & 1 ? EfiLoaderCode : EfiBootServicesData,
				    1 + i % 5, &at);
		boot->AllocatePool(EfiLoaderData, 100 + i * 37, &pool);
		boot->FreePages(at, 1 + i % 5);
		boot->FreePool(pool);
	}
	read_map();
	ok("no more descriptors after 500 pairs", descriptor_count() <= count + 2);
}

void test_memory_map(void)
{
	test_map_errors();
	test_map_content();
	test_map_key();
}

static void test_pool_errors(void)
{
	void *pool;

	is("no such type", boot->AllocatePool(EfiMaxMemoryType, 8, &pool), EFI_INVALID_PARAMETER);
	is("type conventional", boot->AllocatePool(EfiConventionalMemory, 8, &pool),
	   EFI_INVALID_PARAMETER);
	is("type persistent", boot->AllocatePool(EfiPersistentMemory, 8, &pool),
	   EFI_INVALID_PARAMETER);
	is("nowhere to tell", boot->AllocatePool(EfiLoaderData, 8, NULL), EFI_INVALID_PARAMETER);
	is("more than there is", boot->AllocatePool(EfiLoaderData, 1ull << 50, &pool),
	   EFI_OUT_OF_RESOURCES);
	is("more than an address can say", boot->AllocatePool(EfiLoaderData, ~0ull, &pool),
	   EFI_OUT_OF_RESOURCES);
	is("free nothing", boot->FreePool(NULL), EFI_INVALID_PARAMETER);
	pool = allocate(256);
	is("free its middle", boot->FreePool((u8 *)pool + 64), EFI_INVALID_PARAMETER);
	is("free it", boot->FreePool(pool), EFI_SUCCESS);
}

void test_pool(void)
{
	enum { COUNT = 64 };
	static u8 *blocks[COUNT];
	static const u32 types[] = { EfiLoaderData, EfiACPIReclaimMemory, EfiRuntimeServicesData,
				     EfiBootServicesData, EFI_MEMORY_TYPE_OS_FIRST };
	bool aligned = true, typed = true, intact = true, freed = true;

	test_pool_errors();
	for (size_t i = 0; i < COUNT; i++) {
		size_t size = i * i * 7 + 1;
		u32 type = types[i % ARRAY_SIZE(types)];

		if (EFI_ERROR(
			    boot->AllocatePool((EFI_MEMORY_TYPE)type, size, (void **)&blocks[i]))) {
			ok("pool of each type and size", false);
			return;
		}
		aligned &= !((u64)blocks[i] & 7);
		typed &= type_at((u64)blocks[i]) == type;
		memset(blocks[i], (int)i, size);
	}
	for (size_t i = 0; i < COUNT; i++)
		for (size_t k = 0; k < i * i * 7 + 1; k++)
			intact &= blocks[i][k] == (u8)i;
	for (size_t i = 0; i < COUNT; i++)
		freed &= boot->FreePool(blocks[(i * 5) % COUNT]) == EFI_SUCCESS;
	ok("on 8 bytes", aligned);
	ok("in memory of their type", typed);
	ok("none overlaps another", intact);
	ok("freed in another order", freed);
}
