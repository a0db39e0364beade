/* SPDX-License-Identifier: Apache-2.0 */
/* pvpanic, which reports a crash to the VMM; for boot/tables.c. */
#pragma once

#include "drivers/pci/pci.h"

/* Sets POWER_CRASHED if fw_cfg names a port for it. */
void pvpanic_port_probe(void);

/* Sets it for a PCI function. */
extern const struct pci_driver pvpanic_driver;
