/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All addresses of a machine whose VMM has given none: bus numbers, BARs, windows of bridges, and
 * interrupt lines. For a ROM, which comes first; elsewhere see pci_assign_bar().
 */
#pragma once

#include "drivers/pci/pci.h"

struct pci_window {
	u64 base, end;
};

struct pci_placement {
	const struct ecam *ecam; /* NULL: configuration space by the ports */
	struct pci_window ports; /* of I/O */
	struct pci_window low;   /* of memory, below 4 GiB */
	struct pci_window high;  /* and above; may be empty */
	bool has_more_roots;     /* root buses besides 0, which have numbers already */
	/* The interrupt line for pin @pin (0: INTA) of a device in slot @slot of a root bus. */
	u8 (*interrupt_line)(u8 slot, u8 pin);
};

/*
 * Numbers buses and places everything. What does not fit is left without an address, the largest
 * first, and said. ERR_NO_MEMORY: nothing was done.
 */
enum status pci_place_all(const struct pci_placement *placement);
