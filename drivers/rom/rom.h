/* SPDX-License-Identifier: Apache-2.0 */
/* What a ROM, which starts from reset, does for the machine before the boot: for boot/main.c. */
#pragma once

#include "lib/span.h"
#include "lib/status.h"

/*
 * After memory_init(), before anything looks for ACPI or PCI: chipset, addresses of all devices,
 * tables of the VMM, the kernel it may have. Nothing if we were not entered by a reset.
 */
void rom_prepare(void);

/* After acpi_init(), which knows them: sets up the other processors. Nothing as above. */
void rom_prepare_processors(void);

/* What the files of this folder offer one another. */

/* The chipset of QEMU's pc and q35: registers that no other device of them brings up. */
struct chipset {
	const char *name;
	bool has_ecam;
	u8 (*interrupt_line)(u8 slot, u8 pin);
};

/* The one of this machine. NULL: another machine. */
const struct chipset *chipset_find(void);

/* Sets its registers, with configuration space at @ecam_base where there is such. */
void chipset_init(const struct chipset *chipset, u64 ecam_base);

/* Memory of 0xf0000 to 0xfffff, where operating systems search, by a chipset that has it. */
void bios_area_init(void);
enum status bios_area_allocate(u32 size, u32 alignment, u8 **data, u64 *address);

/* smbios.c: places SMBIOS tables that fw_cfg has. */
void rom_smbios_place(void);

/* flash.c: sets variable_flash if there is flash below the ROM. */
void rom_flash_find(void);
