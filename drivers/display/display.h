/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the screen drivers. */
#pragma once

#include "core/display.h"
#include "drivers/pci/pci.h"

/* bochs.c */
extern const struct pci_driver bochs_driver;

/* ramfb.c */
void ramfb_probe(void);

/* modes.c */

/*
 * Fills in the modes that fit in @memory_size bytes and sets the monitor's preferred mode, or
 * 1024x768, or the first that works; modes that fail are removed. Then registers the display and
 * shows text on it. ERR_UNSUPPORTED: no mode fits. Other errors are those of the driver's show()
 * for the last mode.
 */
enum status display_start(struct display *display, u64 memory_size);

/* edid.c */

/*
 * The part of @bytes that is an EDID structure with its extensions (VESA E-EDID A.2): complete
 * blocks with correct checksums. Empty: it is not an EDID.
 */
struct span edid_check(struct span bytes);

/*
 * The preferred mode: the first detailed timing. False: there is none. @edid is the result of
 * edid_check().
 */
bool edid_preferred_mode(struct span edid, struct display_mode *out);

/* console.c: shows text on the first display that is started. */
void display_console_start(struct display *display);
