/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where virtio-mmio devices are, according to a command line and a DSDT of any bytes. The number of
 * windows is bounded, and both texts are read within their bounds. mmio_windows.c is included here
 * so that no device is needed.
 *
 * Input: 1 whether windows have devices, 2 size of the command line, the command line, the DSDT.
 */
#include <stdlib.h>

/* The functions that it calls: these are the target's. */
#define virtio_mmio_probe_window probe_fuzzed_window
#define acpi_find_table find_fuzzed_table
#include "drivers/virtio/mmio_windows.c"

#include "tests/fuzz/check.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static struct span dsdt_bytes;
static u32 windows, slots;
static bool devices_exist;

enum status probe_fuzzed_window(u64 base, u64 size)
{
	if (base >= MICROVM_BASE && base - MICROVM_BASE < 0x10000 && size == MICROVM_SLOT_SIZE)
		slots++;
	else
		windows++;
	return devices_exist ? OK : ERR_NOT_FOUND;
}

enum status find_fuzzed_table(const char *signature, u32 index, struct span *out)
{
	CHECK(memcmp(signature, "DSDT", 5) == 0 && index == 0);
	*out = dsdt_bytes;
	return dsdt_bytes.size ? OK : ERR_NOT_FOUND;
}

/* Of exactly its size, so that the sanitizer notices what is read outside of it. */
static u8 *copy_of(struct span bytes)
{
	u8 *copy = malloc(bytes.size + !bytes.size);

	CHECK(copy);
	if (bytes.size)
		memcpy(copy, bytes.data, bytes.size);
	return copy;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct reader input = { .rest = span_of(data, size) };
	struct span line;
	u8 *line_copy, *dsdt_copy;

	devices_exist = read_u8(&input) & 1;
	line = read_bytes(&input, min_u64(read_le16(&input), input.rest.size));
	line_copy = copy_of(line);
	dsdt_copy = copy_of(input.rest);
	boot_info.command_line = span_of(line_copy, line.size);
	dsdt_bytes = span_of(dsdt_copy, input.rest.size);
	windows = slots = 0;
	virtio_mmio_probe();
	CHECK(windows <= WINDOWS_MAX && slots <= WINDOWS_MAX + MICROVM_SLOT_COUNT);
	boot_info.command_line = span_of(NULL, 0);
	free(line_copy);
	free(dsdt_copy);
	return 0;
}
