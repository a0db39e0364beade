/* SPDX-License-Identifier: Apache-2.0 */
/* What the drivers of screens share. */
#pragma once

#include "core/display.h"
#include "drivers/pci/pci.h"

/* bochs.c */
extern const struct pci_driver bochs_driver;

/* ramfb.c */
void ramfb_probe(void);

/* modes.c */

/*
 * Fills in the modes that fit in @memory_size bytes and shows the one that the monitor prefers, or
 * 1024x768, or the first that works; those that fail are left out. ERR_UNSUPPORTED: none fits.
 * Otherwise what the driver's show() says of the last. The display is then registered, and text
 * goes to it.
 */
enum status display_start(struct display *display, u64 memory_size);

/* edid.c */

/*
 * The part of @bytes that is an EDID structure with its extensions (VESA E-EDID A.2): whole blocks
 * with right checksums. Empty: it is not an EDID.
 */
struct span edid_check(struct span bytes);

/* The preferred mode: the first detailed timing. False: it has none. @edid is edid_check()'s. */
bool edid_preferred_mode(struct span edid, struct display_mode *out);

/* console.c: text on the first display that is started. */
void display_console_start(struct display *display);
