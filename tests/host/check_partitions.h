/* SPDX-License-Identifier: Apache-2.0 */
/* For the fuzz targets of partition schemes. */
#pragma once

#include "core/partition.h"
#include "tests/host/host.h"

/* Scans and aborts unless the result is what core/partition.h promises, at a bounded cost. */
void check_partitions(const struct partition_scheme *scheme, struct memory_disk *disk);
