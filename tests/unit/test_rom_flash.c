/* SPDX-License-Identifier: Apache-2.0 */
/* The flash below the ROM, detected by its response to a CFI query. */
#include "core/flash.h"
#include "core/rom.h"
#include "drivers/rom/rom.h"
#include "lib/util.h"
#include "tests/host/host.h"
#include "tests/unit/test.h"

enum { SIZE = 528 * 1024, END = 0x100000000ull - ROM_SIZE, ANSWER_SIZE = 0x31 };

/* QEMU 7.2's response for 528 KiB. */
static const u8 qemu[ANSWER_SIZE] = {
	[0x10] = 'Q', [0x11] = 'R', [0x12] = 'Y', [0x13] = 1,   [0x15] = 0x31, [0x27] = 14,
	[0x28] = 2,   [0x2a] = 8,   [0x2c] = 1,   [0x2d] = 131, [0x2f] = 16,
};

static u8 answer[ANSWER_SIZE];
static bool is_query;
static u64 there_size; /* actual size */

static void on_access(void *context, u64 address, u32 size, bool write, u64 *value)
{
	(void)context;
	CHECK_EQUAL(size, 1);
	if (address < END - there_size) {
		if (!write)
			*value = 0xff;
		return;
	}
	if (write)
		is_query = *value == 0x98;
	else
		*value = is_query ? answer[(address & 0xff) % ANSWER_SIZE] : 0xff;
}

static const struct flash *look(u32 at, u8 value)
{
	memcpy(answer, qemu, sizeof(answer));
	if (at)
		answer[at] = value;
	variable_flash = (struct flash){ 0 };
	host_memory_init();
	host_handlers_forget();
	host_mmio_handler(END - 16 * MIB, 16 * MIB, on_access, NULL);
	rom_flash_find();
	CHECK(!is_query);
	return &variable_flash;
}

TEST(a_flash_of_qemu_is_found)
{
	there_size = SIZE;
	CHECK_EQUAL(look(0, 0)->base, END - SIZE);
	CHECK_EQUAL(variable_flash.size, SIZE);
	CHECK_EQUAL(variable_flash.block_size, 4096);
	CHECK_EQUAL(variable_flash.buffer_size, 256);
	/* The counts for a larger buffer need more than a byte. */
	CHECK_EQUAL(look(0x2a, 11)->buffer_size, 256);
	CHECK_EQUAL(look(0x2a, 6)->buffer_size, 64);
}

TEST(invalid_cfi_answers_are_refused)
{
	there_size = 0;
	CHECK_EQUAL(look(0, 0)->base, 0);
	there_size = SIZE;
	CHECK_EQUAL(look(0x12, 'Z')->base, 0);  /* not a CFI answer */
	CHECK_EQUAL(look(0x13, 2)->base, 0);    /* AMD's commands */
	CHECK_EQUAL(look(0x2c, 2)->base, 0);    /* blocks of two sizes */
	CHECK_EQUAL(look(0x2f, 0)->base, 0);    /* of no size */
	CHECK_EQUAL(look(0x2f, 17)->base, 0);   /* of an odd one */
	CHECK_EQUAL(look(0x30, 1)->base, 0);    /* too large */
	CHECK_EQUAL(look(0x2e, 0xff)->base, 0); /* all of them too large */
	CHECK_EQUAL(look(0x2a, 0)->base, 0);    /* no buffer */
	/* It starts at a higher address than it says. */
	there_size = SIZE / 2;
	CHECK_EQUAL(look(0, 0)->base, 0);
}
