/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mounted file system and its files.
 *
 * Names and paths are UTF-8. '/' and '\\' are both path separators. A name that is listed is not
 * empty, is at most FILE_NAME_SIZE - 1 bytes long, contains no separator and no control character,
 * is neither "." nor "..", and can be opened, unless it contains U+FFFD, which replaces characters
 * that cannot be expressed in Unicode. The file system decides how names are compared.
 */
#pragma once

#include "core/arena.h"
#include "core/block.h"
#include "lib/span.h"

struct fs_ops;

struct volume {
	const struct fs_ops *ops;
	struct block_device *device;
	bool read_only; /* every attempt to write fails with ERR_DENIED */
	u32 generation; /* changes with each change to the volume, see struct file */
};

enum {
	FILE_NAME_SIZE = 255 * 3 + 1, /* 255 UCS-2 units as UTF-8, and a NUL */
	FILE_STATE_SIZE = 40,
};

/*
 * A file or directory. Opening one allocates nothing, there is nothing to close, and a struct file
 * may be copied.
 *
 * A file may be changed after it was opened, through this struct, a copy, or another one. Its
 * generation then differs from that of its volume, and the functions below read its directory entry
 * again before they do anything else. ERR_NOT_FOUND from any of them: it has been removed, or moved
 * through another struct file.
 */
struct file {
	struct volume *volume;
	u64 size; /* 0 for a directory */
	bool is_directory;
	u32 generation;                           /* of the volume, when this was read */
	u64 state[FILE_STATE_SIZE / sizeof(u64)]; /* private to the file system */
};

struct directory_entry {
	char name[FILE_NAME_SIZE];
	struct file file;
};

/* Local time, without a time zone. All zero: unknown. */
struct file_time {
	u16 year;
	u8 month, day; /* from 1 */
	u8 hour, minute, second;
};

/* The values are those of FAT's directory entries and of EFI_FILE_INFO. */
enum {
	FILE_READ_ONLY = 0x01,
	FILE_HIDDEN = 0x02,
	FILE_SYSTEM = 0x04,
	FILE_DIRECTORY = 0x10,
	FILE_ARCHIVE = 0x20,
	FILE_ATTRIBUTES = 0x37,
};

struct file_info {
	u32 attributes;
	u64 allocated_size; /* bytes that it occupies on the volume */
	struct file_time created, accessed, modified;
};

enum { VOLUME_LABEL_SIZE = 11 * 3 + 1 }; /* 11 characters as UTF-8, and a NUL */

struct volume_space {
	u64 size, free; /* bytes usable for files and directories */
	u32 unit;       /* allocation unit in bytes */
};

/*
 * The functions of a file system. core/volume.c has already checked arguments, refreshed files, and
 * refused writes to a read-only volume.
 */
struct fs_ops {
	const char *name;
	/* ERR_UNRECOGNIZED: not this file system. Allocates a struct that embeds struct volume. */
	enum status (*mount)(struct block_device *device, struct arena *arena, struct volume **out);
	enum status (*root)(struct volume *volume, struct file *out);
	/*
	 * Returns the entry at @cursor (initially 0) and advances the cursor. ERR_NOT_FOUND at the
	 * end. "." and ".." are not listed.
	 */
	enum status (*next)(const struct file *directory, u64 *cursor, struct directory_entry *out);
	/*
	 * Finds the entry called @name (any length, not empty, no separator), compared by the file
	 * system's rules.
	 */
	enum status (*find)(const struct file *directory, struct span name, struct file *out);
	/* @offset and @size within the file. */
	enum status (*read)(struct file *file, u64 offset, size_t size, void *buffer);

	/* FILE_INFO. NULL: the file system has no such information. */
	enum status (*info)(const struct file *file, struct file_info *out);
	enum status (*file_name)(const struct file *file, char name[FILE_NAME_SIZE]);
	enum status (*parent)(const struct file *file, struct file *out); /* the parent of the root
									     is the root */
	enum status (*space)(struct volume *volume, struct volume_space *out);
	enum status (*label)(struct volume *volume, char label[VOLUME_LABEL_SIZE]);

	/* FILE_WRITE. All of them NULL: the file system can only be read. */
	enum status (*refresh)(struct file *file);
	enum status (*create)(const struct file *directory, struct span name, bool is_directory,
			      struct file *out);
	enum status (*write)(struct file *file, u64 offset, size_t size, const void *buffer);
	enum status (*resize)(struct file *file, u64 size);
	enum status (*move)(struct file *file, const struct file *directory, struct span name);
	enum status (*remove)(struct file *file);
	enum status (*set_info)(struct file *file, const struct file_info *info);
	enum status (*set_label)(struct volume *volume, struct span label);
};

/* In the order they are tried, NULL at the end: boot/tables.c. */
extern const struct fs_ops *const file_systems[];

/* Mounts @device with the first file system that recognizes it. */
enum status volume_mount(struct block_device *device, struct arena *arena, struct volume **out);

/*
 * Resolves @path from the root. Leading, doubled and trailing separators are ignored; "." and ".."
 * are resolved, and ".." of the root is the root.
 */
enum status volume_open(struct volume *volume, struct span path, struct file *out);

/* The same, starting at @directory unless @path starts with a separator. Only with FILE_INFO. */
enum status file_open(struct file *directory, struct span path, struct file *out);

/*
 * Reads the directory entry of @file again if the volume has changed. For callers that use its
 * size; the functions of this header do it themselves.
 */
enum status file_refresh(struct file *file);

enum status directory_next(struct file *directory, u64 *cursor, struct directory_entry *out);

/* Reads exactly @size bytes. ERR_INVALID past the end, or for a directory. */
enum status file_read(struct file *file, u64 offset, size_t size, void *buffer);

/*
 * Reads the whole file into the arena, followed by a NUL. ERR_TOO_LARGE: it has more than @size_max
 * bytes.
 */
enum status file_load(struct file *file, struct arena *arena, size_t size_max, struct span *out);

/* A file whose bytes are in memory: a kernel or initrd supplied by the VMM. */
struct file file_from_memory(struct span bytes);

/* The address of such a file's bytes; 0 for any other file. */
u64 file_address(const struct file *file);

/*
 * FILE_INFO (Kconfig): more about files and volumes. ERR_UNSUPPORTED if the file system has no such
 * information.
 */
enum status file_info(struct file *file, struct file_info *out);

/* The name as stored in the directory; empty for the root. */
enum status file_name(struct file *file, char name[FILE_NAME_SIZE]);

/* The directory that contains @file; for the root, the root. */
enum status file_parent(struct file *file, struct file *out);

/* The first call may read all of the volume's tables. */
enum status volume_space(struct volume *volume, struct volume_space *out);
enum status volume_label(struct volume *volume, char label[VOLUME_LABEL_SIZE]); /* may be empty */

/*
 * FILE_WRITE (Kconfig): changes. When a call returns OK, the change has reached the device, but
 * perhaps only the device's own cache (see volume_flush()). When a call fails, the volume is
 * unchanged, except after ERR_IO. A call that changes nothing writes nothing. ERR_DENIED: the
 * volume, the device or the file is read-only, or cannot be written at all. ERR_FULL: no room on
 * the volume or in the directory.
 */

/*
 * Creates an empty file or directory called @name in @directory. ERR_EXISTS: the name is taken.
 * ERR_INVALID: the file system does not allow the name.
 */
enum status file_create(struct file *directory, struct span name, bool is_directory,
			struct file *out);

/*
 * Extends the file if necessary; bytes between its old end and @offset become zero. ERR_TOO_LARGE:
 * the file system does not support files of that size.
 */
enum status file_write(struct file *file, u64 offset, size_t size, const void *buffer);

/* Truncates the file, or extends it with zeroes. */
enum status file_resize(struct file *file, u64 size);

/*
 * Renames @file to @name and moves it to @directory, on the same volume; either may be unchanged.
 * ERR_EXISTS: the name belongs to another file. ERR_INVALID: the root, a directory into itself, or
 * a name that is not allowed.
 */
enum status file_move(struct file *file, struct file *directory, struct span name);

/*
 * Removes a file, also a read-only one, or a directory if it is empty; otherwise ERR_DENIED.
 * ERR_INVALID: the root.
 */
enum status file_remove(struct file *file);

/*
 * Sets attributes, except FILE_DIRECTORY, which must not change (ERR_INVALID), and times; an
 * all-zero time leaves the old one. Also works on a read-only file.
 */
enum status file_set_info(struct file *file, const struct file_info *info);

/* An empty label removes it. ERR_INVALID: the file system does not allow it, or not that long. */
enum status volume_set_label(struct volume *volume, struct span label);

/* When this returns OK, everything written is on the disk. */
enum status volume_flush(struct volume *volume);

/*
 * Set by code that knows the time of day. If it is NULL or returns an all-zero time, the time is
 * unknown, and files keep their times.
 */
extern struct file_time (*volume_clock)(void);
