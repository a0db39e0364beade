/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FAT12, FAT16 and FAT32 (Microsoft, FAT File System Specification, 1.03 and 2005). mount.c decodes
 * the boot sector into a consistent struct fat, which the rest of the folder trusts; nothing else
 * from the disk is trusted.
 */
#pragma once

#include "core/volume.h"
#include "lib/util.h"

struct fat;

/* What differs between FAT12, FAT16 and FAT32. */
struct fat_variant {
	u32 entry_bits;
	u32 end_of_chain; /* links from here on end a chain */
	/*
	 * Advances @cluster along its chain while links lead to the next contiguous cluster, up to
	 * @last or to the end of the cached part of the table. @link becomes the link of the final
	 * cluster.
	 */
	enum status (*scan)(const struct fat *fat, u32 *cluster, u32 last, u32 *link);
};

enum {
	/*
	 * Represents the root directory of FAT12 and FAT16, which is outside the data area. No
	 * chain contains this number.
	 */
	FAT_FIXED_ROOT = 1,
	FAT_FIRST_CLUSTER = 2,
	FAT_ENTRY_SIZE = 32,
	FAT_DIRECTORY_ENTRIES_MAX = 65536,
	FAT_DIRECTORY_SIZE_MAX = FAT_DIRECTORY_ENTRIES_MAX * FAT_ENTRY_SIZE,
	FAT_SHORT_NAME_SIZE = 11,
	FAT_SHORT_NAME_UNITS = FAT_SHORT_NAME_SIZE + 1, /* with a dot */
	FAT_LONG_NAME_MAX = 255,                        /* UTF-16 units */
	FAT_LONG_NAME_PART = 13,                        /* of them in one directory entry */
	FAT_LONG_NAME_PARTS_MAX = 20,
	FAT_GONE_MAX = 32,
};

struct fat {
	struct volume volume;
	const struct fat_variant *variant;
	u32 cluster_count; /* clusters are numbered from 2 to cluster_count + 1 */
	u32 cluster_shift; /* log2 of the bytes in a cluster */
	u32 root_cluster;  /* FAT_FIXED_ROOT before FAT32 */
	u32 root_size;     /* bytes of the fixed root directory */
	u64 root_offset;   /* where it is; all offsets are bytes on the device */
	u64 table_offset;  /* the FAT in use, */
	u64 table_size;    /* distance to its copies in bytes */
	u32 table_count;   /* number of copies, including it */
	u64 data_offset;   /* cluster 2 */
	/* space.c's */
	u64 fs_info_offset; /* 0: absent */
	u32 free_count;     /* clusters, or FAT_NOT_KNOWN */
	u32 next_free;      /* where to look for free clusters */
	/* For change.c: short entries of removed files, which may now belong to other files. */
	u32 gone_count; /* may exceed the size of the array */
	struct {
		u64 entry_offset;
		u32 generation; /* generation of the volume at removal */
	} gone[FAT_GONE_MAX];
};

#define FAT_NOT_KNOWN 0xffffffffu

/* Directory entries; for their layout see directory.c and info.c. */
enum {
	FAT_FREE_FROM_HERE = 0x00,
	FAT_DELETED = 0xe5,
	FAT_KIND_OFFSET = 11,
	FAT_CASE_OFFSET = 12, /* Windows NT: which halves of a short name are in lower case */
	FAT_KIND_LABEL = 0x08,
	FAT_KIND_DIRECTORY = 0x10,
	FAT_KIND_LONG_NAME = 0x0f,
	FAT_KIND_LONG_NAME_MASK = 0x3f,
	FAT_PART_LAST = 0x40,
	FAT_PART_CHECKSUM_OFFSET = 13,
	FAT_CREATED_FINE_OFFSET = 13,
	FAT_CREATED_TIME_OFFSET = 14,
	FAT_CREATED_DATE_OFFSET = 16,
	FAT_ACCESSED_DATE_OFFSET = 18,
	FAT_CLUSTER_HIGH_OFFSET = 20,
	FAT_MODIFIED_TIME_OFFSET = 22,
	FAT_MODIFIED_DATE_OFFSET = 24,
	FAT_CLUSTER_OFFSET = 26,
	FAT_SIZE_OFFSET = 28,
};

/* Contiguous clusters of a file. */
struct fat_run {
	u32 index;   /* of its first cluster within the file */
	u32 cluster; /* and the number of that */
	u32 count;
};

/* The state of a struct file. */
struct fat_file {
	u32 first_cluster;  /* 0 in an empty file */
	u32 directory;      /* the first cluster of the parent directory; 0: this is the root */
	u64 entry_offset;   /* its short entry */
	struct fat_run run; /* the last run used, so that sequential reads need not start over;
			       count 0: none */
	u32 jumps;          /* from run to run so far */
	u32 jump_target;    /* the target of an earlier jump */
	u32 identity;       /* of the short name */
};

static inline struct fat *fat_of(const struct file *file)
{
	return container_of(file->volume, struct fat, volume);
}

static inline struct fat_file *fat_file_of(const struct file *file)
{
	static_assert(sizeof(struct fat_file) <= sizeof(file->state));
	return (struct fat_file *)file->state;
}

static inline bool fat_has_cluster(const struct fat *fat, u32 cluster)
{
	return cluster - FAT_FIRST_CLUSTER < fat->cluster_count;
}

static inline u64 fat_cluster_offset(const struct fat *fat, u32 cluster)
{
	return fat->data_offset + ((u64)(cluster - FAT_FIRST_CLUSTER) << fat->cluster_shift);
}

extern const struct fs_ops fat_ops;

/* chain.c */

/* The variant with entries of this width; NULL if it is not built in. */
const struct fat_variant *fat_variant_find(u32 entry_bits);

/*
 * Follows the chain from @cluster. @count is the number of contiguous clusters from @cluster on, at
 * most @count_max. @next is the cluster to which the chain then jumps; 0 at its end or if
 * @count_max was reached. An invalid link also ends the run; ERR_CORRUPT if it is that of @cluster
 * itself.
 */
enum status fat_chain_run(const struct fat *fat, u32 cluster, u32 count_max, u32 *count, u32 *next);

/* The link of one cluster. */
static inline enum status fat_link(const struct fat *fat, u32 cluster, u32 *link)
{
	return fat->variant->scan(fat, &cluster, cluster, link);
}

/* directory.c */

/* A position in a directory. The entry there is valid until the next read through the cache. */
struct fat_walk {
	const struct fat *fat;
	u32 index;   /* of the next entry in the directory */
	u32 cluster; /* that contains the previous entry; or FAT_FIXED_ROOT */
	u64 offset;  /* of the next entry */
	const u8 *next, *end;
};

/* A file or directory as found in its directory: a short entry and the long name before it. */
struct fat_entry {
	const u8 *bytes; /* the short entry: as long as fat_walk's */
	u64 offset;
	u32 cluster;     /* that holds it */
	u32 index;       /* in the directory, of the short entry, */
	u32 first_index; /* and of the first one of the long name, or the same */
	u32 count;       /* units of the long name; 0: no complete one */
	u16 units[FAT_LONG_NAME_PARTS_MAX * FAT_LONG_NAME_PART];
};

struct fat_walk fat_walk_start(const struct fat *fat, u32 first_cluster);

/* The next 32 bytes, whatever they are. ERR_NOT_FOUND at the end of the directory. */
enum status fat_walk_step(struct fat_walk *walk, const u8 **bytes);

/* The next file or directory. ERR_NOT_FOUND at the end. */
enum status fat_walk_next(struct fat_walk *walk, struct fat_entry *out);

/* The entry called @name in the directory that starts in @first_cluster. */
enum status fat_entry_find(const struct fat *fat, u32 first_cluster, struct span name,
			   struct fat_entry *out);

/* The name of an entry, long or short; 0 if it could not be opened by that name. */
size_t fat_entry_name(const struct fat_entry *entry, char name[FILE_NAME_SIZE]);

u32 fat_entry_cluster(const struct fat *fat, const u8 *bytes);

/* The file described by the short entry @bytes at @entry_offset. */
struct file fat_file_from_entry(const struct fat *fat, u32 directory, const u8 *bytes,
				u64 entry_offset);

/* file.c */

/*
 * Sets the run of @state to the one that contains cluster @index of the file, without following it
 * beyond cluster @last.
 */
enum status fat_file_run(const struct fat *fat, struct fat_file *state, u32 index, u32 last);

/* info.c */

/* The first cluster of the directory to which ".." in the directory at @cluster leads. */
enum status fat_dot_dot(const struct fat *fat, u32 cluster, u32 *parent);

/* Finds the entry with the volume's label: its name and its position. ERR_NOT_FOUND: none. */
enum status fat_label_find(const struct fat *fat, u8 label[FAT_SHORT_NAME_SIZE], u64 *offset);

/* space.c */

/* At mount. */
void fat_read_fs_info(struct fat *fat);

/* All of the folder: see struct fs_ops */
enum status fat_root(struct volume *volume, struct file *out);
enum status fat_next(const struct file *directory, u64 *cursor, struct directory_entry *out);
enum status fat_find(const struct file *directory, struct span name, struct file *out);
enum status fat_read(struct file *file, u64 offset, size_t size, void *buffer);
enum status fat_info(const struct file *file, struct file_info *out);
enum status fat_file_name(const struct file *file, char name[FILE_NAME_SIZE]);
enum status fat_parent(const struct file *file, struct file *out);
enum status fat_space(struct volume *volume, struct volume_space *out);
enum status fat_label(struct volume *volume, char label[VOLUME_LABEL_SIZE]);
enum status fat_set_label(struct volume *volume, struct span name);
enum status fat_refresh(struct file *file);
enum status fat_create(const struct file *directory, struct span name, bool is_directory,
		       struct file *out);
enum status fat_write(struct file *file, u64 offset, size_t size, const void *buffer);
enum status fat_resize(struct file *file, u64 size);
enum status fat_move(struct file *file, const struct file *directory, struct span name);
enum status fat_remove(struct file *file);
enum status fat_set_info(struct file *file, const struct file_info *info);

/* name.c */

/* The units of the short name of a directory entry; 0 if it could not be opened by that name. */
u32 fat_short_name_units(const u8 *entry, u16 units[FAT_SHORT_NAME_UNITS]);

/* @name as UTF-16; 0 if it is too long. */
u32 fat_name_to_units(struct span name, u16 units[FAT_LONG_NAME_MAX]);

/*
 * False for separators and control characters: a name with one of these could not be opened, or
 * would open another file.
 */
bool fat_name_can_have(u16 unit);

/* Links the parts of a long name to the short name that follows them. */
u8 fat_name_checksum(const u8 *short_name);

/* The offset in an entry of unit @index, below FAT_LONG_NAME_PART, of a part of a long name. */
u32 fat_name_unit_offset(u32 index);

/* A hash of the short name. */
u32 fat_name_identity(const u8 *short_name);
