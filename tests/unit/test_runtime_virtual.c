/* SPDX-License-Identifier: Apache-2.0 */
/* SetVirtualAddressMap and ConvertPointer: errors and conversions (UEFI 2.11, 8.4). */
#include "efi/runtime/runtime.h"
#include "lib/crc32.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/host/runtime_tables.h"
#include "tests/unit/test.h"

/* Where the map has it. */
#define CODE_VIRTUAL 0xffffffef00000000ull
#define DATA_VIRTUAL 0xfffffffeee000000ull
#define TABLES_VIRTUAL 0x8000000000ull
#define DEVICE_VIRTUAL 0xffff800000000000ull

enum { IMAGE_SIZE = 2 * PAGE_SIZE, RELOCATIONS = PAGE_SIZE, MAP_COUNT = 6 };

static struct runtime_data data;
static EFI_SYSTEM_TABLE system_table;
[[gnu::aligned(PAGE_SIZE)]] static u8 image[IMAGE_SIZE];
static u32 calls;
static EFI_STATUS convert_results[4];
static void *converted;

/* Larger than the structure, as the specification permits. */
static struct descriptor {
	EFI_MEMORY_DESCRIPTOR part;
	u64 more;
} map[MAP_COUNT];

static void EFIAPI on_virtual(EFI_EVENT event, VOID *context)
{
	void *null = NULL, *unknown = (void *)0x1234;

	CHECK(event == &calls && context == &data);
	calls++;
	converted = (void *)(TABLES + 0x123);
	convert_results[0] = runtime_convert_pointer(0, &converted);
	convert_results[1] = runtime_convert_pointer(0, &null);
	convert_results[2] = runtime_convert_pointer(EFI_OPTIONAL_PTR, &null);
	convert_results[3] = runtime_convert_pointer(0, &unknown);
	CHECK(unknown == (void *)0x1234 && !null);
}

static void describe(u32 index, u64 physical, u64 virtual, u64 pages, u64 attributes)
{
	map[index].part = (EFI_MEMORY_DESCRIPTOR){ .Type = EfiRuntimeServicesData,
						   .PhysicalStart = physical,
						   .VirtualStart = virtual,
						   .NumberOfPages = pages,
						   .Attribute = attributes };
}

static void start(void)
{
	u64 base = align_down((uintptr_t)&data, PAGE_SIZE);
	u64 pages = (align_up((uintptr_t)&data + sizeof(data), PAGE_SIZE) - base) / PAGE_SIZE;

	make_runtime_tables(&data, &system_table);
	memset(map, 0, sizeof(map));
	calls = 0;
	data.events[3] = (struct runtime_event){ &calls, on_virtual, &data };
	describe(0, 0, 0, 1ull << 50, 0); /* not of the runtime */
	describe(1, CODE, CODE_VIRTUAL, 2, EFI_MEMORY_RUNTIME);
	describe(2, base, DATA_VIRTUAL, pages, EFI_MEMORY_RUNTIME);
	describe(3, TABLES, TABLES_VIRTUAL, 1, EFI_MEMORY_RUNTIME);
	describe(4, DEVICE, DEVICE_VIRTUAL, 1, EFI_MEMORY_RUNTIME);
	describe(5, (uintptr_t)image, 0x7000000000, 2, EFI_MEMORY_RUNTIME);
}

static EFI_STATUS set_map(void)
{
	return runtime_set_virtual_address_map(sizeof(map), sizeof(map[0]), 1, &map[0].part);
}

TEST(everything_that_stays_is_converted)
{
	u64 offset = (uintptr_t)&data & (PAGE_SIZE - 1);
	u32 crc;

	start();
	data.reset = (struct runtime_writes){
		.count = 3,
		.writes = { { .address = 0xcf9, .size = 1 },
			    { .address = DEVICE + 8, .size = 1, .space = RUNTIME_MEMORY },
			    { .address = DEVICE + 0x10000, .size = 1, .space = RUNTIME_MEMORY } },
	};
	CHECK_EQUAL(set_map(), EFI_SUCCESS);
	CHECK_EQUAL((u64)system_table.FirmwareVendor, TABLES_VIRTUAL);
	CHECK_EQUAL((u64)system_table.ConfigurationTable, TABLES_VIRTUAL + 0x800);
	CHECK_EQUAL((u64)system_table.RuntimeServices,
		    DATA_VIRTUAL + offset + offsetof(struct runtime_data, services));
	CHECK_EQUAL((u64)data.services.GetTime, CODE_VIRTUAL);
	CHECK_EQUAL((u64)data.services.QueryVariableInfo, CODE_VIRTUAL + 16 * 13);
	CHECK_EQUAL((u64)runtime_data, DATA_VIRTUAL + offset);
	crc = system_table.Hdr.CRC32;
	system_table.Hdr.CRC32 = 0;
	CHECK_EQUAL(crc, crc32(0, span_of(&system_table, sizeof(system_table))));
	crc = data.services.Hdr.CRC32;
	data.services.Hdr.CRC32 = 0;
	CHECK_EQUAL(crc, crc32(0, span_of(&data.services, sizeof(data.services))));
	CHECK_EQUAL(data.reset.writes[0].address, 0xcf9);
	CHECK_EQUAL(data.reset.writes[1].address, DEVICE_VIRTUAL + 8);
	CHECK_EQUAL(data.reset.writes[2].address, 0);

	CHECK_EQUAL(calls, 1);
	CHECK_EQUAL((u64)converted, TABLES_VIRTUAL + 0x123);
	CHECK_EQUAL(convert_results[0], EFI_SUCCESS);
	CHECK_EQUAL(convert_results[1], EFI_INVALID_PARAMETER);
	CHECK_EQUAL(convert_results[2], EFI_SUCCESS);
	CHECK_EQUAL(convert_results[3], EFI_NOT_FOUND);

	runtime_data = &data;
	CHECK_EQUAL(set_map(), EFI_UNSUPPORTED);
	CHECK_EQUAL(runtime_convert_pointer(0, &converted), EFI_UNSUPPORTED);
	CHECK_EQUAL(calls, 1);
}

TEST(bad_maps_are_refused)
{
	EFI_SYSTEM_TABLE before;

	start();
	before = system_table;
	data.at_runtime = false;
	CHECK_EQUAL(set_map(), EFI_UNSUPPORTED);
	data.at_runtime = true;
	CHECK_EQUAL(runtime_set_virtual_address_map(sizeof(map), sizeof(map[0]), 1, NULL),
		    EFI_INVALID_PARAMETER);
	CHECK_EQUAL(runtime_set_virtual_address_map(sizeof(map), sizeof(map[0]), 2, &map[0].part),
		    EFI_INVALID_PARAMETER);
	CHECK_EQUAL(runtime_set_virtual_address_map(sizeof(map), 39, 1, &map[0].part),
		    EFI_INVALID_PARAMETER);
	CHECK_EQUAL(runtime_set_virtual_address_map(0, sizeof(map[0]), 1, &map[0].part),
		    EFI_INVALID_PARAMETER);
	for (u32 i = 1; i < 4; i++) {
		u64 pages = map[i].part.NumberOfPages;

		map[i].part.NumberOfPages = 0;
		CHECK_OF(set_map() == EFI_NO_MAPPING, "without entry %u", i);
		map[i].part.NumberOfPages = pages;
		map[i].part.Attribute = 0;
		CHECK_OF(set_map() == EFI_NO_MAPPING, "entry %u not of the runtime", i);
		map[i].part.Attribute = EFI_MEMORY_RUNTIME;
	}
	map[1].part.NumberOfPages = 1; /* half of the code */
	CHECK_EQUAL(set_map(), EFI_NO_MAPPING);
	CHECK(memcmp(&before, &system_table, sizeof(before)) == 0);
	CHECK_EQUAL(calls, 0);
	CHECK(runtime_data == &data);
	map[1].part.NumberOfPages = UINT64_MAX;
	CHECK_EQUAL(set_map(), EFI_SUCCESS);
}

TEST(drivers_are_relocated)
{
	u64 base = (uintptr_t)image;
	u8 *block = image + RELOCATIONS;

	start();
	memset(image, 0, sizeof(image));
	data.images[1] = (struct runtime_image){ base, IMAGE_SIZE, RELOCATIONS, 64 };
	store_le64(image + 0x10, base + 0x100);
	store_le64(image + 0x18, base + IMAGE_SIZE); /* the end of it is still its own */
	store_le64(image + 0x20, 0x7000000300);      /* the driver has converted it */
	store_le64(image + 0x28, base + 0x100);      /* of another type of relocation */
	store_le64(image + 0x30, base + 0x100);      /* not listed */
	store_le32(block, 0);
	store_le32(block + 4, 8 + 2 * 5);
	store_le16(block + 8, 10 << 12 | 0x10);
	store_le16(block + 10, 10 << 12 | 0x18);
	store_le16(block + 12, 10 << 12 | 0x20);
	store_le16(block + 14, 3 << 12 | 0x28);
	store_le16(block + 16, 0);
	store_le32(block + 18, 0x1000); /* the last bytes of the image are not enough */
	store_le32(block + 22, 8 + 2);
	store_le16(block + 26, 10 << 12 | 0xffc);
	store_le32(block + 28, 0xfffff000); /* outside, and a block that is too short */
	store_le32(block + 32, 10);
	store_le16(block + 36, 10 << 12 | 0xffc);
	store_le32(block + 38, 0);
	store_le32(block + 42, 4);
	CHECK_EQUAL(set_map(), EFI_SUCCESS);
	CHECK_EQUAL(load_le64(image + 0x10), 0x7000000100);
	CHECK_EQUAL(load_le64(image + 0x18), 0x7000000000 + IMAGE_SIZE);
	CHECK_EQUAL(load_le64(image + 0x20), 0x7000000300);
	CHECK_EQUAL(load_le64(image + 0x28), base + 0x100);
	CHECK_EQUAL(load_le64(image + 0x30), base + 0x100);
}
