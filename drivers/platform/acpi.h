/* SPDX-License-Identifier: Apache-2.0 */
/* The few ACPI tables that a firmware without an AML interpreter needs (ACPI 6.5 chapter 5). */
#pragma once

#include "lib/span.h"
#include "lib/status.h"

/*
 * PCI configuration space in memory (MCFG): 1 MiB per bus, with bus 0 at @base even if it is not in
 * the window.
 */
struct ecam {
	u64 base;
	u16 segment;
	u8 bus_first;
	u8 bus_last;
};

/*
 * Finds the tables, marks their memory in the ledger, and registers the power-off and reset methods
 * that they describe. Without tables, or with corrupt ones, the functions below find nothing. To be
 * called before anything is allocated, because the tables may be in RAM that the VMM reports as
 * free, and so before arch_mmu_init(): tables above 4 GiB are not read.
 */
void acpi_init(void);

/* Window @index of MCFG, checked: at least one bus, no wrap. False past the last. */
bool acpi_ecam(u32 index, struct ecam *out);

/* The number of processors at start (MADT). 0: unknown. */
u32 acpi_processor_count(void);

/*
 * The @index-th table with this four-character signature, including its header; also the DSDT,
 * which the FADT points to. The checksum is verified, except the DSDT's, which is long and only
 * searched. ERR_NOT_FOUND: there is no such table. ERR_CORRUPT: wrong checksum, or a FADT without a
 * DSDT.
 */
enum status acpi_find_table(const char *signature, u32 index, struct span *out);
