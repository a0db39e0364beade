/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequences of Map, Unmap, AllocateBuffer and FreeBuffer of PCI functions and root bridges against
 * a model: each status, each address, what the device sees of memory above 4 GiB and leaves there,
 * and that nothing stays allocated.
 *
 * Input: steps of 1 operation, then its arguments of 1 byte each.
 */
#include <sys/mman.h>

#include "lib/span.h"
#include "tests/fuzz/check.h"
#include "tests/host/pci_machine.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum {
	BUFFERS = 6,
	MAPPINGS = 12,
	STEPS_MAX = 200,
	HIGH_SIZE = 4 * PAGE_SIZE,
	IS_LONG = EfiPciOperationBusMasterRead64,
};

#define HIGH (1ull << 45) /* where AddressSanitizer lets us */

static struct {
	u8 *host; /* NULL: none */
	UINTN pages;
	u8 content;
} buffers[BUFFERS];

static struct {
	void *mapping; /* NULL: none */
	u8 *device;
	UINTN size;
	u64 offset; /* in high memory */
	bool is_copy, is_for_writing;
} mappings[MAPPINGS];

static u8 model[HIGH_SIZE];
static bool has_long_addresses[2];
static struct reader input;

static u32 take(u32 count)
{
	return read_u8(&input) % count;
}

static u8 *high(void)
{
	return (u8 *)HIGH;
}

/* Function 0 or 1, or a root bridge: those have operations for 64 bits of their own. */
static EFI_STATUS map(u32 who, u32 operation, void *host, UINTN *size, EFI_PHYSICAL_ADDRESS *device,
		      void **mapping)
{
	if (who == 2)
		return root_io(0)->Map(root_io(0), operation, host, size, device, mapping);
	return pci_io(who)->Map(pci_io(who), operation, host, size, device, mapping);
}

static EFI_STATUS unmap(u32 who, void *mapping)
{
	return who == 2 ? root_io(0)->Unmap(root_io(0), mapping) :
			  pci_io(who)->Unmap(pci_io(who), mapping);
}

/* Then no page is left. */
static bool take_shortage(void)
{
	bool is_short = take(16) == 15;

	host_allocations_left = is_short ? 0 : UINT64_MAX;
	return is_short;
}

static void end_of_shortage(void)
{
	host_allocations_left = UINT64_MAX;
}

static void map_high(void)
{
	u32 who = take(3), operation = take(EfiPciOperationMaximum + 1), index = take(MAPPINGS);
	u64 offset = read_u8(&input) * 64ull;
	UINTN size = take(2) ? read_u8(&input) : read_u8(&input) * 64ull;
	bool is_long = who < 2 ? has_long_addresses[who] : operation >= IS_LONG;
	u32 kind = operation % IS_LONG, maximum = who < 2 ? IS_LONG : EfiPciOperationMaximum;
	EFI_PHYSICAL_ADDRESS device = 0;
	void *mapping = NULL;
	EFI_STATUS wanted = EFI_SUCCESS;
	bool is_short = take_shortage();

	if (operation >= maximum)
		wanted = EFI_INVALID_PARAMETER;
	else if (offset + (size ? size : 1) > HIGH_SIZE)
		wanted = EFI_UNSUPPORTED;
	else if (!is_long && kind == EfiPciOperationBusMasterCommonBuffer)
		wanted = EFI_UNSUPPORTED;
	else if (!is_long && is_short)
		wanted = EFI_OUT_OF_RESOURCES;
	if (!wanted && mappings[index].mapping)
		return end_of_shortage();
	CHECK(map(who, operation, high() + offset, &size, &device, &mapping) == wanted);
	end_of_shortage();
	if (wanted)
		return;
	mappings[index].mapping = mapping;
	mappings[index].device = (u8 *)(uintptr_t)device;
	mappings[index].size = size;
	mappings[index].offset = offset;
	mappings[index].is_copy = !is_long;
	mappings[index].is_for_writing = kind == EfiPciOperationBusMasterWrite;
	CHECK(mapping);
	if (is_long)
		CHECK(device == HIGH + offset);
	else
		CHECK(device + size <= MEMORY_BELOW_4_GIB && device % PAGE_SIZE == 0);
	if (!is_long && !mappings[index].is_for_writing)
		CHECK(memcmp((void *)device, model + offset, size) == 0);
}

/* RAM below 4 GiB, no RAM, and what is in no address space. */
static void map_other(void)
{
	static const struct {
		u64 host, size;
		EFI_STATUS status;
	} rows[] = {
		{ RAM, 100, EFI_SUCCESS },
		{ RAM + 1, HOST_MEMORY_SIZE - 1, EFI_SUCCESS },
		{ RAM + 1, HOST_MEMORY_SIZE, EFI_UNSUPPORTED },
		{ (u64)RAM + HOST_MEMORY_SIZE, 0, EFI_UNSUPPORTED },
		{ MEMORY_BASE, 1, EFI_UNSUPPORTED },
		{ RAM, UINT64_MAX - RAM, EFI_UNSUPPORTED },
		{ RAM, UINT64_MAX, EFI_INVALID_PARAMETER },
		{ 0, 1, EFI_INVALID_PARAMETER },
	};
	u32 who = take(3), row = take(ARRAY_SIZE(rows));
	EFI_PHYSICAL_ADDRESS device = 0;
	UINTN size = rows[row].size;
	void *mapping = NULL;
	EFI_STATUS status =
		map(who, take(IS_LONG), (void *)rows[row].host, &size, &device, &mapping);

	CHECK(status == rows[row].status);
	CHECK(status || (device == rows[row].host && size == rows[row].size && mapping));
	if (!status)
		CHECK(!unmap(who, mapping));
}

/* The device writes to where it was told to. */
static void device_writes(void)
{
	u32 index = take(MAPPINGS);
	u8 value = read_u8(&input);

	if (!mappings[index].mapping || !mappings[index].is_for_writing)
		return;
	memset(mappings[index].device, value, mappings[index].size);
	if (!mappings[index].is_copy)
		memset(model + mappings[index].offset, value, mappings[index].size);
}

static void guest_writes(void)
{
	u64 offset = read_u8(&input) * 64ull;
	u8 value = read_u8(&input);

	memset(high() + offset, value, 64);
	memset(model + offset, value, 64);
}

static void end_mapping(u32 who, u32 index)
{
	if (!mappings[index].mapping)
		return;
	/* What the device has written arrives now, and what it has not written is as in its copy.
	 */
	if (mappings[index].is_copy && mappings[index].is_for_writing)
		memcpy(model + mappings[index].offset, mappings[index].device,
		       mappings[index].size);
	CHECK(!unmap(who, mappings[index].mapping));
	if (mappings[index].is_copy)
		CHECK(unmap(who, mappings[index].mapping) == EFI_INVALID_PARAMETER);
	mappings[index].mapping = NULL;
}

static void unmap_any(void)
{
	u32 who = take(3);

	if (take(8) == 0)
		CHECK(unmap(who, take(2) ? NULL : &model) == EFI_INVALID_PARAMETER);
	else
		end_mapping(who, take(MAPPINGS));
}

static void allocate(void)
{
	static const u64 attributes[] = { 0,
					  0,
					  EFI_PCI_ATTRIBUTE_MEMORY_WRITE_COMBINE,
					  EFI_PCI_ATTRIBUTE_MEMORY_CACHED,
					  EFI_PCI_ATTRIBUTE_DUAL_ADDRESS_CYCLE,
					  1 };
	static const u32 types[] = { EfiBootServicesData, EfiBootServicesData,
				     EfiRuntimeServicesData, EfiLoaderData };
	static const UINTN counts[] = { 1, 2, 5, 0, HOST_MEMORY_SIZE / PAGE_SIZE, ~0ull };
	u32 index = take(BUFFERS), who = take(3);
	u64 chosen = attributes[take(ARRAY_SIZE(attributes))];
	EFI_MEMORY_TYPE type = types[take(ARRAY_SIZE(types))];
	UINTN pages = counts[take(ARRAY_SIZE(counts))];
	void *host = NULL;
	EFI_STATUS wanted = EFI_SUCCESS;
	bool is_short;

	if (buffers[index].host)
		return;
	is_short = take_shortage();
	if (is_short || pages > 5)
		wanted = EFI_OUT_OF_RESOURCES;
	if (!pages)
		wanted = EFI_INVALID_PARAMETER;
	if (chosen == 1)
		wanted = EFI_UNSUPPORTED;
	if (type == EfiLoaderData)
		wanted = EFI_INVALID_PARAMETER;
	if (who < 2 && chosen == EFI_PCI_ATTRIBUTE_DUAL_ADDRESS_CYCLE)
		wanted = EFI_UNSUPPORTED;
	CHECK((who == 2 ? root_io(0)->AllocateBuffer(root_io(0), AllocateAnyPages, type, pages,
						     &host, chosen) :
			  pci_io(who)->AllocateBuffer(pci_io(who), AllocateAnyPages, type, pages,
						      &host, chosen)) == wanted);
	end_of_shortage();
	if (wanted)
		return;
	CHECK((u64)host % PAGE_SIZE == 0 && (u64)host >= RAM &&
	      (u64)host + pages * PAGE_SIZE <= (u64)RAM + HOST_MEMORY_SIZE);
	buffers[index].host = host;
	buffers[index].pages = pages;
	buffers[index].content = (u8)(index * 16 + pages);
	memset(host, buffers[index].content, pages * PAGE_SIZE);
}

static void free_buffer(u32 who, u32 index)
{
	u8 *host = buffers[index].host;

	if (!host)
		return;
	for (UINTN i = 0; i < buffers[index].pages * PAGE_SIZE; i += 512)
		CHECK(host[i] == buffers[index].content);
	CHECK(pci_io(who)->FreeBuffer(pci_io(who), buffers[index].pages, host + 1) ==
	      EFI_INVALID_PARAMETER);
	CHECK(pci_io(who)->FreeBuffer(pci_io(who), 1ull << 52, host) == EFI_INVALID_PARAMETER);
	CHECK(!(who ? root_io(0)->FreeBuffer(root_io(0), buffers[index].pages, host) :
		      pci_io(0)->FreeBuffer(pci_io(0), buffers[index].pages, host)));
	CHECK(pci_io(who)->FreeBuffer(pci_io(who), buffers[index].pages, host) ==
	      EFI_INVALID_PARAMETER);
	buffers[index].host = NULL;
}

static void free_any(void)
{
	u32 who = take(2);

	free_buffer(who, take(BUFFERS));
}

static void change_addresses(void)
{
	u32 f = take(2);

	has_long_addresses[f] = take(2);
	CHECK(!pci_io(f)->Attributes(pci_io(f),
				     has_long_addresses[f] ? EfiPciIoAttributeOperationEnable :
							     EfiPciIoAttributeOperationDisable,
				     EFI_PCI_IO_ATTRIBUTE_DUAL_ADDRESS_CYCLE, NULL));
}

static u64 free_memory(void)
{
	u64 sum = 0;
	u32 count;
	const struct memory_range *map_of_it = memory_map(&count);

	for (u32 i = 0; i < count; i++)
		if (map_of_it[i].type == MEMORY_CONVENTIONAL)
			sum += map_of_it[i].end - map_of_it[i].base;
	return sum;
}

static void set_up(void)
{
	static bool is_done;

	if (is_done)
		return;
	is_done = true;
	CHECK(mmap(high(), HIGH_SIZE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == high());
	pci_machine_start();
	boot_info_add_range(HIGH, HIGH_SIZE, MEMORY_CONVENTIONAL);
	host_memory_describe();
	/* What is allocated once only: the regions' descriptions. */
	CHECK(!pci_io(0)->Attributes(pci_io(0), EfiPciIoAttributeOperationSet, 0, NULL));
	CHECK(!pci_io(1)->Attributes(pci_io(1), EfiPciIoAttributeOperationSet, 0, NULL));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static void (*const steps[])(void) = { map_high,     map_high,  device_writes,
					       guest_writes, unmap_any, map_other,
					       allocate,     free_any,  change_addresses };
	s64 pieces;
	u64 memory;

	set_up();
	pieces = pool_pieces;
	memory = free_memory();
	memset(high(), 0, HIGH_SIZE);
	memset(model, 0, sizeof(model));
	input = (struct reader){ .rest = span_of(data, size) };
	for (u32 i = 0; i < STEPS_MAX && !span_is_empty(input.rest); i++) {
		steps[take(ARRAY_SIZE(steps))]();
		CHECK(memcmp(high(), model, HIGH_SIZE) == 0);
	}
	for (u32 i = 0; i < MAPPINGS; i++)
		end_mapping(0, i);
	for (u32 i = 0; i < BUFFERS; i++)
		free_buffer(0, i);
	CHECK(memcmp(high(), model, HIGH_SIZE) == 0);
	CHECK(pool_pieces == pieces && free_memory() == memory);
	return 0;
}
