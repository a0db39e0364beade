/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks and CD-ROM drives with SCSI commands (SPC-4, SBC-3, MMC-6), independent of the transport:
 * virtio-scsi, ATA's PACKET command.
 */
#pragma once

#include "core/block.h"
#include "lib/status.h"
#include "lib/types.h"

struct deadline;

enum { SCSI_CDB_SIZE_MAX = 16, SCSI_SENSE_SIZE = 18 };

struct scsi_command {
	u8 cdb[SCSI_CDB_SIZE_MAX];
	void *data; /* any address up to SCSI_SMALL bytes, otherwise as the block device requires */
	u32 size;
	bool is_write;
	/* Results. */
	u32 transferred; /* at most @size */
	bool has_sense;  /* with ERR_IO: the device rejected the command for this reason */
	u8 sense[SCSI_SENSE_SIZE];
};

enum { SCSI_SMALL = 512 };

struct scsi_unit {
	const char *name;
	/* ERR_IO, with or without sense; ERR_TIMEOUT: it is no longer used. */
	enum status (*execute)(struct scsi_unit *unit, struct scsi_command *command);
	/* Until when units may become ready: all units of a controller do so at the same time. */
	struct deadline *ready;
};

/*
 * Executes a command, and repeats it after a unit attention: the first command after a reset or
 * another event reports one (SAM-5, 5.14), and there may be several. After a change of the medium
 * it is not repeated.
 */
enum status scsi_execute(struct scsi_unit *unit, struct scsi_command *command);

/*
 * Identifies the unit, waits until it is ready, and fills in block_size, block_count, read_only and
 * is_removable of @disk, with no blocks if the drive has no medium. Logs why it cannot.
 */
enum status scsi_open(struct scsi_unit *unit, struct block_device *disk);

/* Whole blocks of @block_size within the disk: at most UINT16_MAX, and less than 4 GiB. */
enum status scsi_read(struct scsi_unit *unit, u32 block_size, u64 first, u64 count, void *buffer);
enum status scsi_write(struct scsi_unit *unit, u32 block_size, u64 first, u64 count,
		       const void *buffer);

/* Flushes the unit's cache. A unit that does not know the command has none. */
enum status scsi_flush(struct scsi_unit *unit);

/*
 * The LUNs of the target that @unit belongs to, each once and in ascending order: at most @max,
 * which is not 0. Returns how many: one, LUN 0, if the target lists none.
 */
u32 scsi_list_luns(struct scsi_unit *unit, u16 *luns, u32 max);
