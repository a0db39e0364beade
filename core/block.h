/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk, or a partition, which is a window on a disk. Bounds are checked here, so that drivers and
 * file systems need not check them and no access to a partition goes outside it.
 */
#pragma once

#include "lib/guid.h"
#include "lib/status.h"
#include "lib/types.h"
#include "lib/util.h"

struct arena;
struct block_device;
struct device_address;
struct volume;

/*
 * A call may transfer many blocks: the driver splits it and keeps several requests in flight.
 * Arguments are within the disk.
 */
struct block_ops {
	/*
	 * Fills in block_size, block_count, read_only; logs why it cannot. NULL: they are already
	 * set.
	 */
	enum status (*open)(struct block_device *device);
	/*
	 * Opens the disk and sends it a first request without waiting for the answer. Does nothing
	 * if it is open already. NULL: the disk is only opened when it is its turn.
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

/* A partition's identification in its partition table. */
struct partition_id {
	enum partition_id_kind kind;
	/* PARTITION_ID_MBR */
	u32 disk_signature;
	u8 record[16]; /* as on the disk */
	/* PARTITION_ID_GPT (UEFI 2.11, 5.3.3) */
	struct guid type, unique;
	u64 attributes;
	u16 name[36];
};

enum { BLOCK_SIZE_MIN = 512, BLOCK_SIZE_MAX = 4096, BLOCK_NAME_SIZE = 16 };

enum { BLOCK_TIMEOUT_MS = 30000, BLOCK_TIMEOUT_MS_PER_MIB = 4000 };

enum { PARTITIONS_MAX = 128 }; /* per disk; more are ignored with a message */

struct partition_table {
	const char *scheme; /* "GPT", ...: for the log */
	u32 count;
	struct block_device *partitions; /* in the arena; table order */
	bool is_overfull;                /* more than PARTITIONS_MAX: some were left out */
	u32 bad_count;                   /* entries that are outside the disk */
	struct arena *arena;
};

struct block_device {
	char name[BLOCK_NAME_SIZE];  /* "disk0", "disk0p1" */
	const struct block_ops *ops; /* of the disk; NULL in a partition */
	u32 block_size;              /* a power of two from BLOCK_SIZE_MIN to BLOCK_SIZE_MAX */
	u64 block_count;
	bool read_only;
	bool is_removable; /* with NEED_REMOVABLE: may have no medium; it then has no blocks */
	/*
	 * With NEED_BLOCK_BOUNCE: the driver's limits for a transfer. The buffer's address must be
	 * a multiple of @alignment, a power of two (0: any), and the buffer must end at or below
	 * @address_limit (0: any). The size is at most @transfer_size_max (0: any).
	 */
	u32 alignment;
	u32 transfer_size_max;
	u64 address_limit;
	struct block_device *disk; /* the disk of a partition; NULL in a disk */
	u64 first_block;           /* the partition's first block on it */
	enum partition_kind kind;
	u32 partition_number; /* as numbered in the partition table, from 1 */
	bool is_open;
	bool has_turn;             /* of a disk: block_state_turn() */
	struct block_device *next; /* block_register()'s */
	enum status not_mounted;   /* why the next two are empty; there is no second attempt */
	struct partition_table partitions;    /* of a disk: disk_partitions()'s */
	struct volume *volume;                /* partition_volume()'s */
	const struct partition_id *id;        /* of a partition; NULL without EFI */
	const struct device_address *address; /* of a disk; NULL without EFI */
};

/*
 * How long a driver waits for @size bytes before it gives up a disk: as in Linux, and more for much
 * data, because hosts may limit the rate.
 */
static inline u32 block_timeout_ms(u64 size)
{
	return BLOCK_TIMEOUT_MS + (u32)(size / MIB) * BLOCK_TIMEOUT_MS_PER_MIB;
}

/* Adds a disk, in the VMM's order. It gets no request before its turn. */
void block_register(struct block_device *disk);

/*
 * Removes all registered disks except the first @count. The others have had no request and never
 * get one.
 */
void block_keep(u64 count);

/*
 * Adds @disk right after @position. A controller is registered as a disk whose open() adds the
 * disks that it finds and then fails, so that the controller is not accessed before its turn,
 * either. A turn that the VMM has stated for the controller is the turn of those disks.
 */
void block_register_after(struct block_device *disk, struct block_device *position);

/*
 * Iterates over the disks in the order of registration. Each disk is opened and named when it is
 * reached, and skipped if that fails, if its block size is out of range or if it has no blocks.
 * NULL after the last.
 */
struct block_device *block_first(void);
struct block_device *block_next(struct block_device *disk);

/*
 * Records that the VMM has specified a position for the disk at @address: it is tried after the
 * disks for which this was called before, and before all others. To be called before any disk is
 * opened. False: there is no such disk.
 */
bool block_state_turn(const struct device_address *address);

/* The VMM allows only the disks in its own order. */
extern bool block_only_stated;

/*
 * For a driver whose disk @late does not answer its first request: starts all disks that have not
 * been opened yet, so that many dead disks take no longer than one.
 */
void block_start_others(const struct block_device *late);

/*
 * Makes @partition a window on @disk, which is not a partition itself, and names it after both;
 * number 0 is the whole disk. ERR_CORRUPT unless [first, first + count) is on the disk and not
 * empty.
 */
enum status block_partition(struct block_device *disk, u64 first, u64 count, u32 number,
			    enum partition_kind kind, struct block_device *partition);

/*
 * Transfers whole blocks, bypassing the cache, directly to or from @buffer, or through a bounce
 * buffer if the driver cannot reach @buffer. ERR_INVALID outside the device.
 */
enum status block_read(struct block_device *device, u64 first, u64 count, void *buffer);
enum status block_write(struct block_device *device, u64 first, u64 count, const void *buffer);
enum status block_flush(struct block_device *device);

/*
 * Reads any bytes through the cache (core/block_cache.c), for metadata. ERR_INVALID outside the
 * device.
 */
enum status block_read_bytes(struct block_device *device, u64 offset, size_t size, void *buffer);

/*
 * Reads any bytes, for file contents. Whole blocks of a large read go directly to @buffer; small
 * reads use the cache, which reads ahead.
 */
enum status block_read_data(struct block_device *device, u64 offset, size_t size, void *buffer);

/*
 * Writes any bytes directly to the device, preserving the rest of a partially written block. A
 * small write is skipped if the device already has these bytes. Blocks are written in ascending
 * order, each as a whole.
 */
enum status block_write_bytes(struct block_device *device, u64 offset, size_t size,
			      const void *buffer);

/* Does the device have these bytes at @offset? False if they cannot be read. */
bool block_has_bytes(struct block_device *device, u64 offset, size_t size, const void *bytes);

/*
 * The cached bytes at @offset, at least one and at most @size_max, without a copy. Valid until the
 * next read or write through the cache. For walking tables.
 */
enum status block_peek(struct block_device *device, u64 offset, size_t size_max, const u8 **data,
		       size_t *size);

/* Bytes of the device; never wraps. */
u64 block_size_bytes(const struct block_device *device);

/*
 * For block_write(): updates cached copies of these blocks to what was written, or drops them if
 * @bytes is NULL.
 */
void block_cache_update(const struct block_device *disk, u64 first, u64 count, const void *bytes);

/* Drops all cached blocks of @disk, because its content has changed. */
void block_cache_invalidate(const struct block_device *disk);
