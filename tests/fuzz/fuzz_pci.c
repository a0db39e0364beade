/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration space and registers with any content: the placement of a ROM, the scan, bridges,
 * capabilities, BARs and their assignment, and the initialisation of a virtio device up to its
 * first queue. virtio/pci.c is included here so that it can be used without allocations that are
 * never freed.
 *
 * Input: 1 flags, 1 count of functions, for each: 1 bus, 1 device and function, 1 size, that many
 * bytes of pairs (offset, value); the rest is what registers read as, and the DSDT.
 */
#include <stdlib.h>
#include <string.h>

static void *fuzz_allocate(__SIZE_TYPE__ size);
#define virtio_allocate fuzz_allocate
#include "drivers/virtio/pci.c"
#undef virtio_allocate

#include "drivers/pci/place.h"
#include "drivers/platform/acpi.h"
#include "lib/span.h"
#include "tests/host/host.h"

enum { FUNCTIONS_MAX = 16, REGISTER_READS_MAX = 4096 };

#define ECAM_BASE 0xe0000000ull

static struct {
	u8 bus, slot;
	u8 config[256];
} functions[FUNCTIONS_MAX];

static u32 function_count;
static bool has_ecam, has_dsdt;
static struct reader input;
static u32 ports_address;

const struct pci_driver *const pci_drivers[] = { &virtio_pci_driver, NULL };

static void *fuzz_allocate(size_t size)
{
	static struct virtio_pci memory;

	memset(&memory, 0, sizeof(memory));
	return size <= sizeof(memory) ? &memory : NULL;
}

/* A driver that does as much as possible and then fails. */
static enum status fuzz_probe(struct virtio_device *device)
{
	struct virtqueue queue = { 0 };
	enum status result = virtio_begin(device, UINT64_MAX);

	if (result)
		return result;
	for (u32 offset = 0; offset < 64; offset += 4)
		device->transport->config_read32(device, offset);
	result = virtqueue_create(device, 0, 3, 10, &queue);
	if (!result)
		virtqueue_notify(&queue);
	if (queue.descriptor_ring && memory_free(queue.descriptor_ring, PAGE_SIZE))
		abort();
	return ERR_NOT_FOUND;
}

static const struct virtio_driver fuzz_driver = { .name = "fuzz",
						  .id = VIRTIO_ID_BLOCK,
						  .probe = fuzz_probe };
const struct virtio_driver *const virtio_drivers[] = { &fuzz_driver, NULL };

bool acpi_ecam(u32 index, struct ecam *out)
{
	*out = (struct ecam){ .base = ECAM_BASE, .bus_last = 15 };
	return has_ecam && index == 0;
}

enum status acpi_find_table(const char *signature, u32 index, struct span *out)
{
	(void)signature, (void)index;
	*out = input.rest;
	return has_dsdt ? OK : ERR_NOT_FOUND;
}

/*
 * The function determines what is writable: BARs keep the bits permitted by the byte after them in
 * the header.
 */
static void access_config(u8 bus, u8 slot, u32 offset, u32 size, bool write, u64 *value)
{
	for (u32 i = 0; i < function_count; i++) {
		if (functions[i].bus != bus || functions[i].slot != slot || offset + size > 256)
			continue;
		if (write) {
			u32 keep = functions[i].config[0x3c] & 15;

			for (u32 k = 0; k < size; k++)
				if (k >= keep / 4)
					functions[i].config[offset + k] = (u8)(*value >> (8 * k));
			return;
		}
		*value = 0;
		for (u32 k = 0; k < size; k++)
			*value |= (u64)functions[i].config[offset + k] << (8 * k);
		return;
	}
	*value = UINT64_MAX;
}

static void access_memory(void *context, u64 address, u32 size, bool write, u64 *value)
{
	(void)context;
	if (address >= ECAM_BASE && address < ECAM_BASE + 16 * MIB)
		return access_config((u8)((address - ECAM_BASE) >> 20), (u8)(address >> 12),
				     address & 4095, size, write, value);
	if (!write)
		*value = read_u8(&input) | (u64)read_u8(&input) << 8 | (u64)read_le16(&input) << 16;
}

static void access_ports(void *context, u64 port, u32 size, bool write, u64 *value)
{
	(void)context;
	if (port == 0xcf8 && write)
		ports_address = (u32)*value;
	else if (port == 0xcf8)
		*value = ports_address;
	else
		access_config((u8)(ports_address >> 16), (u8)(ports_address >> 8),
			      (ports_address & 0xfc) + (u32)(port - 0xcfc), size, write, value);
}

static void read_functions(void)
{
	function_count = read_u8(&input) % (FUNCTIONS_MAX + 1);
	memset(functions, 0, sizeof(functions));
	for (u32 i = 0; i < function_count; i++) {
		functions[i].bus = read_u8(&input) % 16;
		functions[i].slot = read_u8(&input);
		store_le32(functions[i].config, 0x10421af4);
		for (u32 left = read_u8(&input); left; left--) {
			u8 offset = read_u8(&input);

			functions[i].config[offset] = read_u8(&input);
		}
	}
}

static u8 interrupt_line(u8 slot, u8 pin)
{
	return (u8)(slot + pin);
}

/* As on q35 or i440FX. */
static void place(bool has_more_roots)
{
	static const struct ecam ecam = { .base = ECAM_BASE, .bus_last = 15 };
	const struct pci_placement placement = {
		.ecam = has_ecam ? &ecam : NULL,
		.ports = { 0xc000, 0x10000 },
		.low = { 0xf0000000, 0xfec00000 },
		.high = { 4 * GIB, 64 * GIB },
		.has_more_roots = has_more_roots,
		.interrupt_line = interrupt_line,
	};

	if (pci_place_all(&placement))
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static bool prepared;
	u8 flags;

	if (!prepared) {
		host_ticks_per_look = (u64)HOST_TICKS_PER_SECOND * 60;
		host_mmio_handler(0, UINT64_MAX, access_memory, NULL);
		host_port_handler(0xcf8, 8, access_ports, NULL);
		prepared = true;
	}
	input = (struct reader){ .rest = span_of(data, size) };
	flags = read_u8(&input);
	has_ecam = flags & 1;
	has_dsdt = flags & 2;
	read_functions();
	if (flags & 4)
		place(flags & 8);
	pci_probe();
	return 0;
}
