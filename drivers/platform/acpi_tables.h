/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that read ACPI tables share. */
#pragma once

#include "lib/span.h"

/* Fields past the end of a table are those of a later revision: zero. */
u32 acpi_field_u32(struct span table, u32 offset);
u64 acpi_field_u64(struct span table, u32 offset);

/* Each discards what an earlier table said; an empty table leaves nothing known. */
void acpi_fadt_read(struct span fadt);
void acpi_mcfg_read(struct span mcfg);
