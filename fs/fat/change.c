/* SPDX-License-Identifier: Apache-2.0 */
/* Creating, moving and removing files and directories; their times and attributes. */
#include "core/log.h"
#include "fs/fat/write.h"

enum { DIRECTORIES_DEEP_MAX = 1000 };

/* The date in the upper half and the time in the lower half; 0 if FAT cannot express it. */
static u32 time_to_entry(const struct file_time *time)
{
	if (time->year < 1980 || time->year > 2107 || time->month < 1 || time->month > 12 ||
	    time->day < 1 || time->day > 31 || time->hour > 23 || time->minute > 59 ||
	    time->second > 59)
		return 0;
	return (u32)(time->year - 1980) << 25 | (u32)time->month << 21 | (u32)time->day << 16 |
	       (u32)time->hour << 11 | (u32)time->minute << 5 | time->second / 2;
}

static void set_modified(u8 *entry, const struct file_time *time)
{
	const u32 packed = time_to_entry(time);

	if (!packed)
		return;
	store_le16(entry + FAT_MODIFIED_DATE_OFFSET, (u16)(packed >> 16));
	store_le16(entry + FAT_MODIFIED_TIME_OFFSET, (u16)packed);
}

static void set_created(u8 *entry, const struct file_time *time)
{
	const u32 packed = time_to_entry(time);

	if (!packed)
		return;
	store_le16(entry + FAT_CREATED_DATE_OFFSET, (u16)(packed >> 16));
	store_le16(entry + FAT_CREATED_TIME_OFFSET, (u16)packed);
	entry[FAT_CREATED_FINE_OFFSET] = (u8)(time->second % 2 * 100);
}

static void set_accessed(u8 *entry, const struct file_time *time)
{
	const u32 packed = time_to_entry(time);

	if (packed)
		store_le16(entry + FAT_ACCESSED_DATE_OFFSET, (u16)(packed >> 16));
}

static struct file_time now(void)
{
	return volume_clock ? volume_clock() : (struct file_time){ 0 };
}

void fat_entry_set_modified_now(u8 entry[FAT_ENTRY_SIZE])
{
	const struct file_time time = now();

	set_modified(entry, &time);
}

enum status fat_entry_read(const struct file *file, u8 entry[FAT_ENTRY_SIZE])
{
	if (!fat_file_of(file)->directory)
		return ERR_INVALID;
	return block_read_bytes(file->volume->device, fat_file_of(file)->entry_offset,
				FAT_ENTRY_SIZE, entry);
}

void fat_entry_set_cluster(const struct fat *fat, u8 entry[FAT_ENTRY_SIZE], u32 cluster)
{
	if (cluster == fat->root_cluster)
		cluster = 0;
	store_le16(entry + FAT_CLUSTER_OFFSET, (u16)cluster);
	if (fat->variant->entry_bits == 32)
		store_le16(entry + FAT_CLUSTER_HIGH_OFFSET, (u16)(cluster >> 16));
}

/* All files that are open must be read again; @file is updated from @entry. */
static void reopen(struct file *file, u32 directory, const u8 *entry, u64 entry_offset)
{
	struct fat *fat = fat_of(file);

	fat->volume.generation++;
	*file = fat_file_from_entry(fat, directory, entry, entry_offset);
}

/* Records that the entry there no longer belongs to the old file. */
static void entry_is_gone(struct fat *fat, u64 entry_offset)
{
	const u32 slot = fat->gone_count++ % FAT_GONE_MAX;

	fat->gone[slot].entry_offset = entry_offset;
	fat->gone[slot].generation = ++fat->volume.generation;
}

/*
 * If too many files have been removed since to know this, the name of the current entry decides.
 */
static bool has_gone(const struct fat *fat, u64 entry_offset, u32 generation)
{
	for (u32 i = 0; i < FAT_GONE_MAX && i < fat->gone_count; i++)
		if (fat->gone[i].entry_offset == entry_offset &&
		    fat->gone[i].generation - generation - 1 < UINT32_MAX / 2)
			return true;
	return false;
}

enum status fat_refresh(struct file *file)
{
	struct fat *fat = fat_of(file);
	const struct fat_file *state = fat_file_of(file);
	struct file fresh;
	u8 entry[FAT_ENTRY_SIZE];
	enum status status;

	if (!state->directory) {
		file->generation = fat->volume.generation;
		return OK;
	}
	if (has_gone(fat, state->entry_offset, file->generation))
		return ERR_NOT_FOUND;
	status = fat_entry_read(file, entry);
	if (status)
		return status;
	fresh = fat_file_from_entry(fat, state->directory, entry, state->entry_offset);
	if (fat_file_of(&fresh)->identity != state->identity ||
	    fresh.is_directory != file->is_directory)
		return ERR_NOT_FOUND;
	*file = fresh;
	return OK;
}

enum status fat_entry_update(struct file *file, u8 entry[FAT_ENTRY_SIZE])
{
	const struct fat_file *state = fat_file_of(file);
	const struct file_time time = now();
	enum status status;

	set_modified(entry, &time);
	set_accessed(entry, &time);
	entry[FAT_KIND_OFFSET] |= FILE_ARCHIVE;
	status =
		block_write_bytes(file->volume->device, state->entry_offset, FAT_ENTRY_SIZE, entry);
	if (!status)
		reopen(file, state->directory, entry, state->entry_offset);
	return status;
}

/* Creates a cluster that contains only "." and "..". */
static enum status create_directory(struct fat *fat, u32 parent, u8 entry[FAT_ENTRY_SIZE])
{
	u8 dots[2][FAT_ENTRY_SIZE];
	u32 cluster;
	u64 offset;
	enum status status = fat_allocate(fat, 1, &cluster);

	if (status)
		return status;
	entry[FAT_KIND_OFFSET] = FAT_KIND_DIRECTORY;
	fat_entry_set_cluster(fat, entry, cluster);
	for (u32 i = 0; i < 2; i++) {
		memcpy(dots[i], entry, FAT_ENTRY_SIZE);
		memset(dots[i], ' ', FAT_SHORT_NAME_SIZE);
		memset(dots[i], '.', i + 1);
	}
	/* 0 means the root. */
	fat_entry_set_cluster(fat, dots[1], parent);
	offset = fat_cluster_offset(fat, cluster);
	status = fat_write_zeroes(fat, offset, 1ull << fat->cluster_shift);
	if (!status)
		status = block_write_bytes(fat->volume.device, offset, sizeof(dots), dots);
	return status ? status : fat_barrier(fat);
}

enum status fat_create(const struct file *directory, struct span name, bool is_directory,
		       struct file *out)
{
	struct fat *fat = fat_of(directory);
	const u32 parent = fat_file_of(directory)->first_cluster;
	u8 entry[FAT_ENTRY_SIZE] = { [FAT_KIND_OFFSET] = FILE_ARCHIVE };
	struct file_time time = now();
	struct fat_name_entries entries;
	struct fat_entry existing;
	u64 entry_offset;
	u32 cluster;
	enum status status = fat_entry_find(fat, parent, name, &existing);

	if (status != ERR_NOT_FOUND)
		return status ? status : ERR_EXISTS;
	if (!time_to_entry(&time))
		time = (struct file_time){ .year = 1980, .month = 1, .day = 1 };
	set_created(entry, &time);
	set_accessed(entry, &time);
	set_modified(entry, &time);
	status = fat_name_to_entries(fat, parent, name, FAT_NO_OFFSET, entry, &entries);
	if (status)
		return status;
	if (is_directory) {
		status = create_directory(fat, parent, fat_short_entry(&entries));
		if (status)
			return status;
	}
	status = fat_entries_add(fat, parent, &entries, &entry_offset);
	cluster = fat_entry_cluster(fat, fat_short_entry(&entries));
	if (status) {
		if (cluster)
			(void)fat_free_chain(fat, cluster);
		return status;
	}
	*out = *directory;
	reopen(out, parent, fat_short_entry(&entries), entry_offset);
	return fat_write_fs_info(fat);
}

/* Finds the entry of @file in its directory, and the places of all entries of its name. */
static enum status find_entries(const struct file *file, struct fat_entry *entry,
				struct fat_places *places)
{
	const struct fat *fat = fat_of(file);
	const struct fat_file *state = fat_file_of(file);
	struct fat_walk walk = fat_walk_start(fat, state->directory);

	do {
		enum status status = fat_walk_next(&walk, entry);

		if (status)
			return status;
	} while (entry->offset != state->entry_offset);
	return fat_places_find(fat, state->directory, entry->first_index, entry->index, places);
}

/* ERR_DENIED: it contains a file. */
static enum status check_empty(const struct fat *fat, u32 directory)
{
	struct fat_walk walk = fat_walk_start(fat, directory);
	struct fat_entry entry;
	enum status status = fat_walk_next(&walk, &entry);

	return status == ERR_NOT_FOUND ? OK : status ? status : ERR_DENIED;
}

enum status fat_remove(struct file *file)
{
	struct fat *fat = fat_of(file);
	const struct fat_file *state = fat_file_of(file);
	u8 bytes[FAT_ENTRY_SIZE];
	struct fat_entry entry;
	struct fat_places places;
	enum status status = fat_entry_read(file, bytes);

	if (!status && file->is_directory)
		status = check_empty(fat, state->first_cluster);
	if (!status)
		status = find_entries(file, &entry, &places);
	if (status)
		return status;
	status = fat_entries_remove(fat, &places);
	entry_is_gone(fat, state->entry_offset);
	if (status || !fat_has_cluster(fat, state->first_cluster))
		return status;
	status = fat_barrier(fat);
	if (!status)
		status = fat_free_chain(fat, state->first_cluster);
	return status ? status : fat_write_fs_info(fat);
}

/* ERR_INVALID: the directory in @cluster is @inner, or above it. */
static enum status check_not_above(const struct fat *fat, u32 cluster, u32 inner)
{
	for (u32 i = 0; inner != fat->root_cluster; i++) {
		enum status status;

		if (inner == cluster)
			return ERR_INVALID;
		if (i == DIRECTORIES_DEEP_MAX)
			return corrupt("FAT: more than %d nested directories",
				       DIRECTORIES_DEEP_MAX);
		status = fat_dot_dot(fat, inner, &inner);
		if (status)
			return status;
	}
	return OK;
}

/* Makes ".." of the directory in @cluster lead to @parent. */
static enum status set_dot_dot(const struct fat *fat, u32 cluster, u32 parent)
{
	struct fat_places places;
	u8 entry[FAT_ENTRY_SIZE];
	enum status status = fat_places_find(fat, cluster, 1, 1, &places);

	if (!status)
		status = block_read_bytes(fat->volume.device, places.offsets[0], sizeof(entry),
					  entry);
	if (status)
		return status;
	fat_entry_set_cluster(fat, entry, parent);
	status = block_write_bytes(fat->volume.device, places.offsets[0], sizeof(entry), entry);
	return status ? status : fat_barrier(fat);
}

/*
 * First adds the new entries, then removes the old ones: in between the file has two names, never
 * none.
 */
static enum status move_entries(struct file *file, u32 directory, const struct fat_places *old,
				const struct fat_name_entries *entries, u64 *entry_offset)
{
	struct fat *fat = fat_of(file);
	const struct fat_file *state = fat_file_of(file);
	enum status status = ERR_FULL;

	if (directory == state->directory)
		status = fat_entries_replace(fat, directory, old, entries, entry_offset);
	if (status != ERR_FULL)
		return status;
	status = fat_entries_add(fat, directory, entries, entry_offset);
	if (!status)
		status = fat_barrier(fat);
	if (!status && file->is_directory && directory != state->directory)
		status = set_dot_dot(fat, state->first_cluster, directory);
	return status ? status : fat_entries_remove(fat, old);
}

static bool is_called(const struct fat_entry *entry, struct span name)
{
	char is[FILE_NAME_SIZE];

	return span_equals(span_of(is, fat_entry_name(entry, is)), name);
}

enum status fat_move(struct file *file, const struct file *directory, struct span name)
{
	struct fat *fat = fat_of(file);
	const struct fat_file *state = fat_file_of(file);
	const u32 target = fat_file_of(directory)->first_cluster;
	u8 bytes[FAT_ENTRY_SIZE];
	struct fat_entry entry;
	struct fat_places old;
	struct fat_name_entries entries;
	u64 entry_offset;
	enum status status = fat_entry_read(file, bytes);

	if (status)
		return status;
	if (file->is_directory) {
		status = check_not_above(fat, state->first_cluster, target);
		if (status)
			return status;
	}
	status = fat_entry_find(fat, target, name, &entry);
	if (!status && entry.offset != state->entry_offset)
		return ERR_EXISTS;
	if (status && status != ERR_NOT_FOUND)
		return status;
	status = find_entries(file, &entry, &old);
	if (status)
		return status;
	if (target == state->directory && is_called(&entry, name))
		return OK;
	status = fat_name_to_entries(fat, target, name, state->entry_offset, bytes, &entries);
	if (status)
		return status;
	status = move_entries(file, target, &old, &entries, &entry_offset);
	if (status == ERR_FULL)
		return status;
	entry_is_gone(fat, state->entry_offset);
	if (status)
		return status;
	reopen(file, target, fat_short_entry(&entries), entry_offset);
	return fat_write_fs_info(fat);
}

enum status fat_set_info(struct file *file, const struct file_info *info)
{
	const struct fat_file *state = fat_file_of(file);
	const u8 changeable = FILE_ATTRIBUTES & ~FILE_DIRECTORY;
	u8 entry[FAT_ENTRY_SIZE];
	enum status status = fat_entry_read(file, entry);

	if (status)
		return status;
	entry[FAT_KIND_OFFSET] =
		(u8)((entry[FAT_KIND_OFFSET] & ~changeable) | (info->attributes & changeable));
	set_created(entry, &info->created);
	set_accessed(entry, &info->accessed);
	set_modified(entry, &info->modified);
	if (block_has_bytes(file->volume->device, state->entry_offset, sizeof(entry), entry))
		return OK;
	status = block_write_bytes(file->volume->device, state->entry_offset, sizeof(entry), entry);
	if (!status)
		reopen(file, state->directory, entry, state->entry_offset);
	return status;
}
