/* SPDX-License-Identifier: Apache-2.0 */
/* The registered screens, and drawing on them. */
#include "core/display.h"

#include <stddef.h>

/* Far larger than any screen, but small enough that products do not wrap. */
enum { LENGTH_MAX = 8192 };

static struct display *first;

void display_register(struct display *display)
{
	struct display **end = &first;

	while (*end)
		end = &(*end)->next;
	display->next = NULL;
	*end = display;
}

struct display *display_first(void)
{
	return first;
}

enum status display_set_mode(struct display *display, u32 mode)
{
	const struct framebuffer *framebuffer = &display->framebuffer;
	enum status status;

	if (mode >= display->mode_count)
		return ERR_INVALID;
	status = display->show(display, mode);
	if (status)
		return status;
	display->mode = mode;
	display->mode_changes++;
	framebuffer_fill(framebuffer, 0, 0, framebuffer->width, framebuffer->height, 0);
	return OK;
}

bool display_add_mode(struct display *display, struct display_mode mode, u64 memory_size)
{
	u64 size = (u64)mode.width * mode.height * DISPLAY_PIXEL_SIZE;

	if (mode.width == 0 || mode.height == 0 || mode.width > LENGTH_MAX ||
	    mode.height > LENGTH_MAX || size > memory_size)
		return false;
	for (u32 i = 0; i < display->mode_count; i++)
		if (display->modes[i].width == mode.width && display->modes[i].height == mode.height)
			return true;
	if (display->mode_count == DISPLAY_MODES_MAX)
		return false;
	display->modes[display->mode_count++] = mode;
	return true;
}

u64 framebuffer_size(const struct framebuffer *framebuffer)
{
	return (u64)framebuffer->stride * framebuffer->height * DISPLAY_PIXEL_SIZE;
}

bool framebuffer_contains(const struct framebuffer *framebuffer, u64 x, u64 y, u64 width,
			  u64 height)
{
	return x <= framebuffer->width && width <= framebuffer->width - x &&
	       y <= framebuffer->height && height <= framebuffer->height - y;
}

volatile u32 *framebuffer_at(const struct framebuffer *framebuffer, u32 x, u32 y)
{
	return (volatile u32 *)(uintptr_t)framebuffer->base + (u64)y * framebuffer->stride + x;
}

void framebuffer_fill(const struct framebuffer *framebuffer, u32 x, u32 y, u32 width, u32 height,
		      u32 pixel)
{
	for (u32 line = y; line < y + height; line++) {
		volatile u32 *at = framebuffer_at(framebuffer, x, line);

		for (u32 i = 0; i < width; i++)
			at[i] = pixel;
	}
}
