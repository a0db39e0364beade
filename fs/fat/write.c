/* SPDX-License-Identifier: Apache-2.0 */
/* Content and size of files. */
#include "fs/fat/write.h"

#include "core/log.h"

enum {
	FILE_SIZE_MAX_BITS = 32, /* of the size in the entry */
	COMPARED_SIZE_MAX = 8 * 1024,
};

static u32 clusters_of(const struct fat *fat, u64 size)
{
	return (u32)((size + (1ull << fat->cluster_shift) - 1) >> fat->cluster_shift);
}

enum status fat_write_zeroes(const struct fat *fat, u64 offset, u64 size)
{
	static u8 zeroes[BLOCK_SIZE_MAX]; /* not const, because they would be stored in the image */
	enum status status = OK;

	while (size > 0 && !status) {
		const u64 part = min_u64(size, sizeof(zeroes));

		status = block_write_bytes(fat->volume.device, offset, (size_t)part, zeroes);
		offset += part;
		size -= part;
	}
	return status;
}

/*
 * Writes contiguous bytes. Sets @changed unless they were already there; large ones are not
 * compared.
 */
static enum status put_row(const struct fat *fat, u64 offset, u64 size, const u8 *from,
			   bool *changed)
{
	struct block_device *device = fat->volume.device;

	if (from && size <= COMPARED_SIZE_MAX && block_has_bytes(device, offset, (size_t)size, from))
		return OK;
	*changed = true;
	return from ? block_write_bytes(device, offset, (size_t)size, from) :
		      fat_write_zeroes(fat, offset, size);
}

/* Writes bytes to the existing clusters of the chain of @state; zeroes if @from is NULL. */
static enum status put(const struct fat *fat, struct fat_file *state, u64 offset, u64 size,
		       const u8 *from, bool *changed)
{
	const u32 shift = fat->cluster_shift;

	while (size > 0) {
		u64 skip, part;
		enum status status = fat_file_run(fat, state, (u32)(offset >> shift),
						  (u32)((offset + size - 1) >> shift));

		if (status)
			return status;
		skip = offset - ((u64)state->run.index << shift);
		part = min_u64(size, ((u64)state->run.count << shift) - skip);
		status = put_row(fat, fat_cluster_offset(fat, state->run.cluster) + skip, part,
				 from, changed);
		if (status)
			return status;
		from = from ? from + part : NULL;
		offset += part;
		size -= part;
	}
	return OK;
}

/* The new clusters of a file that grows. */
struct growth {
	struct fat_file chain; /* the new clusters; first_cluster 0: none */
	u64 start;             /* file offset of the first of them */
	u32 last_old;          /* the cluster before them; 0: the file was empty */
	u32 surplus;           /* clusters after it, beyond the size of the file */
};

/* Writes bytes partly to the old clusters of a file, partly to the new ones. */
static enum status put_grown(struct file *file, struct growth *growth, u64 offset, u64 size,
			     const u8 *from)
{
	const struct fat *fat = fat_of(file);
	u64 old_size = offset < growth->start ? min_u64(size, growth->start - offset) : 0;
	bool changed;
	enum status status = put(fat, fat_file_of(file), offset, old_size, from, &changed);

	if (status || old_size == size)
		return status;
	return put(fat, &growth->chain, offset + old_size - growth->start, size - old_size,
		   from ? from + old_size : NULL, &changed);
}

/* Finds the end of the file's chain and allocates the clusters after it. */
static enum status allocate_growth(struct file *file, u64 size, struct growth *out)
{
	struct fat *fat = fat_of(file);
	struct fat_file *state = fat_file_of(file);
	const u32 old_count = clusters_of(fat, file->size), new_count = clusters_of(fat, size);
	enum status status;

	*out = (struct growth){ .start = (u64)old_count << fat->cluster_shift,
				.surplus = state->first_cluster };
	if (old_count > 0) {
		status = fat_file_run(fat, state, old_count - 1, old_count - 1);
		if (status)
			return status;
		out->last_old = state->run.cluster + old_count - 1 - state->run.index;
		status = fat_link(fat, out->last_old, &out->surplus);
		if (status)
			return status;
	}
	if (new_count == old_count)
		return OK;
	return fat_allocate(fat, new_count - old_count, &out->chain.first_cluster);
}

/* Adds the new clusters to the file and sets its new size. */
static enum status commit_growth(struct file *file, const struct growth *growth, u64 size,
				 u8 entry[FAT_ENTRY_SIZE])
{
	struct fat *fat = fat_of(file);
	const u32 first_new = growth->chain.first_cluster;
	enum status status = fat_barrier(fat);

	if (!status && first_new && growth->last_old) {
		status = fat_set_link(fat, growth->last_old, first_new);
		if (!status)
			status = fat_barrier(fat);
	} else if (first_new) {
		fat_entry_set_cluster(fat, entry, first_new);
	}
	store_le32(entry + FAT_SIZE_OFFSET, (u32)size);
	if (!status)
		status = fat_entry_update(file, entry);
	if (!status && first_new && fat_has_cluster(fat, growth->surplus)) {
		status = fat_barrier(fat);
		if (!status)
			status = fat_free_chain(fat, growth->surplus);
	}
	return status ? status : fat_write_fs_info(fat);
}

/* Extends the file to @size bytes, with @from at @offset and zeroes between its old end and
 * @offset.
 */
static enum status grow(struct file *file, u64 size, u64 offset, const u8 *from,
			u8 entry[FAT_ENTRY_SIZE])
{
	struct fat *fat = fat_of(file);
	const u64 old_size = file->size;
	struct growth growth;
	enum status status;

	if (size >> FILE_SIZE_MAX_BITS)
		return ERR_TOO_LARGE;
	if (clusters_of(fat, size) > fat->cluster_count)
		return ERR_FULL;
	status = allocate_growth(file, size, &growth);
	if (status)
		return status;
	if (offset > old_size)
		status = put_grown(file, &growth, old_size, offset - old_size, NULL);
	if (!status)
		status = put_grown(file, &growth, offset, size - offset, from);
	if (status) {
		if (growth.chain.first_cluster)
			(void)fat_free_chain(fat, growth.chain.first_cluster);
		return status;
	}
	return commit_growth(file, &growth, size, entry);
}

static enum status shrink(struct file *file, u64 size, u8 entry[FAT_ENTRY_SIZE])
{
	struct fat *fat = fat_of(file);
	struct fat_file *state = fat_file_of(file);
	const u32 kept = clusters_of(fat, size);
	u32 last_kept = 0, first_freed = state->first_cluster;
	enum status status = OK;

	if (kept > 0) {
		status = fat_file_run(fat, state, kept - 1, kept - 1);
		if (status)
			return status;
		last_kept = state->run.cluster + kept - 1 - state->run.index;
		status = fat_link(fat, last_kept, &first_freed);
		if (status)
			return status;
	} else {
		fat_entry_set_cluster(fat, entry, 0);
	}
	store_le32(entry + FAT_SIZE_OFFSET, (u32)size);
	status = fat_entry_update(file, entry);
	if (status || !fat_has_cluster(fat, first_freed))
		return status;
	status = fat_barrier(fat);
	if (!status && last_kept)
		status = fat_set_link(fat, last_kept, FAT_END_OF_CHAIN);
	if (!status)
		status = fat_free_chain(fat, first_freed);
	return status ? status : fat_write_fs_info(fat);
}

/* The entry of a file, if it is writable. */
static enum status read_writable(const struct file *file, u8 entry[FAT_ENTRY_SIZE])
{
	const struct fat *fat = fat_of(file);
	enum status status = fat_entry_read(file, entry);

	if (status)
		return status;
	if (entry[FAT_KIND_OFFSET] & FILE_READ_ONLY)
		return ERR_DENIED;
	if (file->size > (u64)fat->cluster_count << fat->cluster_shift)
		return corrupt("FAT: file of %lu bytes, larger than the file system", file->size);
	return OK;
}

enum status fat_write(struct file *file, u64 offset, size_t size, const void *buffer)
{
	u8 entry[FAT_ENTRY_SIZE];
	bool changed = false;
	enum status status = read_writable(file, entry);

	if (status)
		return status;
	if (offset + size > file->size)
		return grow(file, offset + size, offset, buffer, entry);
	status = put(fat_of(file), fat_file_of(file), offset, size, buffer, &changed);
	return status || !changed ? status : fat_entry_update(file, entry);
}

enum status fat_resize(struct file *file, u64 size)
{
	u8 entry[FAT_ENTRY_SIZE];
	enum status status = read_writable(file, entry);

	if (status)
		return status;
	return size > file->size ? grow(file, size, size, NULL, entry) : shrink(file, size, entry);
}
