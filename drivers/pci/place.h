/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assigns all addresses on a machine whose VMM has assigned none: bus numbers, BARs, bridge
 * windows, and interrupt lines. For a ROM, which runs first; otherwise see pci_assign_bar().
 */
#pragma once

#include "drivers/pci/pci.h"

struct pci_window {
	u64 base, end;
};

struct pci_placement {
	const struct ecam *ecam; /* NULL: configuration space through ports */
	struct pci_window ports; /* of I/O */
	struct pci_window low;   /* of memory, below 4 GiB */
	struct pci_window high;  /* and above; may be empty */
	bool has_more_roots;     /* root buses other than 0, which already have numbers */
	/* The interrupt line for pin @pin (0: INTA) of a device in slot @slot of a root bus. */
	u8 (*interrupt_line)(u8 slot, u8 pin);
};

/*
 * Numbers the buses and assigns all addresses. Devices that do not fit, the largest first, get no
 * address, which is logged. ERR_NO_MEMORY: nothing was done.
 */
enum status pci_place_all(const struct pci_placement *placement);
