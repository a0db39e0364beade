/* SPDX-License-Identifier: Apache-2.0 */
/* The partition schemes of this folder, for the table of boot/tables.c. */
#pragma once

#include "core/partition.h"

extern const struct partition_scheme gpt_scheme;
extern const struct partition_scheme mbr_scheme;
extern const struct partition_scheme whole_disk_scheme; /* no table: the disk itself is one volume */
