/* SPDX-License-Identifier: Apache-2.0 */
/* Screens: a linear framebuffer of 32-bit pixels each, with the modes that its device can show. */
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
	u32 stride; /* pixels from one line to the next; at least the width */
};

struct display_mode {
	u32 width, height;
};

struct display {
	char name[DISPLAY_NAME_SIZE];
	struct framebuffer framebuffer; /* as the present mode has it */
	struct display_mode modes[DISPLAY_MODES_MAX];
	u32 mode_count;
	u32 mode;         /* the present one, an index of modes[] */
	u32 mode_changes; /* counts: whoever draws sees that all is blank again */
	/* Shows modes[@mode] and sets the framebuffer. On an error the old mode may be lost. */
	enum status (*show)(struct display *display, u32 mode);
	u8 edid[DISPLAY_EDID_MAX]; /* whole blocks with right checksums */
	u32 edid_size;             /* 0: the monitor is not known */
	struct device_address address;
	struct display *next; /* display_register()'s */
};

/* The display shows a mode already, and stays registered for ever. */
void display_register(struct display *display);

/* In the order of registration. NULL: none, or no more. */
struct display *display_first(void);

/*
 * Shows another mode, blank. ERR_INVALID: there is no such mode. Otherwise the driver's error, and
 * what is shown is not known.
 */
enum status display_set_mode(struct display *display, u32 mode);

/*
 * Adds a mode, if it fits in @memory_size bytes and is not there yet. False: it does not fit, or
 * there are DISPLAY_MODES_MAX.
 */
bool display_add_mode(struct display *display, struct display_mode mode, u64 memory_size);

/* Bytes from one pixel's line to the end of the last line. */
u64 framebuffer_size(const struct framebuffer *framebuffer);

/* Is all of the rectangle shown? No sum in it wraps. */
bool framebuffer_contains(const struct framebuffer *framebuffer, u64 x, u64 y, u64 width,
			  u64 height);

/* The pixel at (@x, @y), which is shown. */
volatile u32 *framebuffer_at(const struct framebuffer *framebuffer, u32 x, u32 y);

/* The rectangle is shown. */
void framebuffer_fill(const struct framebuffer *framebuffer, u32 x, u32 y, u32 width, u32 height,
		      u32 pixel);
