/* SPDX-License-Identifier: Apache-2.0 */
/* The driver tables that boot/tables.c has in the firmware. Include it in one file per test. */
#pragma once

#include "drivers/ata/ahci.h"
#include "drivers/ata/ide.h"
#include "drivers/nvme/nvme.h"
#include "drivers/pci/pci.h"
#include "drivers/virtio/virtio.h"

const struct pci_driver *const pci_drivers[] = { &virtio_pci_driver, &ahci_driver, &nvme_driver,
						 &ide_driver, NULL };

const struct virtio_driver *const virtio_drivers[] = {
	&virtio_block_driver,   &virtio_scsi_driver,   &virtio_pmem_driver,
	&virtio_console_driver, &virtio_random_driver, NULL,
};
