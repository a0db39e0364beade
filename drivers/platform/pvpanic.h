/* SPDX-License-Identifier: Apache-2.0 */
/* pvpanic, by which a crash is reported to the VMM: for boot/tables.c. */
#pragma once

#include "drivers/pci/pci.h"

/* Describes POWER_CRASHED if fw_cfg names a port for it. */
void pvpanic_port_probe(void);

/* Describes it by a PCI function. */
extern const struct pci_driver pvpanic_driver;
