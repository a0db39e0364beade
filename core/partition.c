/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the partition table of a disk, and the volumes on it. */
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
		 * The first scheme that recognized its format has the best reason why the disk is
		 * unusable.
		 */
		if (worst == ERR_UNRECOGNIZED)
			worst = status;
	}
	return worst;
}

/* Never released. */
static struct arena arena;

enum status disk_partitions(struct block_device *disk, const struct partition_table **out)
{
	*out = &disk->partitions;
	if (disk->partitions.partitions || disk->not_mounted)
		return disk->not_mounted;
	log_set_subject(disk->name);
	disk->not_mounted = partition_scan(disk, &arena, &disk->partitions);
	log_set_subject(NULL);
	return disk->not_mounted;
}

enum status partition_volume(struct block_device *partition, struct volume **out)
{
	if (!partition->volume && !partition->not_mounted) {
		log_set_subject(partition->name);
		partition->not_mounted = volume_mount(partition, &arena, &partition->volume);
		log_set_subject(NULL);
	}
	*out = partition->volume;
	return partition->not_mounted;
}
