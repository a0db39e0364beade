/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* MAP_FIXED_NOREPLACE */
#include "tests/host/fake_flash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/util.h"
#include "tests/host/host.h"

enum { READY = 0x80, ERASE_ERROR = 0x20, PROGRAM_ERROR = 0x10 };

static bool change(struct fake_flash *fake, u32 offset, u8 value)
{
	if (!fake->changes_left)
		return false;
	fake->changes_left--;
	fake->changes++;
	fake->bytes[offset] = value;
	return true;
}

static void program(struct fake_flash *fake, u32 offset, u8 value)
{
	if (fake->read_only || !change(fake, offset, fake->bytes[offset] & value))
		fake->status |= PROGRAM_ERROR;
}

/* Erases byte by byte, so that the power can fail in the middle, and from both ends, as the order
 * is not defined.
 */
static void erase(struct fake_flash *fake, u32 offset)
{
	u32 size = fake->flash.block_size;

	offset &= ~(size - 1);
	for (u32 i = 0; i < size; i++)
		if (fake->read_only ||
		    !change(fake, offset + (i % 2 ? size - 1 - i / 2 : i / 2), 0xff)) {
			fake->status |= ERASE_ERROR;
			return;
		}
}

static void command(struct fake_flash *fake, u8 value)
{
	fake->command = value;
	if (value == 0x50)
		fake->status = 0;
	if (value == 0x50 || value == 0xff)
		fake->command = 0;
	if (value == 0xe8) {
		fake->has_count = false;
		fake->count = 0;
	}
}

static void buffer(struct fake_flash *fake, u32 offset, u8 value)
{
	u32 mask = ~(fake->flash.buffer_size - 1);

	if (!fake->has_count) {
		fake->expected = value + 1u;
		fake->has_count = true;
		return;
	}
	if (fake->count < fake->expected) {
		if (fake->count == 0)
			fake->start = offset;
		if (((offset ^ fake->start) & mask) || offset != fake->start + fake->count)
			abort();
		fake->buffer[fake->count++] = value;
		return;
	}
	if (value != 0xd0)
		abort();
	for (u32 i = 0; i < fake->count; i++)
		program(fake, fake->start + i, fake->buffer[i]);
	fake->command = 0x70;
}

static void on_access(void *context, u64 address, u32 size, bool write, u64 *value)
{
	struct fake_flash *fake = context;
	u32 offset = (u32)(address - fake->flash.base);

	if (size != 1)
		abort();
	if (!write) {
		*value = fake->command ? fake->status | (fake->is_busy ? 0 : READY) :
					 fake->bytes[offset];
		return;
	}
	switch (fake->command) {
	case 0x40:
		program(fake, offset, (u8)*value);
		fake->command = 0x70;
		break;
	case 0x20:
		if (*value == 0xd0)
			erase(fake, offset);
		fake->command = 0x70;
		break;
	case 0xe8:
		buffer(fake, offset, (u8)*value);
		break;
	default:
		command(fake, (u8)*value);
	}
}

void fake_flash_reset(struct fake_flash *fake)
{
	fake->changes_left = UINT64_MAX;
	fake->changes = 0;
	fake->command = 0;
	fake->status = 0;
}

void fake_flash_init(struct fake_flash *fake, u32 size, u32 block_size, u32 buffer_size)
{
	static void *mapped;
	static u32 mapped_size;

	if (mapped)
		munmap(mapped, mapped_size);
	mapped = mmap((void *)(uintptr_t)FAKE_FLASH_BASE, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (mapped == MAP_FAILED) {
		perror("mmap");
		abort();
	}
	mapped_size = size;
	*fake = (struct fake_flash){
		.flash = { FAKE_FLASH_BASE, size, block_size, buffer_size },
		.bytes = mapped,
	};
	memset(fake->bytes, 0xff, size);
	fake_flash_reset(fake);
	host_handlers_forget();
	host_mmio_handler(FAKE_FLASH_BASE, size, on_access, fake);
}
