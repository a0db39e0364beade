/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration space in memory (PCI Express Base 5.0, 7.2.2), at the address in the ACPI table
 * MCFG or, on QEMU microvm, which has no such table, from the method _CBA of the host bridge (PCI
 * Firmware 3.3, 4.1.3).
 */
#include "core/device.h"
#include "drivers/pci/pci.h"
#include "lib/util.h"

/* AML is not interpreted: QEMU's method just returns a constant. */
static bool find_base_method(struct ecam *out)
{
	/* Name, flags: no arguments, ReturnOp, DWordPrefix */
	struct span dsdt, method = SPAN("_CBA\x00\xa4\x0c");

	if (acpi_find_table("DSDT", 0, &dsdt) || !span_skip_past(&dsdt, method) || dsdt.size < 4)
		return false;
	*out = (struct ecam){ .base = load_le32(dsdt.data), .bus_last = 255 };
	return true;
}

bool pci_ecam_window(u32 index, struct ecam *out)
{
	return acpi_ecam(index, out) || (index == 0 && find_base_method(out));
}

volatile u8 *pci_ecam_map(const struct ecam *window, u8 bus)
{
	/* 32 devices of 8 functions of 4 KiB. The base is that of bus 0, even where the window
	 * starts later. */
	return device_map("PCI configuration space", window->base + bus * MIB, MIB);
}
