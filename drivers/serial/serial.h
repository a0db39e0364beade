/* SPDX-License-Identifier: Apache-2.0 */
/* Consoles at I/O ports. Each function registers its console if the device is present. */
#pragma once

void uart16550_probe(void);
void debug_port_probe(void);
