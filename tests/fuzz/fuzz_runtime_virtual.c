/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SetVirtualAddressMap with any map, and a runtime driver with any base relocations. A refused map
 * changes nothing; otherwise each address is converted by the map or is as it was.
 *
 * Input: 2 size of the driver's image, 2 offset of its relocations, the image, then 1 bytes that a
 * descriptor has more, 1 descriptors, each of 1 kind and 3 numbers.
 */
#include <stdlib.h>

#include "efi/runtime/runtime.h"
#include "lib/span.h"
#include "lib/string.h"
#include "lib/util.h"
#include "tests/fuzz/check.h"
#include "tests/host/runtime_tables.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { DESCRIPTORS_MAX = 12, MORE_MAX = 16, IMAGE_SIZE_MAX = 2 * PAGE_SIZE };

static struct runtime_data runtime;
static EFI_SYSTEM_TABLE table;
static u8 map[DESCRIPTORS_MAX * (sizeof(EFI_MEMORY_DESCRIPTOR) + MORE_MAX)];
static size_t map_size, descriptor_size;
static u32 calls;

static void EFIAPI on_virtual(EFI_EVENT event, VOID *context)
{
	void *address = (void *)CODE;

	(void)event, (void)context;
	calls++;
	CHECK(runtime_convert_pointer(0, &address) == EFI_SUCCESS);
}

/* By the first descriptor that has it. */
static bool is_converted(u64 from, u64 to)
{
	for (size_t at = 0; at < map_size; at += descriptor_size) {
		EFI_MEMORY_DESCRIPTOR part;

		memcpy(&part, map + at, sizeof(part));
		if (part.Attribute & EFI_MEMORY_RUNTIME && from >= part.PhysicalStart &&
		    (from - part.PhysicalStart) / PAGE_SIZE < part.NumberOfPages)
			return to - from == part.VirtualStart - part.PhysicalStart;
	}
	return to == from;
}

static void add_descriptor(struct reader *input, u8 *to, u64 image)
{
	const u64 bases[] = { CODE, (uintptr_t)&runtime, TABLES, DEVICE, image, 0 };
	u8 kind = read_u8(input);
	u64 start = read_le64(input), virtual = read_le64(input), pages = read_le64(input);
	EFI_MEMORY_DESCRIPTOR part = {
		.PhysicalStart = kind & 8 ?
					 start :
					 align_down(bases[kind % 8 % ARRAY_SIZE(bases)], PAGE_SIZE),
		.VirtualStart = virtual,
		.NumberOfPages = kind & 16 ? pages : pages % 64,
		.Attribute = kind & 32 ? 0 : EFI_MEMORY_RUNTIME,
	};

	memcpy(to, &part, sizeof(part));
}

static void make_map(struct reader *input, u64 image)
{
	u32 count;

	descriptor_size = sizeof(EFI_MEMORY_DESCRIPTOR) + read_u8(input) % (MORE_MAX + 1);
	count = 1 + read_u8(input) % DESCRIPTORS_MAX;
	map_size = count * descriptor_size;
	for (u32 i = 0; i < count; i++)
		add_descriptor(input, map + i * descriptor_size, image);
}

static void make_runtime(void)
{
	make_runtime_tables(&runtime, &table);
	runtime.events[0] = (struct runtime_event){ &calls, on_virtual, NULL };
	runtime.reset.count = 1;
	runtime.reset.writes[0] =
		(struct runtime_write){ .address = DEVICE, .space = RUNTIME_MEMORY };
	calls = 0;
}

static void check_conversion(void)
{
	const u8 *entries = (const u8 *)&runtime.services + sizeof(runtime.services.Hdr);

	CHECK(calls == 1 && runtime.is_virtual);
	CHECK(is_converted((uintptr_t)&runtime, (uintptr_t)runtime_data));
	CHECK(is_converted(TABLES, (uintptr_t)table.FirmwareVendor));
	CHECK(is_converted(TABLES + 0x800, (uintptr_t)table.ConfigurationTable));
	CHECK(is_converted((uintptr_t)&runtime.services, (uintptr_t)table.RuntimeServices));
	for (u32 i = 0; i < RUNTIME_SERVICE_COUNT; i++)
		CHECK(is_converted(CODE + 16 * i, load_le64(entries + 8 * i)));
	CHECK(!runtime.reset.writes[0].address ||
	      is_converted(DEVICE, runtime.reset.writes[0].address));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct reader input = { .rest = span_of(data, size) };
	size_t image_size = 1 + read_le16(&input) % IMAGE_SIZE_MAX;
	u32 relocations = (u32)(read_le16(&input) % image_size);
	/* Of exactly its size, so that the sanitizer notices what is outside. */
	u8 *image = malloc(image_size), *image_before = malloc(image_size);
	EFI_SYSTEM_TABLE kept;

	CHECK(image && image_before);
	for (size_t i = 0; i < image_size; i++)
		image[i] = image_before[i] = read_u8(&input);
	make_map(&input, (uintptr_t)image);
	make_runtime();
	runtime.images[0] = (struct runtime_image){ (uintptr_t)image, image_size, relocations,
						    image_size - relocations };
	kept = table;
	if (runtime_set_virtual_address_map(map_size, descriptor_size, EFI_MEMORY_DESCRIPTOR_VERSION,
					    (EFI_MEMORY_DESCRIPTOR *)(void *)map)) {
		CHECK(calls == 0 && !runtime.is_virtual && runtime_data == &runtime);
		CHECK(memcmp(&kept, &table, sizeof(table)) == 0);
		CHECK(memcmp(image, image_before, image_size) == 0);
	} else {
		check_conversion();
	}
	free(image);
	free(image_before);
	return 0;
}
