/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds of memory in the x86 system address map (ACPI 6.5, table 15.2): PVH, Linux. */
#pragma once

enum e820_type {
	E820_RAM = 1,
	E820_RESERVED = 2,
	E820_ACPI = 3,
	E820_NVS = 4,
	E820_UNUSABLE = 5,
	E820_PERSISTENT = 7,
};
