/* SPDX-License-Identifier: Apache-2.0 */
/* Checks that must hold for any disk content. */
#include "tests/host/check_partitions.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/log.h"

/* Each record in an MBR chain may need a read; a GPT has at most 1 MiB and is read three times. */
enum { READS_MAX = 4 * PARTITIONS_MAX + 64 };

static void expect(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "check_partitions: %s\n", what);
	abort();
}

void check_partitions(const struct partition_scheme *scheme, struct memory_disk *disk)
{
	struct partition_table table = { 0 };
	struct arena arena = { 0 };

	log_set_threshold(LOG_NONE);
	if (scheme->scan(&disk->device, &arena, &table) == OK) {
		expect(table.count <= PARTITIONS_MAX, "more partitions than there may be");
		for (u32 i = 0; i < table.count; i++) {
			const struct block_device *partition = &table.partitions[i];

			expect(partition->disk == &disk->device, "a partition of another disk");
			expect(partition->block_count > 0, "an empty partition");
			expect(partition->first_block < disk->device.block_count &&
				       partition->block_count <=
					       disk->device.block_count - partition->first_block,
			       "a partition outside of its disk");
			expect(partition->kind == PARTITION_ESP ||
				       partition->kind == PARTITION_XBOOTLDR ||
				       partition->kind == PARTITION_OTHER,
			       "a partition of no kind");
		}
	}
	expect(disk->reads <= READS_MAX, "reads out of proportion");
	arena_release(&arena);
}
