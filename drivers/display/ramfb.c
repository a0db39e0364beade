/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QEMU's ramfb: the screen shows a part of RAM, which is described to the VMM in an fw_cfg file
 * (QEMU, docs/specs/fw_cfg.rst, hw/display/ramfb.c), big endian:
 *
 *	offset	size
 *	0	8	address
 *	8	4	format: fourcc XR24
 *	12	4	flags: 0
 *	16	4	width
 *	20	4	height
 *	24	4	bytes from one line to the next
 */
#include "core/log.h"
#include "core/memory.h"
#include "drivers/display/display.h"
#include "drivers/platform/fw_cfg.h"
#include "lib/util.h"

enum {
	CONFIGURATION_SIZE = 28,
	FORMAT_XR24 = 0x34325258,

	/* The kernel cannot use this memory, so the screen is at most 1024x768. */
	MEMORY_SIZE = 1024 * 768 * DISPLAY_PIXEL_SIZE,
};

static struct ramfb {
	struct display display;
	u64 memory;
	u16 item;
} ramfb;

static enum status show(struct display *display, u32 mode)
{
	static u8 configuration[CONFIGURATION_SIZE];
	const struct display_mode *wanted = &display->modes[mode];
	enum status status;

	store_be32(configuration, (u32)(ramfb.memory >> 32));
	store_be32(configuration + 4, (u32)ramfb.memory);
	store_be32(configuration + 8, FORMAT_XR24);
	store_be32(configuration + 12, 0);
	store_be32(configuration + 16, wanted->width);
	store_be32(configuration + 20, wanted->height);
	store_be32(configuration + 24, wanted->width * DISPLAY_PIXEL_SIZE);
	status = fw_cfg_write(ramfb.item, 0, sizeof(configuration), configuration);
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
	const struct fw_cfg_file *file;
	enum status status;

	if (display_first() || !fw_cfg_has_dma())
		return;
	file = fw_cfg_find("etc/ramfb");
	if (!file || file->size != CONFIGURATION_SIZE)
		return;
	ramfb.item = file->item;
	/* The kernel must not use it, either, because the screen shows it permanently. */
	status = memory_allocate(MEMORY_SIZE, PAGE_SIZE, MEMORY_BELOW_4_GIB, MEMORY_RESERVED,
				 &ramfb.memory);
	if (!status) {
		ramfb.display = (struct display){ .name = "screen ramfb", .show = show };
		status = display_start(&ramfb.display, MEMORY_SIZE);
	}
	if (status)
		log_warning("screen ramfb: %s", status_name(status));
}
