/* SPDX-License-Identifier: Apache-2.0 */
/* Machine initialisation for a ROM, which starts at reset; for boot/main.c. */
#pragma once

#include "lib/span.h"
#include "lib/status.h"

/*
 * To be called after memory_init(), before anything uses ACPI or PCI: initialises the chipset, the
 * addresses of all devices, the VMM's tables and its kernel, if any. Does nothing if we were not
 * entered by a reset.
 */
void rom_prepare(void);

/*
 * To be called after acpi_init(), which finds them: initialises the other processors. Does nothing
 * if we were not entered by a reset.
 */
void rom_prepare_processors(void);

/* Shared by the files of this folder. */

/* The chipset of QEMU's pc and q35: registers that are not initialised with any other device. */
struct chipset {
	const char *name;
	bool has_ecam;
	u8 (*interrupt_line)(u8 slot, u8 pin);
};

/* The chipset of this machine. NULL: unknown. */
const struct chipset *chipset_find(void);

/* Initialises its registers, with configuration space at @ecam_base if it has ECAM. */
void chipset_init(const struct chipset *chipset, u64 ecam_base);

/* Makes 0xf0000 to 0xfffff, which operating systems search, writable RAM. */
void bios_area_init(void);
enum status bios_area_allocate(u32 size, u32 alignment, u8 **data, u64 *address);

/* smbios.c: installs the SMBIOS tables from fw_cfg. */
void rom_smbios_place(void);

/* flash.c: sets variable_flash if there is flash below the ROM. */
void rom_flash_find(void);
