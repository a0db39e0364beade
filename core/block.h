/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk, or a partition: a window on a disk. Bounds are checked here, so that no driver and no
 * file system repeats them and no partition reaches outside itself.
 */
#pragma once

#include "lib/guid.h"
#include "lib/status.h"
#include "lib/types.h"

struct arena;
struct block_device;
struct device_address;
struct volume;

/*
 * Many blocks per call; the driver splits and keeps several requests in flight. Arguments are
 * within the disk.
 */
struct block_ops {
	/* Fills in block_size, block_count, read_only; logs why it cannot. NULL: they are. */
	enum status (*open)(struct block_device *device);
	/*
	 * Opens it and sends it a first request without waiting for the answer: from now on it can
	 * be late. Does nothing if it is open already. NULL: it waits for its turn.
	 */
	void (*start)(struct block_device *device);
	enum status (*read)(struct block_device *device, u64 first, u64 count, void *buffer);
	enum status (*write)(struct block_device *device, u64 first, u64 count,
			     const void *buffer);          /* NULL: none */
	enum status (*flush)(struct block_device *device); /* NULL: not needed */
};

enum partition_kind {
	PARTITION_WHOLE_DISK, /* not a partition */
	PARTITION_ESP,        /* EFI System Partition */
	PARTITION_XBOOTLDR,   /* Boot Loader Specification: Extended Boot Loader Partition */
	PARTITION_OTHER,
};

enum partition_id_kind { PARTITION_ID_MBR, PARTITION_ID_GPT, PARTITION_ID_EL_TORITO };

/* What its partition table says of a partition. */
struct partition_id {
	enum partition_id_kind kind;
	/* PARTITION_ID_MBR */
	u32 disk_signature;
	u8 record[16]; /* as it stands on the disk */
	/* PARTITION_ID_GPT (UEFI 2.11, 5.3.3) */
	struct guid type, unique;
	u64 attributes;
	u16 name[36];
};

enum { BLOCK_SIZE_MIN = 512, BLOCK_SIZE_MAX = 4096, BLOCK_NAME_SIZE = 16 };

enum { PARTITIONS_MAX = 128 }; /* per disk that we look at; more are dropped with a message */

struct partition_table {
	const char *scheme; /* "GPT", ...: for the log */
	u32 count;
	struct block_device *partitions; /* in the arena; table order */
	bool is_overfull;                /* more than PARTITIONS_MAX: some were left out */
	u32 bad_count;                   /* entries that lie outside of the disk */
	struct arena *arena;
};

struct block_device {
	char name[BLOCK_NAME_SIZE];  /* "disk0", "disk0p1" */
	const struct block_ops *ops; /* of the disk; NULL in a partition */
	u32 block_size;              /* a power of two from BLOCK_SIZE_MIN to BLOCK_SIZE_MAX */
	u64 block_count;
	bool read_only;
	bool is_removable; /* with NEED_REMOVABLE: may have no medium, and then has no blocks */
	/*
	 * With NEED_BLOCK_BOUNCE: what the driver asks of a transfer. Its buffer's address is a
	 * multiple of @alignment, a power of two (0: any), and it ends at or below @address_limit
	 * (0: any); its size is at most @transfer_size_max (0: any).
	 */
	u32 alignment;
	u32 transfer_size_max;
	u64 address_limit;
	struct block_device *disk; /* the disk of a partition; NULL in a disk */
	u64 first_block;           /* the partition's first block on it */
	enum partition_kind kind;
	u32 partition_number; /* as the partition table counts, from 1 */
	bool is_open;
	bool has_turn;                     /* of a disk: block_state_turn() */
	struct block_device *next;         /* block_register()'s */
	enum status not_mounted;           /* why the next two are empty: this is not tried again */
	struct partition_table partitions; /* of a disk: disk_partitions()'s */
	struct volume *volume;             /* partition_volume()'s */
	const struct partition_id *id;     /* of a partition; NULL without EFI */
	const struct device_address *address; /* of a disk; NULL without EFI */
};

/* Adds a disk in the VMM's order; nothing is asked of it before its turn comes. */
void block_register(struct block_device *disk);

/* Forgets all that are registered but the first @count; they never got a request and never will. */
void block_keep(u64 count);

/*
 * Adds @disk right after @position. A controller is registered as a disk whose open() adds those it
 * finds, and fails: so it gets no request before its turn comes, either.
 */
void block_register_after(struct block_device *disk, struct block_device *position);

/*
 * The disks, first found first: each is opened and named when it is reached, and left out if that
 * fails, if its block size is out of range or if it has no blocks. NULL after the last.
 */
struct block_device *block_first(void);
struct block_device *block_next(struct block_device *disk);

/*
 * The VMM has stated when the disk at @address is tried: it comes after the disks for which this
 * was called already, and before all others. Before any disk is opened. False: there is no such
 * disk.
 */
bool block_state_turn(const struct device_address *address);

/* The VMM allows only disks whose turn it has stated. */
extern bool block_only_stated;

/*
 * For a driver whose disk @late does not answer its first request: starts all disks that have not
 * been opened yet, so that many dead disks cost the time of one.
 */
void block_start_others(const struct block_device *late);

/*
 * Makes @partition a window on @disk, which is not a partition itself, and names it after both;
 * number 0 is the whole disk. ERR_CORRUPT unless [first, first + count) lies on it and is not
 * empty.
 */
enum status block_partition(struct block_device *disk, u64 first, u64 count, u32 number,
			    enum partition_kind kind, struct block_device *partition);

/*
 * Whole blocks, straight into @buffer, past the cache; by a buffer of our own where the driver
 * cannot reach @buffer. ERR_INVALID outside of the device.
 */
enum status block_read(struct block_device *device, u64 first, u64 count, void *buffer);
enum status block_write(struct block_device *device, u64 first, u64 count, const void *buffer);
enum status block_flush(struct block_device *device);

/*
 * Any bytes, through the cache: for metadata (core/block_cache.c). ERR_INVALID outside of the
 * device.
 */
enum status block_read_bytes(struct block_device *device, u64 offset, size_t size, void *buffer);

/*
 * Any bytes, for the content of files: many of them go straight into @buffer, except those that
 * share their block with others; few come through the cache, which reads ahead.
 */
enum status block_read_data(struct block_device *device, u64 offset, size_t size, void *buffer);

/*
 * Any bytes, straight to the device; the rest of a block that is written in part is preserved. Few
 * bytes are compared with what is there, and not written if they are the same. Blocks are written
 * in ascending order, each whole.
 */
enum status block_write_bytes(struct block_device *device, u64 offset, size_t size,
			      const void *buffer);

/* Does the device hold these bytes there? False if they cannot be read. */
bool block_has_bytes(struct block_device *device, u64 offset, size_t size, const void *bytes);

/*
 * The cached bytes at @offset, at least one and at most @size_max, without a copy: valid until the
 * next read or write through the cache. For walking tables. Never ends inside a block.
 */
enum status block_peek(struct block_device *device, u64 offset, size_t size_max, const u8 **data,
		       size_t *size);

/* Bytes of the device; never wraps. */
u64 block_size_bytes(const struct block_device *device);

/*
 * For block_write(): what the cache holds of these blocks of a disk becomes what was written there,
 * or is forgotten if @bytes is NULL.
 */
void block_cache_update(const struct block_device *disk, u64 first, u64 count, const void *bytes);

/* Forgets what the cache holds of @disk: its content is no longer the same. */
void block_cache_invalidate(const struct block_device *disk);
