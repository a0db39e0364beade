/* SPDX-License-Identifier: Apache-2.0 */
/* Consoles at I/O ports. Each looks whether it is there, and registers itself if so. */
#pragma once

void uart16550_probe(void);
void debug_port_probe(void);
