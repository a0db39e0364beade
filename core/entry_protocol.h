/* SPDX-License-Identifier: Apache-2.0 */
/* Entry protocols, for C and assembly. */
#pragma once

#define ENTRY_PROTOCOL_PVH 0
#define ENTRY_PROTOCOL_LINUX 1
#define ENTRY_PROTOCOL_MULTIBOOT2 2
#define ENTRY_PROTOCOL_RESET 3
