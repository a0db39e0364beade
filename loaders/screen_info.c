/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The screen in Linux's format, so that Linux can draw before its own driver is loaded (efifb).
 */
#include "core/display.h"
#include "loaders/boot_params.h"

void screen_info_fill(struct screen_info *out)
{
	const struct display *display = display_first();
	const struct framebuffer *framebuffer;

	if (!display)
		return;
	framebuffer = &display->framebuffer;
	*out = (struct screen_info){
		.type = SCREEN_TYPE_EFI,
		.width = (u16)framebuffer->width,
		.height = (u16)framebuffer->height,
		.depth = 8 * DISPLAY_PIXEL_SIZE,
		.base = (u32)framebuffer->base,
		.base_high = (u32)(framebuffer->base >> 32),
		.capabilities = framebuffer->base >> 32 ? SCREEN_64_BIT_BASE : 0,
		.size = (u32)framebuffer_size(framebuffer),
		.line_length = (u16)(framebuffer->stride * DISPLAY_PIXEL_SIZE),
		.red_size = 8,
		.red_position = 16,
		.green_size = 8,
		.green_position = 8,
		.blue_size = 8,
		.reserved_size = 8,
		.reserved_position = 24,
	};
}
