/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QEMU's ramfb: the screen shows a part of RAM, of which the VMM is told by a file of fw_cfg (QEMU,
 * docs/specs/fw_cfg.rst, hw/display/ramfb.c), all big endian:
 *
 *	offset	size
 *	0	8	address
 *	8	4	format: fourcc XR24
 *	12	4	flags: 0
 *	16	4	width
 *	20	4	height
 *	24	4	bytes from one line to the next
 *
 * A file of fw_cfg's directory is u32 size, u16 item, u16 reserved and 56 bytes of name; a request
 *for a transfer u32 what to do, u32 size, u64 address. Both are big endian, too.
 */
#include "core/log.h"
#include "core/memory.h"
#include "core/time.h"
#include "drivers/display/display.h"
#include "lib/util.h"

#include <asm/cpu.h>
#include <asm/io.h>

enum {
	PORT_DMA_HIGH = 0x514, /* reads as "QEMU" */
	PORT_DMA_LOW = 0x518,  /* the write that starts a transfer */
	SIGNATURE = 0x554d4551,

	DMA_ERROR = 1 << 0,
	DMA_READ = 1 << 1,
	DMA_SELECT = 1 << 3,
	DMA_WRITE = 1 << 4,
	DMA_TIMEOUT_MS = 1000,

	DIRECTORY = 0x19,
	FILES_MAX = 64,
	FILE_SIZE = 64,
	FILE_NAME = 8,
	CONFIGURATION_SIZE = 28,
	FORMAT_XR24 = 0x34325258,

	/* The kernel does not get it back, so no more than a screen of 1024 by 768. */
	MEMORY_SIZE = 1024 * 768 * DISPLAY_PIXEL_SIZE,
};

static struct ramfb {
	struct display display;
	u64 memory;
	u16 item;
} ramfb;

static void put_be32(u8 *to, u32 value)
{
	store_le32(to, __builtin_bswap32(value));
}

/* One request. Our image lies below 4 GiB, so the upper half of its address stays zero. */
static enum status transfer(u16 item, u32 action, void *memory, u32 size)
{
	static u8 request[16];
	struct deadline deadline = deadline_after(DMA_TIMEOUT_MS);
	volatile u32 *state = (volatile u32 *)request;

	put_be32(request, (u32)item << 16 | DMA_SELECT | action);
	put_be32(request + 4, size);
	put_be32(request + 8, (u32)((uintptr_t)memory >> 32));
	put_be32(request + 12, (u32)(uintptr_t)memory);
	memory_barrier_full();
	port_write32(PORT_DMA_LOW, __builtin_bswap32((u32)(uintptr_t)request));
	while (*state) {
		if (load_be32(request) & DMA_ERROR)
			return ERR_IO;
		if (deadline_passed(&deadline))
			return ERR_TIMEOUT;
	}
	memory_barrier_read();
	return OK;
}

/* The item of the file. False: the VMM has no such device. */
static bool find_file(u16 *item)
{
	static u8 directory[4 + FILES_MAX * FILE_SIZE];
	static const char name[] = "etc/ramfb";
	u64 count;

	if (port_read32(PORT_DMA_HIGH) != SIGNATURE ||
	    transfer(DIRECTORY, DMA_READ, directory, sizeof(directory)))
		return false;
	count = min_u64(load_be32(directory), FILES_MAX);
	for (u64 i = 0; i < count; i++) {
		const u8 *file = directory + 4 + i * FILE_SIZE;

		if (memcmp(file + FILE_NAME, name, sizeof(name)) != 0)
			continue;
		*item = (u16)(file[4] << 8 | file[5]);
		return load_be32(file) == CONFIGURATION_SIZE;
	}
	return false;
}

static enum status show(struct display *display, u32 mode)
{
	static u8 configuration[CONFIGURATION_SIZE];
	const struct display_mode *wanted = &display->modes[mode];
	enum status status;

	put_be32(configuration, (u32)(ramfb.memory >> 32));
	put_be32(configuration + 4, (u32)ramfb.memory);
	put_be32(configuration + 8, FORMAT_XR24);
	put_be32(configuration + 12, 0);
	put_be32(configuration + 16, wanted->width);
	put_be32(configuration + 20, wanted->height);
	put_be32(configuration + 24, wanted->width * DISPLAY_PIXEL_SIZE);
	status = transfer(ramfb.item, DMA_WRITE, configuration, sizeof(configuration));
	if (!status)
		display->framebuffer = (struct framebuffer){
			.base = ramfb.memory,
			.width = wanted->width,
			.height = wanted->height,
			.stride = wanted->width,
		};
	return status;
}

void ramfb_probe(void)
{
	enum status status;

	if (display_first() || !find_file(&ramfb.item))
		return;
	/* The kernel, too, must leave it alone: the screen shows it for ever. */
	status = memory_allocate(MEMORY_SIZE, PAGE_SIZE, MEMORY_BELOW_4_GIB, MEMORY_RESERVED,
				 &ramfb.memory);
	if (!status) {
		ramfb.display = (struct display){ .name = "screen ramfb", .show = show };
		status = display_start(&ramfb.display, MEMORY_SIZE);
	}
	if (status)
		log_warning("screen ramfb: %s", status_name(status));
}
