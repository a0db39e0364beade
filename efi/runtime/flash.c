/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Intel command set (JEDEC JEP137, 0x0001), a byte at a time:
 *
 *	0x40, value				programs one byte
 *	0xe8, count - 1, values, 0xd0		programs up to buffer_size bytes, from one buffer
 *	0x20, 0xd0				erases the block
 *	0x50					clears the bits of errors
 *	0xff					back to reading
 *
 * Reads return the status until the device is told to go back: all code here, and all data that
 * it writes, is elsewhere.
 */
#include "efi/runtime/flash.h"

#include <asm/io.h>

#include "lib/span.h"
#include "lib/util.h"

enum {
	PROGRAM_BYTE = 0x40,
	PROGRAM_BUFFER = 0xe8,
	ERASE = 0x20,
	CONFIRM = 0xd0,
	CLEAR_STATUS = 0x50,
	READ_ARRAY = 0xff,

	READY = 0x80,
	ERRORS = 0x3a, /* erase, program, voltage, lock */

	/* A VMM is ready at once; a block of a real device takes a second to erase. */
	POLLS_MAX = 1000000,
	COPY_SIZE = 256,
};

static volatile u8 *place(const struct flash *flash, u32 offset)
{
	return (volatile u8 *)(uintptr_t)(flash->base + offset);
}

const u8 *flash_bytes(const struct flash *flash, u32 offset)
{
	return (const u8 *)(uintptr_t)(flash->base + offset);
}

static bool wait_until_ready(volatile u8 *at)
{
	for (u32 i = 0; i < POLLS_MAX; i++) {
		u8 status = mmio_read8(at);

		if (status & READY)
			return !(status & ERRORS);
	}
	return false;
}

/* Waits for the end of a command, and goes back to reading. */
static bool finish(volatile u8 *at)
{
	bool done = wait_until_ready(at);

	mmio_write8(at, CLEAR_STATUS);
	mmio_write8(at, READ_ARRAY);
	return done;
}

static bool program_byte(volatile u8 *at, u8 value)
{
	mmio_write8(at, PROGRAM_BYTE);
	mmio_write8(at, value);
	return finish(at);
}

/* @size bytes within one buffer. */
static bool program_buffer(volatile u8 *at, const u8 *data, u32 size)
{
	if (size == 1)
		return program_byte(at, *data);
	mmio_write8(at, PROGRAM_BUFFER);
	if (!wait_until_ready(at)) {
		(void)finish(at);
		return false;
	}
	mmio_write8(at, (u8)(size - 1));
	for (u32 i = 0; i < size; i++)
		mmio_write8(at + i, data[i]);
	mmio_write8(at, CONFIRM);
	return finish(at);
}

bool flash_program(const struct flash *flash, u32 offset, const void *data, u32 size)
{
	const u8 *from = data;

	for (u32 done = 0; done < size;) {
		u32 to = offset + done;
		u32 part = (u32)min_u64(size - done,
					flash->buffer_size - (to & (flash->buffer_size - 1)));

		if (!program_buffer(place(flash, to), from + done, part))
			return false;
		done += part;
	}
	return !size || memcmp(flash_bytes(flash, offset), data, size) == 0;
}

bool flash_is_blank(const struct flash *flash, u32 offset, u32 size)
{
	const u8 *bytes = flash_bytes(flash, offset);
	u32 i = 0;

	for (; i + 8 <= size; i += 8)
		if (load_le64(bytes + i) != UINT64_MAX)
			return false;
	for (; i < size; i++)
		if (bytes[i] != 0xff)
			return false;
	return true;
}

bool flash_erase(const struct flash *flash, u32 offset)
{
	volatile u8 *at = place(flash, offset);

	mmio_write8(at, ERASE);
	mmio_write8(at, CONFIRM);
	return finish(at) && flash_is_blank(flash, offset, flash->block_size);
}

bool flash_copy(const struct flash *flash, u32 to, u32 from, u32 size)
{
	u8 buffer[COPY_SIZE];

	for (u32 done = 0; done < size;) {
		/* In parts that end at the boundaries of the device's buffers. */
		u32 part = (u32)min_u64(size - done, COPY_SIZE - ((to + done) & (COPY_SIZE - 1)));

		if (!flash_is_blank(flash, from + done, part)) {
			memcpy(buffer, flash_bytes(flash, from + done), part);
			if (!flash_program(flash, to + done, buffer, part))
				return false;
		}
		done += part;
	}
	return true;
}
