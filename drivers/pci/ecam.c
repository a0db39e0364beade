/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration space in memory (PCI Express Base 5.0, 7.2.2), where the ACPI table MCFG says. */
#include "core/arch.h"
#include "core/log.h"
#include "core/memory.h"
#include "drivers/pci/pci.h"
#include "drivers/platform/acpi.h"
#include "lib/util.h"

volatile u8 *pci_ecam_map(const struct ecam *window, u8 bus)
{
	u64 size = MIB; /* of one bus: 32 devices, 8 functions, 4 KiB each */
	u64 base;       /* the window's own is that of bus 0, even if it does not start there */
	enum status status;

	if (add_overflows(window->base, bus * size, &base) || base > UINTPTR_MAX - size) {
		log_warning("PCI: configuration space at 0x%lx is no address", window->base);
		return NULL;
	}
	if (memory_is_ram(base, 1)) {
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
