/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file system that is mounted, and its files. For reading. Paths are UTF-8, separated by '/' or
 * '\\'.
 */
#pragma once

#include "core/arena.h"
#include "core/block.h"
#include "lib/span.h"

struct volume {
	const struct fs_ops *ops;
	struct block_device *device;
};

/* Opening a file allocates nothing; a struct file may be copied. */
struct file {
	struct volume *volume;
	u64 size; /* 0 for a directory */
	bool is_directory;
	u64 private[4]; /* the file system's */
};

enum { FILE_NAME_SIZE = 255 * 3 + 1 }; /* 255 UCS-2 units as UTF-8, and a NUL */

struct directory_entry {
	char name[FILE_NAME_SIZE];
	struct file file;
};

struct fs_ops {
	const char *name;
	/* ERR_UNRECOGNIZED: not this file system. Embeds struct volume in what it allocates. */
	enum status (*mount)(struct block_device *device, struct arena *arena, struct volume **out);
	enum status (*root)(struct volume *volume, struct file *out);
	/*
	 * The entry at @cursor (0 at first), and the cursor moved past it; ERR_NOT_FOUND at the
	 * end. "." and ".." are not listed.
	 */
	enum status (*next)(const struct file *directory, u64 *cursor, struct directory_entry *out);
	/*
	 * The entry called @name (any length, not empty, no separator), by the file system's own
	 * rules of comparison.
	 */
	enum status (*find)(const struct file *directory, struct span name, struct file *out);
	/* @offset and @size within the file. */
	enum status (*read)(struct file *file, u64 offset, size_t size, void *buffer);
};

/* In the order they are tried, NULL at the end: boot/tables.c. */
extern const struct fs_ops *const file_systems[];

/* Mounts what the first file system to recognize @device makes of it. */
enum status volume_mount(struct block_device *device, struct arena *arena, struct volume **out);

/*
 * Walks @path from the root; leading, doubled and trailing separators do not matter; "." and ".."
 * are resolved.
 */
enum status volume_open(struct volume *volume, struct span path, struct file *out);

enum status directory_next(const struct file *directory, u64 *cursor, struct directory_entry *out);

/* Exactly @size bytes. ERR_INVALID past the end, or for a directory. */
enum status file_read(struct file *file, u64 offset, size_t size, void *buffer);

/*
 * All of the file, at most @size_max bytes (else ERR_TOO_SMALL), in the arena with a NUL behind it.
 */
enum status file_load(struct file *file, struct arena *arena, size_t size_max, struct span *out);

/* A file whose bytes are in memory: a kernel or initrd the VMM handed over. */
struct file file_from_memory(struct span bytes);

/* Where the bytes of such a file lie; 0 for any other. */
u64 file_address(const struct file *file);
