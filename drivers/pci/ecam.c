/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration space in memory (PCI Express Base 5.0, 7.2.2), where the ACPI table MCFG says, or
 * on QEMU microvm, which has none, the method _CBA of the host bridge (PCI Firmware 3.3, 4.1.3).
 */
#include "core/arch.h"
#include "core/log.h"
#include "core/memory.h"
#include "drivers/pci/pci.h"
#include "drivers/platform/acpi.h"
#include "lib/util.h"

/* AML is not interpreted: QEMU's method is but "return a constant". */
static bool find_base_method(struct ecam *out)
{
	/* Name, flags: no arguments, ReturnOp, DWordPrefix */
	static const u8 method[] = { '_', 'C', 'B', 'A', 0x00, 0xa4, 0x0c };
	struct span dsdt;

	if (acpi_find_table("DSDT", 0, &dsdt))
		return false;
	for (size_t i = 0; i + sizeof(method) + 4 <= dsdt.size; i++) {
		if (dsdt.data[i] != '_' || memcmp(dsdt.data + i, method, sizeof(method)) != 0)
			continue;
		*out = (struct ecam){ .base = load_le32(dsdt.data + i + sizeof(method)),
				      .bus_last = 255 };
		return true;
	}
	return false;
}

bool pci_ecam_window(u32 index, struct ecam *out)
{
	return acpi_ecam(index, out) || (index == 0 && find_base_method(out));
}

volatile u8 *pci_ecam_map(const struct ecam *window, u8 bus)
{
	u64 size = MIB; /* of one bus: 32 devices, 8 functions, 4 KiB each */
	u64 base;       /* the window's own is that of bus 0, even if it does not start there */
	enum status status;

	if (add_overflows(window->base, bus * size, &base) || base > UINTPTR_MAX - size) {
		log_warning("PCI: configuration space at 0x%lx is no address", window->base);
		return NULL;
	}
	if (memory_has_ram(base, size)) {
		log_warning("PCI: configuration space at 0x%lx is RAM", base);
		return NULL;
	}
	status = arch_map(base, size, MAP_DEVICE);
	if (status) {
		log_warning("PCI: configuration space at 0x%lx: %s", base, status_name(status));
		return NULL;
	}
	return (volatile u8 *)(uintptr_t)base;
}
