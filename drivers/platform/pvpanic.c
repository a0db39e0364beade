/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pvpanic: a byte-wide register with which the guest reports a crash to the VMM (QEMU,
 * docs/specs/pvpanic.rst). It is at a port that fw_cfg names, or at the start of BAR 0 of a PCI
 * function. Reading it returns a bit for each event that the VMM supports.
 */
#include <asm/io.h>

#include "core/device.h"
#include "core/power.h"
#include "drivers/platform/fw_cfg.h"
#include "drivers/platform/pvpanic.h"
#include "lib/config.h"
#include "lib/span.h"

enum {
	DEVICE_PVPANIC = 0x0011,
	EVENT_PANICKED = 1 << 0,
};

void pvpanic_port_probe(void)
{
	const struct fw_cfg_file *file;
	u8 bytes[2];
	u16 port;

	file = IS_ENABLED(CONFIG_FW_CFG) ? fw_cfg_find("etc/pvpanic-port") : NULL;
	if (!file || file->size != sizeof(bytes) ||
	    fw_cfg_read(file->item, 0, sizeof(bytes), bytes))
		return;
	port = load_le16(bytes);
	if (port_read8(port) & EVENT_PANICKED)
		power_describe(POWER_CRASHED,
			       (struct register_write){ port, EVENT_PANICKED, 1, REGISTER_PORT });
}

static bool matches(const struct pci_device *device)
{
	return device->vendor_id == PCI_VENDOR_REDHAT && device->device_id == DEVICE_PVPANIC;
}

static void probe(const struct pci_device *place)
{
	volatile u8 *events;
	u64 base;

	pci_enable(place);
	if (pci_bar(place, 0, &base))
		return;
	events = device_map("pvpanic", base, 1);
	if (events && mmio_read8(events) & EVENT_PANICKED)
		power_describe(POWER_CRASHED,
			       (struct register_write){ base, EVENT_PANICKED, 1, REGISTER_MEMORY });
}

const struct pci_driver pvpanic_driver = {
	.name = "pvpanic",
	.matches = matches,
	.probe = probe,
};
