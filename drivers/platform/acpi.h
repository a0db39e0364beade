/* SPDX-License-Identifier: Apache-2.0 */
/* The few ACPI tables that a firmware without an AML interpreter needs (ACPI 6.5 chapter 5). */
#pragma once

#include "lib/span.h"
#include "lib/status.h"

/*
 * PCI configuration space in memory (MCFG): 1 MiB for each bus, bus 0 at @base even if it is not in
 * the window.
 */
struct ecam {
	u64 base;
	u16 segment;
	u8 bus_first;
	u8 bus_last;
};

/*
 * Finds the tables, marks their memory in the ledger, and registers the ways to power off and reset
 * that they describe. Without tables, or with corrupt ones, the calls below find nothing. To be
 * called before anything is allocated, as they may lie in RAM that the VMM calls free, and so
 * before arch_mmu_init(): what lies above 4 GiB is not read.
 */
void acpi_init(void);

/* Window @index of MCFG, checked: at least one bus, no wrap. False past the last. */
bool acpi_ecam(u32 index, struct ecam *out);

/* The processors that the machine starts with (MADT). 0: the tables do not say. */
u32 acpi_processor_count(void);

/*
 * The @index-th table with this signature of four characters, header included; the DSDT too, where
 * the FADT points to it. The checksum is verified, except the DSDT's: it is long, and we only
 * search it. ERR_NOT_FOUND: there is no such table. ERR_CORRUPT: wrong checksum, or a FADT without
 * a DSDT.
 */
enum status acpi_find_table(const char *signature, u32 index, struct span *out);
