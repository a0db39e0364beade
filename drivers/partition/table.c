/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting the partitions of one disk, whatever the scheme. */
#include "core/log.h"
#include "drivers/partition/partition.h"
#include "lib/config.h"
#include "lib/string.h"

enum status partition_table_init(struct partition_table *out, const char *scheme, u32 count_max,
				 struct arena *arena)
{
	struct block_device *partitions;

	if (count_max > PARTITIONS_MAX)
		count_max = PARTITIONS_MAX;
	partitions = arena_allocate(arena, count_max * sizeof(*partitions));
	if (!partitions)
		return ERR_NO_MEMORY;
	*out = (struct partition_table){
		.scheme = scheme,
		.partitions = partitions,
		.arena = arena,
	};
	return OK;
}

static bool make_room(struct partition_table *table, enum partition_kind kind)
{
	u32 i = table->count;

	if (kind == PARTITION_OTHER)
		return false;
	while (i > 0 && table->partitions[i - 1].kind != PARTITION_OTHER)
		i--;
	if (i == 0)
		return false;
	table->count--;
	memmove(&table->partitions[i - 1], &table->partitions[i],
		(table->count - (i - 1)) * sizeof(table->partitions[0]));
	return true;
}

/* NULL: no memory; the partition then has no identity. */
static const struct partition_id *copy_id(struct partition_table *table,
					  const struct partition_id *id)
{
	struct partition_id *copy = arena_allocate(table->arena, sizeof(*copy));

	if (copy)
		*copy = *id;
	return copy;
}

void partition_table_add(struct partition_table *table, struct block_device *disk, u64 first,
			 u64 count, u32 number, enum partition_kind kind,
			 const struct partition_id *id)
{
	struct block_device partition;

	/* Each costs a line of the log, and a bad table may have thousands of them. */
	if (table->bad_count == PARTITIONS_MAX)
		return;
	if (block_partition(disk, first, count, number, kind, &partition)) {
		table->bad_count++;
		return;
	}
	if (table->count == PARTITIONS_MAX) {
		if (!table->is_overfull)
			log_warning("%s: more than %d partitions, not all are used "
				    "(PARTITIONS_MAX)",
				    table->scheme, PARTITIONS_MAX);
		table->is_overfull = true;
		if (!make_room(table, kind))
			return;
	}
	for (u32 i = 0; i < table->count; i++) {
		const struct block_device *other = &table->partitions[i];

		if (first < other->first_block + other->block_count &&
		    other->first_block < first + count) {
			log_warning("%s: partitions %u and %u overlap", table->scheme,
				    other->partition_number, number);
			break;
		}
	}
	if (IS_ENABLED(CONFIG_EFI))
		partition.id = copy_id(table, id);
	table->partitions[table->count++] = partition;
}
