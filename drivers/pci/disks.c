/* SPDX-License-Identifier: Apache-2.0 */
/* Controllers of disks. */
#include "core/block.h"
#include "core/log.h"
#include "drivers/pci/pci.h"
#include "lib/config.h"
#include "lib/format.h"

void pci_register_disks(const struct pci_device *place, const char *kind, struct device *device,
			struct block_device *disks_to_come)
{
	if (IS_ENABLED(CONFIG_EFI)) {
		device->address = place->address;
		disks_to_come->address = &device->address;
	}
	format(device->name, sizeof(device->name), "%s %s", kind, place->name);
	block_register(disks_to_come);
	log_debug("%s: found", device->name);
}
