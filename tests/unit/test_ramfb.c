/* SPDX-License-Identifier: Apache-2.0 */
/* drivers/display/ramfb.c against a fw_cfg device that reads and writes memory. */
#include "tests/unit/test.h"

#include "core/display.h"
#include "core/memory.h"
#include "drivers/display/display.h"
#include "drivers/platform/fw_cfg.h"
#include "lib/span.h"
#include "tests/host/host.h"

enum { DMA_READ = 2, DMA_SELECT = 8, DMA_WRITE = 16, ITEM = 0x2a };

static u8 directory[4 + 128 * 64];
static u8 configuration[28];
static u32 transfers;
static bool refuses;

static u32 be32(u32 value)
{
	return __builtin_bswap32(value);
}

static void answer(u8 *request)
{
	u32 control = load_be32(request), size = load_be32(request + 4);
	u8 *memory = (u8 *)(((uintptr_t)load_be32(request + 8) << 32) | load_be32(request + 12));

	transfers++;
	if (refuses) {
		store_le32(request, be32(1));
		return;
	}
	if (control == ((u32)0x19 << 16 | DMA_SELECT | DMA_READ)) {
		CHECK(size <= sizeof(directory));
		memcpy(memory, directory, size);
	} else {
		CHECK_EQUAL(control, (u32)ITEM << 16 | DMA_SELECT | DMA_WRITE);
		CHECK_EQUAL(size, sizeof(configuration));
		memcpy(configuration, memory, sizeof(configuration));
	}
	store_le32(request, 0);
}

/* The firmware's data is below 4 GiB; a test's data is in the same 4 GiB as this object. */
static void handle(void *context, u64 address, u32 size, bool write, u64 *value)
{
	(void)context;
	CHECK_EQUAL(size, 4);
	if (!write)
		*value = address == 0x514 ? 0x554d4551 : 0;
	else if (address == 0x518)
		answer((u8 *)(((uintptr_t)directory & ~(uintptr_t)UINT32_MAX) | be32((u32)*value)));
}

static void add_file(u32 index, const char *name, u32 size)
{
	u8 *file = directory + 4 + (size_t)index * 64;

	store_le32(file, be32(size));
	file[5] = ITEM;
	memcpy(file + 8, name, strlen(name) + 1);
}

static void start(u32 count)
{
	host_handlers_forget();
	host_port_handler(0x514, 8, handle, NULL);
	memset(directory, 0, sizeof(directory));
	store_le32(directory, be32(count));
	transfers = 0;
	refuses = false;
}

static void probe(void)
{
	(void)fw_cfg_probe();
	ramfb_probe();
}

TEST(without_the_device_nothing_happens)
{
	host_memory_init();
	host_handlers_forget();
	host_port_accesses = 0;
	probe();
	CHECK_EQUAL(host_port_accesses, 3);
	start(0);
	add_file(0, "etc/ramfb", 28);
	probe();
	start(2);
	add_file(0, "etc/ramfb2", 28);
	add_file(1, "etc/ram", 28);
	probe();
	start(1);
	add_file(0, "etc/ramfb", 29);
	probe();
	start(1);
	add_file(0, "etc/ramfb", 28);
	refuses = true;
	probe();
	CHECK(!display_first());
}

TEST(the_screen_is_reserved_memory)
{
	const struct memory_range *map;
	u32 count, reserved = 0;
	u64 base;

	start(UINT32_MAX); /* more than there can be */
	add_file(63, "etc/ramfb", 28);
	probe();
	CHECK(display_first() != NULL);
	if (!display_first())
		return;
	base = display_first()->framebuffer.base;
	CHECK_EQUAL((u64)load_be32(configuration) << 32 | load_be32(configuration + 4), base);
	CHECK_EQUAL(load_be32(configuration + 8), 0x34325258);
	CHECK_EQUAL(load_be32(configuration + 16), 1024);
	CHECK_EQUAL(load_be32(configuration + 20), 768);
	CHECK_EQUAL(load_be32(configuration + 24), 4096);
	map = memory_map(&count);
	for (u32 i = 0; i < count; i++)
		if (map[i].base <= base && map[i].end >= base + 1024 * 768 * 4)
			reserved += map[i].type == MEMORY_RESERVED;
	CHECK_EQUAL(reserved, 1);
	CHECK_EQUAL(display_set_mode(display_first(), 0), OK);
	CHECK_EQUAL(load_be32(configuration + 16), 640);
	refuses = true;
	CHECK_EQUAL(display_set_mode(display_first(), 1), ERR_IO);
	CHECK_EQUAL(display_first()->mode, 0);
}
