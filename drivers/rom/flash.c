/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QEMU's second pflash: the flash that ends where the ROM begins. Its properties are read by a
 * CFI query (JEDEC JESD68.01), a byte at each address:
 *
 *	offset	size
 *	0x10	3	"QRY"
 *	0x13	2	command set, 1: Intel
 *	0x2a	2	logarithm of the bytes in a program buffer
 *	0x2c	1	regions of erase blocks
 *	0x2d	2	blocks of the first region - 1
 *	0x2f	2	bytes of one of these, in units of 256
 *
 * QEMU derives the size at 0x27 from the lowest bit of the true size. The regions are right.
 */
#include <asm/io.h>

#include "core/flash.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/rom.h"
#include "drivers/rom/rom.h"
#include "lib/util.h"

enum {
	QUERY = 0x98,
	READ_ARRAY = 0xff,
	BUFFER_SIZE_MIN_LOG2 = 5,
	BUFFER_SIZE_MAX_LOG2 = 8, /* its count fits into a byte */
	BLOCK_UNIT = 256,
	BLOCK_SIZE_MAX = 64 * 1024,
	SIZE_MAX_ALL = 8 * 1024 * 1024, /* of QEMU, with the ROM */
	ANSWER_SIZE = 0x31,
};

#define END (MEMORY_BELOW_4_GIB - ROM_SIZE)

/* Asks the flash at @base. */
static void query(u64 base, u8 *answer)
{
	volatile u8 *flash = (volatile u8 *)(uintptr_t)base;

	mmio_write8(flash + 0x55, QUERY);
	for (u32 i = 0; i < ANSWER_SIZE; i++)
		answer[i] = mmio_read8(flash + i);
	mmio_write8(flash, READ_ARRAY);
}

/* False: we cannot use it. */
static bool understand(const u8 *answer, struct flash *out)
{
	u32 blocks = load_le16(answer + 0x2d) + 1u;
	u32 block_size = load_le16(answer + 0x2f) * BLOCK_UNIT;
	u32 buffer = load_le16(answer + 0x2a);

	if (memcmp(answer + 0x10, "QRY\1\0", 5) != 0 || answer[0x2c] != 1 ||
	    block_size < PAGE_SIZE || block_size > BLOCK_SIZE_MAX || !is_power_of_two(block_size) ||
	    (u64)blocks * block_size > SIZE_MAX_ALL - ROM_SIZE || buffer < BUFFER_SIZE_MIN_LOG2)
		return false;
	*out = (struct flash){
		.size = blocks * block_size,
		.block_size = block_size,
		.buffer_size = 1u << min_u64(buffer, BUFFER_SIZE_MAX_LOG2),
	};
	out->base = END - out->size;
	return true;
}

void rom_flash_find(void)
{
	u8 last[ANSWER_SIZE], first[ANSWER_SIZE];
	struct flash found;

	/* The initial page tables still map everything below 4 GiB. */
	if (memory_has_ram(END - PAGE_SIZE, PAGE_SIZE))
		return;
	query(END - PAGE_SIZE, last);
	if (!understand(last, &found))
		return;
	/* It must answer at the address at which it claims to begin. */
	if (memory_has_ram(found.base, found.size))
		return;
	query(found.base, first);
	if (memcmp(first + 0x10, last + 0x10, ANSWER_SIZE - 0x10) != 0)
		return log_warning("flash below the ROM: not used: it reports two different sizes");
	log_debug("flash at 0x%lx: %u KiB in blocks of %u", found.base, found.size / 1024,
		  found.block_size);
	variable_flash = found;
}
