/* SPDX-License-Identifier: Apache-2.0 */
/* efi/services/memory.c: pages and the memory map (UEFI 2.11, 7.2). */
#include "core/memory.h"
#include "efi/efi.h"
#include "efi/services/services.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/unit/test.h"

#define RAM 0xfull
#define INVALID EFI_INVALID_PARAMETER

enum { PAGE = PAGE_SIZE, DESCRIPTOR = 48, DESCRIPTORS_MAX = 64 };

/* Needed by services that are not tested here. */
EFI_HANDLE efi_firmware_image(void)
{
	return NULL;
}

static u8 map[DESCRIPTORS_MAX * DESCRIPTOR];
static UINTN map_size, map_key;

/* Gets the map as an image would. Returns the number of descriptors. */
static u32 get_map(void)
{
	UINTN descriptor_size = 0;
	UINT32 version = 0;

	map_size = sizeof(map);
	CHECK_EQUAL(efi_get_memory_map(&map_size, (EFI_MEMORY_DESCRIPTOR *)map, &map_key,
				       &descriptor_size, &version),
		    EFI_SUCCESS);
	CHECK_EQUAL(descriptor_size, DESCRIPTOR);
	CHECK_EQUAL(version, 1);
	CHECK_EQUAL(map_size % DESCRIPTOR, 0);
	return (u32)(map_size / DESCRIPTOR);
}

static EFI_MEMORY_DESCRIPTOR descriptor(u32 index)
{
	EFI_MEMORY_DESCRIPTOR out;

	memcpy(&out, map + index * DESCRIPTOR, sizeof(out));
	return out;
}

/* The descriptor of the page at @address; of type EfiMaxMemoryType if there is none. */
static EFI_MEMORY_DESCRIPTOR at(u64 address)
{
	u32 count = get_map();

	for (u32 i = 0; i < count; i++) {
		EFI_MEMORY_DESCRIPTOR found = descriptor(i);

		if (address >= found.PhysicalStart &&
		    address - found.PhysicalStart < found.NumberOfPages * PAGE)
			return found;
	}
	return (EFI_MEMORY_DESCRIPTOR){ .Type = EfiMaxMemoryType };
}

static EFI_STATUS allocate(u32 type, u32 memory_type, u64 pages, u64 *memory)
{
	return efi_allocate_pages((EFI_ALLOCATE_TYPE)type, (EFI_MEMORY_TYPE)memory_type, pages,
				  memory);
}

/* Sets up 2 MiB of RAM at each of these addresses; only HOST_MEMORY_* is real. */
static void set_up_ram(const u64 *bases, u32 count)
{
	host_memory_init();
	boot_info.range_count = 0;
	for (u32 i = 0; i < count; i++)
		boot_info_add_range(bases[i], 2 * MIB, MEMORY_CONVENTIONAL);
	host_memory_describe();
}

TEST(parameters_of_allocate_pages)
{
	static const struct {
		u32 type, memory_type;
		u64 pages;
		EFI_STATUS status;
	} cases[] = {
		{ AllocateAnyPages, EfiReservedMemoryType, 1, EFI_SUCCESS },
		{ AllocateAnyPages, EfiLoaderCode, 1, EFI_SUCCESS },
		{ AllocateAnyPages, EfiLoaderData, 1, EFI_SUCCESS },
		{ AllocateAnyPages, EfiBootServicesCode, 1, EFI_SUCCESS },
		{ AllocateAnyPages, EfiBootServicesData, 1, EFI_SUCCESS },
		{ AllocateAnyPages, EfiRuntimeServicesCode, 1, EFI_SUCCESS },
		{ AllocateAnyPages, EfiRuntimeServicesData, 1, EFI_SUCCESS },
		{ AllocateAnyPages, EfiConventionalMemory, 1, INVALID },
		{ AllocateAnyPages, EfiUnusableMemory, 1, EFI_SUCCESS },
		{ AllocateAnyPages, EfiACPIReclaimMemory, 1, EFI_SUCCESS },
		{ AllocateAnyPages, EfiACPIMemoryNVS, 1, EFI_SUCCESS },
		{ AllocateAnyPages, EfiMemoryMappedIO, 1, EFI_SUCCESS },
		{ AllocateAnyPages, EfiMemoryMappedIOPortSpace, 1, EFI_SUCCESS },
		{ AllocateAnyPages, EfiPalCode, 1, EFI_SUCCESS },
		{ AllocateAnyPages, EfiPersistentMemory, 1, INVALID },
		{ AllocateAnyPages, EfiUnacceptedMemoryType, 1, INVALID },
		{ AllocateAnyPages, EfiMaxMemoryType, 1, INVALID },
		{ AllocateAnyPages, 0x6fffffff, 1, INVALID },
		{ AllocateAnyPages, 0x70000000, 1, EFI_SUCCESS },
		{ AllocateAnyPages, 0x7fffffff, 1, EFI_SUCCESS },
		{ AllocateAnyPages, 0x80000000, 1, EFI_SUCCESS },
		{ AllocateAnyPages, 0xffffffff, 1, EFI_SUCCESS },
		{ MaxAllocateType, EfiLoaderData, 1, INVALID },
		{ 0xffffffff, EfiLoaderData, 1, INVALID },
		{ AllocateAnyPages, EfiLoaderData, 0, INVALID },
		{ AllocateMaxAddress, EfiLoaderData, 0, INVALID },
		{ AllocateAddress, EfiLoaderData, 0, INVALID },
		{ AllocateAnyPages, EfiLoaderData, HOST_MEMORY_SIZE / PAGE, EFI_OUT_OF_RESOURCES },
		{ AllocateAnyPages, EfiLoaderData, 1ull << 52, EFI_OUT_OF_RESOURCES },
		{ AllocateAnyPages, EfiLoaderData, UINT64_MAX, EFI_OUT_OF_RESOURCES },
		{ AllocateMaxAddress, EfiLoaderData, UINT64_MAX, EFI_OUT_OF_RESOURCES },
		{ AllocateAddress, EfiLoaderData, UINT64_MAX, EFI_NOT_FOUND },
		{ AllocateAddress, EfiLoaderData, (1ull << 52) - 1, EFI_NOT_FOUND },
	};

	host_memory_init();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 free_size = memory_free_size();
		u64 memory = 0x12000000;
		EFI_STATUS status =
			allocate(cases[i].type, cases[i].memory_type, cases[i].pages, &memory);

		CHECK_OF(status == cases[i].status, "case %zu: 0x%" PRIx64, i, status);
		if (status) {
			CHECK_EQUAL(memory, 0x12000000);
		} else {
			CHECK_EQUAL(at(memory).Type, cases[i].memory_type);
			CHECK_EQUAL(efi_free_pages(memory, 1), EFI_SUCCESS);
		}
		CHECK_EQUAL(memory_free_size(), free_size);
	}
	CHECK_EQUAL(allocate(AllocateAnyPages, EfiLoaderData, 1, NULL), INVALID);
}

TEST(the_highest_address_is_the_last_byte)
{
	u64 memory = 0x12000fff;

	host_memory_init();
	CHECK_EQUAL(allocate(AllocateMaxAddress, EfiLoaderData, 1, &memory), EFI_SUCCESS);
	CHECK_EQUAL(memory, 0x12000000);
	memory = 0x13000ffe;
	CHECK_EQUAL(allocate(AllocateMaxAddress, EfiLoaderData, 1, &memory), EFI_SUCCESS);
	CHECK_EQUAL(memory, 0x12fff000);
	memory = UINT64_MAX;
	CHECK_EQUAL(allocate(AllocateMaxAddress, EfiLoaderData, 1, &memory), EFI_SUCCESS);
	CHECK_EQUAL(memory, HOST_MEMORY_BASE + HOST_MEMORY_SIZE - PAGE);
	memory = HOST_MEMORY_BASE;
	CHECK_EQUAL(allocate(AllocateMaxAddress, EfiLoaderData, 1, &memory), EFI_OUT_OF_RESOURCES);
	memory = 0;
	CHECK_EQUAL(allocate(AllocateMaxAddress, EfiLoaderData, 1, &memory), EFI_OUT_OF_RESOURCES);
}

TEST(exact_addresses)
{
	u64 memory = 0x12000000, inside = 0x12003000, unaligned = 0x13000800;

	host_memory_init();
	CHECK_EQUAL(allocate(AllocateAddress, EfiLoaderCode, 16, &memory), EFI_SUCCESS);
	CHECK_EQUAL(memory, 0x12000000);
	CHECK_EQUAL(allocate(AllocateAddress, EfiLoaderCode, 1, &memory), EFI_NOT_FOUND);
	CHECK_EQUAL(allocate(AllocateAddress, EfiLoaderCode, 1, &inside), EFI_NOT_FOUND);
	CHECK_EQUAL(allocate(AllocateAddress, EfiLoaderCode, 1, &unaligned), EFI_NOT_FOUND);
	memory = 0x11fff000;
	CHECK_EQUAL(allocate(AllocateAddress, EfiLoaderCode, 2, &memory), EFI_NOT_FOUND);
	memory = 0;
	CHECK_EQUAL(allocate(AllocateAddress, EfiLoaderCode, 1, &memory), EFI_NOT_FOUND);
	memory = UINT64_MAX - PAGE + 1;
	CHECK_EQUAL(allocate(AllocateAddress, EfiLoaderCode, 1, &memory), EFI_NOT_FOUND);
}

/* arm64 and riscv64 stubs align like this: they allocate more than they need and free both ends. */
TEST(parts_can_be_freed)
{
	u64 memory;

	host_memory_init();
	CHECK_EQUAL(allocate(AllocateAnyPages, EfiLoaderData, 32, &memory), EFI_SUCCESS);
	CHECK_EQUAL(efi_free_pages(memory, 3), EFI_SUCCESS);
	CHECK_EQUAL(efi_free_pages(memory + 20 * PAGE, 12), EFI_SUCCESS);
	CHECK_EQUAL(at(memory + 3 * PAGE).PhysicalStart, memory + 3 * PAGE);
	CHECK_EQUAL(at(memory + 3 * PAGE).NumberOfPages, 17);
	CHECK_EQUAL(efi_free_pages(memory, 4), EFI_NOT_FOUND);
	CHECK_EQUAL(efi_free_pages(memory + 3 * PAGE, 17), EFI_SUCCESS);
	CHECK_EQUAL(at(memory).Type, EfiConventionalMemory);
}

/* A guest frees more than it has, and our page tables or stack come next. */
TEST(a_count_too_large_frees_nothing_of_ours)
{
	u64 memory, ours;

	host_memory_init();
	CHECK_EQUAL(memory_allocate(PAGE, PAGE, MEMORY_ANYWHERE, MEMORY_BOOT_DATA, &ours), OK);
	memory = ours - PAGE;
	CHECK_EQUAL(allocate(AllocateAddress, EfiLoaderData, 1, &memory), EFI_SUCCESS);
	CHECK_EQUAL(efi_free_pages(memory, 2), EFI_NOT_FOUND);
	CHECK_EQUAL(efi_free_pages(memory, 1), EFI_SUCCESS);
	CHECK_EQUAL(memory_free(ours, PAGE), OK);
}

TEST(parameters_of_free_pages)
{
	u64 memory;

	host_memory_init();
	CHECK_EQUAL(allocate(AllocateAnyPages, EfiLoaderData, 4, &memory), EFI_SUCCESS);
	CHECK_EQUAL(efi_free_pages(memory + 1, 1), INVALID);
	CHECK_EQUAL(efi_free_pages(memory + 3 * PAGE + 1, 1), INVALID); /* of the last page */
	CHECK_EQUAL(efi_free_pages(memory, 0), INVALID);
	CHECK_EQUAL(efi_free_pages(memory, UINT64_MAX), INVALID);
	CHECK_EQUAL(efi_free_pages(memory, 1ull << 52), INVALID);
	CHECK_EQUAL(efi_free_pages(memory, 5), EFI_NOT_FOUND);
	CHECK_EQUAL(efi_free_pages(memory - PAGE, 1), EFI_NOT_FOUND);
	CHECK_EQUAL(efi_free_pages(0, 1), EFI_NOT_FOUND);
	CHECK_EQUAL(efi_free_pages(HOST_MEMORY_BASE, 1), EFI_NOT_FOUND); /* our own image */
	CHECK_EQUAL(efi_free_pages(memory, 4), EFI_SUCCESS);
	CHECK_EQUAL(efi_free_pages(memory, 4), EFI_NOT_FOUND);
}

TEST(map_size_queries)
{
	UINTN size = 0, key = 0, descriptor_size = 0, needed;
	UINT32 version = 0;

	host_memory_init();
	needed = get_map() * DESCRIPTOR;
	CHECK_EQUAL(efi_get_memory_map(&size, NULL, &key, &descriptor_size, &version),
		    EFI_BUFFER_TOO_SMALL);
	CHECK_EQUAL(size, needed);
	CHECK_EQUAL(descriptor_size, DESCRIPTOR);
	CHECK_EQUAL(version, EFI_MEMORY_DESCRIPTOR_VERSION);
	CHECK_EQUAL(efi_get_memory_map(&size, NULL, &key, &descriptor_size, &version), INVALID);
	size = needed - 1;
	memset(map, 0xaa, sizeof(map));
	CHECK_EQUAL(efi_get_memory_map(&size, (void *)map, &key, NULL, NULL), EFI_BUFFER_TOO_SMALL);
	CHECK_EQUAL(size, needed);
	CHECK_EQUAL(map[0], 0xaa);
	CHECK_EQUAL(efi_get_memory_map(&size, (void *)map, NULL, NULL, NULL), EFI_SUCCESS);
	CHECK_EQUAL(map[needed - 1], 0);
	CHECK_EQUAL(map[needed], 0xaa);
	CHECK_EQUAL(efi_get_memory_map(NULL, (void *)map, &key, &descriptor_size, &version),
		    INVALID);
}

TEST(types_and_attributes)
{
	static const struct {
		u32 type;
		u64 attributes;
	} cases[] = {
		{ MEMORY_RESERVED, 0 },
		{ MEMORY_CONVENTIONAL, RAM },
		{ MEMORY_UNUSABLE, 0 },
		{ MEMORY_ACPI_RECLAIM, RAM },
		{ MEMORY_ACPI_NVS, RAM },
		{ MEMORY_MAPPED_IO, EFI_MEMORY_UC | EFI_MEMORY_RUNTIME },
		{ MEMORY_PERSISTENT, RAM | EFI_MEMORY_NV },
	};
	u64 memory;

	host_memory_init();
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++)
		boot_info_add_range(0x40000000 + i * MIB, MIB, cases[i].type);
	host_memory_describe();
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		EFI_MEMORY_DESCRIPTOR found = at(0x40000000 + i * MIB);

		CHECK_EQUAL(found.Type, cases[i].type);
		CHECK_EQUAL(found.Attribute, cases[i].attributes);
		CHECK_EQUAL(found.NumberOfPages, MIB / PAGE);
		CHECK_EQUAL(found.VirtualStart, 0);
		CHECK_EQUAL(found.Pad, 0);
	}
	CHECK_EQUAL(allocate(AllocateAnyPages, EfiRuntimeServicesCode, 1, &memory), EFI_SUCCESS);
	CHECK_EQUAL(at(memory).Attribute, RAM | EFI_MEMORY_RUNTIME);
	CHECK_EQUAL(allocate(AllocateAnyPages, EfiRuntimeServicesData, 1, &memory), EFI_SUCCESS);
	CHECK_EQUAL(at(memory).Attribute, RAM | EFI_MEMORY_RUNTIME);
	/* A guest's own memory type, which is still RAM. */
	CHECK_EQUAL(allocate(AllocateAnyPages, EfiReservedMemoryType, 1, &memory), EFI_SUCCESS);
	CHECK_EQUAL(at(memory).Attribute, RAM);
}

TEST(the_map_is_sorted_and_merged)
{
	static const u64 bases[] = { HOST_MEMORY_BASE + 16 * MIB, HOST_MEMORY_BASE, 8 * GIB };
	u64 memory;
	u32 count;

	set_up_ram(bases, ARRAY_SIZE(bases));
	/* Next to the image, which was not allocated, so the ledger keeps the ranges separate. */
	memory = HOST_MEMORY_BASE + HOST_IMAGE_SIZE;
	CHECK_EQUAL(allocate(AllocateAddress, EfiBootServicesCode, 4, &memory), EFI_SUCCESS);
	count = get_map();
	for (u32 i = 0; i + 1 < count; i++) {
		EFI_MEMORY_DESCRIPTOR a = descriptor(i), b = descriptor(i + 1);
		u64 end = a.PhysicalStart + a.NumberOfPages * PAGE;

		CHECK(end <= b.PhysicalStart);
		CHECK(end < b.PhysicalStart || a.Type != b.Type || a.Attribute != b.Attribute);
	}
	CHECK_EQUAL(at(HOST_MEMORY_BASE).NumberOfPages, HOST_IMAGE_SIZE / PAGE + 4);
}

TEST(each_change_has_a_key_and_frees_restore_the_map)
{
	u64 memory[100];
	UINTN key;
	u32 count;

	host_memory_init();
	count = get_map();
	key = map_key;
	get_map();
	CHECK_EQUAL(map_key, key);
	for (u32 i = 0; i < 500; i++) {
		u32 slot = i % ARRAY_SIZE(memory);

		CHECK_EQUAL(allocate(AllocateAnyPages, EfiLoaderData, 1 + i % 7, &memory[slot]),
			    EFI_SUCCESS);
		get_map();
		CHECK(map_key != key);
		key = map_key;
		CHECK_EQUAL(efi_free_pages(memory[slot], 1 + i % 7), EFI_SUCCESS);
		get_map();
		CHECK(map_key != key);
		key = map_key;
	}
	CHECK_EQUAL(get_map(), count);
}

TEST(below_4_gib_first_then_above_the_first_mib_last)
{
	static const u64 bases[] = { 0, HOST_MEMORY_BASE, 8 * GIB };
	u64 memory, previous = UINT64_MAX, below = 0, above = 0, low = 0;

	set_up_ram(bases, ARRAY_SIZE(bases));
	while (allocate(AllocateAnyPages, EfiLoaderData, 1, &memory) == EFI_SUCCESS) {
		CHECK(memory != 0);
		below += memory < 4 * GIB && memory >= MIB;
		low += memory < MIB;
		above += memory >= 4 * GIB;
		CHECK_OF(memory < previous || (memory >= 8 * GIB && previous < 8 * GIB),
			 "0x%" PRIx64 " after 0x%" PRIx64, memory, previous);
		previous = memory;
	}
	CHECK_EQUAL(below, (2 * MIB - HOST_IMAGE_SIZE + MIB) / PAGE);
	CHECK_EQUAL(low, 0xa0 - 1);
	CHECK_EQUAL(above, 2 * MIB / PAGE);
}

/* As on some machines with other processors, and on crosvm. */
TEST(no_ram_below_4_gib)
{
	static const u64 bases[] = { 8 * GIB };
	u64 memory = 0xffffffff;

	set_up_ram(bases, 1);
	CHECK_EQUAL(allocate(AllocateMaxAddress, EfiLoaderData, 1, &memory), EFI_OUT_OF_RESOURCES);
	CHECK_EQUAL(allocate(AllocateAnyPages, EfiLoaderData, 1, &memory), EFI_SUCCESS);
	CHECK_EQUAL(memory, 8 * GIB + 2 * MIB - PAGE);
}

TEST(ram_across_4_gib)
{
	static const u64 bases[] = { 4 * GIB - MIB };
	u64 memory;

	set_up_ram(bases, 1);
	CHECK_EQUAL(allocate(AllocateAnyPages, EfiLoaderData, 2 * MIB / PAGE, &memory),
		    EFI_SUCCESS);
	CHECK_EQUAL(memory, 4 * GIB - MIB);
}

/*
 * GRUB allocates the top of the largest free region below 4 GiB in the map, at an exact address;
 * then a pool record for it; then the next region.
 */
TEST(the_top_of_the_largest_region_stays_free)
{
	static const u64 bases[] = { HOST_MEMORY_BASE, HOST_MEMORY_BASE + 4 * MIB };
	EFI_MEMORY_DESCRIPTOR largest = { 0 };
	void *pieces[100];
	u32 count;
	u64 memory;

	set_up_ram(bases, ARRAY_SIZE(bases));
	count = get_map();
	for (u32 i = 0; i < count; i++)
		if (descriptor(i).Type == EfiConventionalMemory &&
		    descriptor(i).NumberOfPages >= largest.NumberOfPages)
			largest = descriptor(i);
	CHECK_EQUAL(largest.NumberOfPages, 2 * MIB / PAGE);
	for (u32 i = 0; i < ARRAY_SIZE(pieces); i++)
		CHECK_EQUAL(efi_allocate_pool(EfiLoaderData, 1 + i * 100, &pieces[i]), EFI_SUCCESS);
	memory = largest.PhysicalStart + largest.NumberOfPages * PAGE - MIB;
	CHECK_EQUAL(allocate(AllocateAddress, EfiLoaderCode, MIB / PAGE, &memory), EFI_SUCCESS);
	for (u32 i = 0; i < ARRAY_SIZE(pieces); i++)
		CHECK_EQUAL(efi_free_pool(pieces[i]), EFI_SUCCESS);
}

static u32 notified;

static VOID EFIAPI note(EFI_EVENT event, void *context)
{
	(void)event;
	(void)context;
	notified++;
}

TEST(changes_of_the_map_are_signaled)
{
	EFI_EVENT event;
	u64 memory;

	host_memory_init();
	CHECK_EQUAL(efi_create_event_ex(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note, NULL,
					&guid_event_group_memory_map_change, &event),
		    EFI_SUCCESS);
	notified = 0;
	CHECK_EQUAL(allocate(AllocateAnyPages, EfiLoaderData, 1, &memory), EFI_SUCCESS);
	CHECK_EQUAL(notified, 1);
	get_map();
	CHECK_EQUAL(allocate(AllocateAddress, EfiLoaderData, 1, &memory), EFI_NOT_FOUND);
	CHECK_EQUAL(notified, 1);
	CHECK_EQUAL(efi_free_pages(memory, 1), EFI_SUCCESS);
	CHECK_EQUAL(notified, 2);
	CHECK_EQUAL(efi_close_event(event), EFI_SUCCESS);
}
