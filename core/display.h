/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Screens: each has a linear framebuffer of 32-bit pixels, and the modes that its device supports.
 */
#pragma once

#include "core/device.h"
#include "lib/span.h"
#include "lib/status.h"
#include "lib/types.h"

enum {
	DISPLAY_MODES_MAX = 16,
	DISPLAY_EDID_MAX = 256,
	DISPLAY_PIXEL_SIZE = 4,
	DISPLAY_NAME_SIZE = 28,
};

/* A pixel is 0x00RRGGBB, little-endian; the highest byte is ignored by the device. */
struct framebuffer {
	u64 base;   /* mapped */
	u32 width;  /* pixels shown in a line */
	u32 height; /* lines */
	u32 stride; /* distance between lines in pixels; at least the width */
};

struct display_mode {
	u32 width, height;
};

struct display {
	char name[DISPLAY_NAME_SIZE];
	struct framebuffer framebuffer; /* of the current mode */
	struct display_mode modes[DISPLAY_MODES_MAX];
	u32 mode_count;
	u32 mode;         /* the current one, an index of modes[] */
	u32 mode_changes; /* counts mode changes, each of which clears the screen */
	/* Sets modes[@mode] and the framebuffer. After an error the old mode may be lost. */
	enum status (*show)(struct display *display, u32 mode);
	u8 edid[DISPLAY_EDID_MAX]; /* complete blocks with correct checksums */
	u32 edid_size;             /* 0: the monitor is unknown */
	struct device_address address;
	struct display *next; /* display_register()'s */
};

/* The display already shows a mode; it stays registered forever. */
void display_register(struct display *display);

/* In the order of registration. NULL: none, or no more. */
struct display *display_first(void);

/*
 * Sets another mode, with a blank screen. ERR_INVALID: there is no such mode. Any other error comes
 * from the driver and leaves the mode undefined.
 */
enum status display_set_mode(struct display *display, u32 mode);

/*
 * Adds a mode, if it fits in @memory_size bytes and is not in the list yet. False: it does not fit,
 * or there are DISPLAY_MODES_MAX.
 */
bool display_add_mode(struct display *display, struct display_mode mode, u64 memory_size);

/* Bytes from the first pixel to the end of the last line. */
u64 framebuffer_size(const struct framebuffer *framebuffer);

/* Is the rectangle on the screen, with coordinates that do not wrap? */
bool framebuffer_contains(const struct framebuffer *framebuffer, u64 x, u64 y, u64 width,
			  u64 height);

/* The pixel at (@x, @y), which must be on the screen. */
volatile u32 *framebuffer_at(const struct framebuffer *framebuffer, u32 x, u32 y);

/* The rectangle must lie on the screen. */
void framebuffer_fill(const struct framebuffer *framebuffer, u32 x, u32 y, u32 width, u32 height,
		      u32 pixel);
