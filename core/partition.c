/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the partition table of a disk. */
#include "core/partition.h"

#include "core/log.h"

enum status partition_scan(struct block_device *disk, struct arena *arena,
			   struct partition_table *out)
{
	enum status worst = ERR_UNRECOGNIZED;

	for (u32 i = 0; partition_schemes[i]; i++) {
		const struct partition_scheme *scheme = partition_schemes[i];
		struct partition_table table = { .scheme = scheme->name };
		enum status status = scheme->scan(disk, arena, &table);

		if (status == OK) {
			log_debug("partitions: %s, %u", scheme->name, table.count);
			*out = table;
			return OK;
		}
		/*
		 * The first scheme that found something of its own knows best why the disk is
		 * unusable.
		 */
		if (worst == ERR_UNRECOGNIZED)
			worst = status;
	}
	return worst;
}
