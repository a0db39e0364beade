/* SPDX-License-Identifier: Apache-2.0 */
/* The modes of a screen whose device supports any size, and the initial mode. */
#include "core/log.h"
#include "drivers/display/display.h"
#include "lib/config.h"
#include "lib/string.h"
#include "lib/util.h"

/* The sizes that boot loaders and users request. */
static const struct display_mode usual[] = {
	{ 640, 480 },   { 800, 600 },  { 1024, 768 }, { 1280, 720 },  { 1280, 800 },
	{ 1280, 1024 }, { 1440, 900 }, { 1600, 900 }, { 1920, 1080 }, { 1920, 1200 },
};

static const struct display_mode fallback = { 1024, 768 };

static u32 mode_index(const struct display *display, struct display_mode wanted)
{
	for (u32 i = 0; i < display->mode_count; i++)
		if (display->modes[i].width == wanted.width &&
		    display->modes[i].height == wanted.height)
			return i;
	return display->mode_count;
}

/*
 * Sets @wanted, otherwise the first mode that works. QEMU's VGA only supports widths that are
 * multiples of 8 pixels, but can have a monitor of 1366x768; modes that fail are removed.
 */
static enum status show_first(struct display *display, struct display_mode wanted)
{
	for (;;) {
		u32 mode = mode_index(display, wanted);
		enum status status;

		if (mode == display->mode_count)
			mode--;
		status = display_set_mode(display, mode);
		if (!status || display->mode_count == 1)
			return status;
		display->mode_count--;
		memmove(&display->modes[mode], &display->modes[mode + 1],
			(display->mode_count - mode) * sizeof(display->modes[0]));
		wanted = fallback;
	}
}

enum status display_start(struct display *display, u64 memory_size)
{
	struct span edid = span_of(display->edid, display->edid_size);
	struct display_mode preferred;
	enum status status;

	for (u32 i = 0; i < ARRAY_SIZE(usual); i++)
		(void)display_add_mode(display, usual[i], memory_size);
	if (!edid_preferred_mode(edid, &preferred) ||
	    !display_add_mode(display, preferred, memory_size))
		preferred = fallback;
	if (display->mode_count == 0)
		return unsupported("%s: no mode fits in %lu bytes", display->name, memory_size);
	status = show_first(display, preferred);
	if (status)
		return status;
	log_debug("%s: %ux%u, framebuffer at 0x%lx", display->name, display->framebuffer.width,
		  display->framebuffer.height, display->framebuffer.base);
	display_register(display);
	if (IS_ENABLED(CONFIG_DISPLAY_CONSOLE) && display_first() == display)
		display_console_start(display);
	return OK;
}
