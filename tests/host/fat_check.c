/* SPDX-License-Identifier: Apache-2.0 */
/* Checks which file owns which cluster. */
#include "tests/host/fat_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static u8 *owners; /* by cluster; 0: none */

static void expect(bool condition, const char *what, u64 number)
{
	if (condition)
		return;
	fprintf(stderr, "fat_check: %s: %llu\n", what, (unsigned long long)number);
	abort();
}

static u64 own_chain(const struct fat *fat, u32 cluster)
{
	u64 count = 0;

	while (cluster && cluster != FAT_FIXED_ROOT) {
		u32 link;

		expect(fat_has_cluster(fat, cluster), "no such cluster", cluster);
		expect(owners[cluster]++ == 0, "a cluster of two files", cluster);
		expect(fat_link(fat, cluster, &link) == OK && link != 0, "a free cluster in use",
		       cluster);
		count++;
		cluster = link >= fat->variant->end_of_chain ? 0 : link;
	}
	return count;
}

static void own_directory(struct file *directory)
{
	const struct fat *fat = fat_of(directory);
	struct directory_entry *entry = malloc(sizeof(*entry));
	u64 cursor = 0;

	(void)own_chain(fat, fat_file_of(directory)->first_cluster);
	while (directory_next(directory, &cursor, entry) == OK) {
		u64 clusters;

		if (entry->file.is_directory) {
			own_directory(&entry->file);
			continue;
		}
		clusters = own_chain(fat, fat_file_of(&entry->file)->first_cluster);
		expect(clusters == (entry->file.size + (1ull << fat->cluster_shift) - 1) >>
					   fat->cluster_shift,
		       "a size that does not fit its clusters", entry->file.size);
	}
	free(entry);
}

static void compare_tables(const struct fat *fat)
{
	u8 *first = malloc(fat->table_size), *other = malloc(fat->table_size);

	expect(block_read_bytes(fat->volume.device, fat->table_offset, fat->table_size, first) == OK,
	       "no FAT", 0);
	for (u32 i = 1; i < fat->table_count; i++) {
		expect(block_read_bytes(fat->volume.device, fat->table_offset + i * fat->table_size,
					fat->table_size, other) == OK &&
			       memcmp(first, other, fat->table_size) == 0,
		       "a FAT that is another", i);
	}
	free(first);
	free(other);
}

void fat_check(struct volume *volume)
{
	const struct fat *fat = container_of(volume, struct fat, volume);
	struct file root;
	u32 free_count = 0;

	owners = calloc(1, (size_t)fat->cluster_count + FAT_FIRST_CLUSTER);
	expect(volume->ops->root(volume, &root) == OK, "no root", 0);
	own_directory(&root);
	for (u32 i = 0; i < fat->cluster_count; i++) {
		const u32 cluster = FAT_FIRST_CLUSTER + i;
		u32 link;

		expect(fat_link(fat, cluster, &link) == OK, "no link", cluster);
		expect(!link == !owners[cluster], "a cluster in use that no file has", cluster);
		free_count += !link;
	}
	expect(fat->free_count == FAT_NOT_KNOWN || fat->free_count == free_count,
	       "a wrong number of free clusters", fat->free_count);
	compare_tables(fat);
	free(owners);
}
