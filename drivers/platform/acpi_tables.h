/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files that read ACPI tables. */
#pragma once

#include "lib/span.h"

/* Fields past the end of a table belong to a later revision and read as zero. */
u32 acpi_field_u32(struct span table, u32 offset);
u64 acpi_field_u64(struct span table, u32 offset);

/* Each replaces the data of an earlier table; an empty table clears it. */
void acpi_fadt_read(struct span fadt);
void acpi_mcfg_read(struct span mcfg);
