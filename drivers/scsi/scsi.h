/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CD-ROM drives with SCSI commands (SPC-4, MMC-6), independent of the transport, currently ATA's
 * PACKET command.
 */
#pragma once

#include "core/block.h"
#include "lib/status.h"
#include "lib/types.h"

enum { SCSI_CDB_SIZE_MAX = 16, SCSI_SENSE_SIZE = 18 };

struct scsi_command {
	u8 cdb[SCSI_CDB_SIZE_MAX];
	void *data; /* any address up to SCSI_SMALL bytes, otherwise as the block device requires */
	u32 size;
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
};

/*
 * Identifies the unit, waits until it is ready, and fills in block_size, block_count, read_only and
 * is_removable of @disk, with no blocks if the drive has no medium. Logs why it cannot.
 */
enum status scsi_open(struct scsi_unit *unit, struct block_device *disk);

/* Reads whole blocks of @block_size within the disk: at most UINT16_MAX, and less than 4 GiB. */
enum status scsi_read(struct scsi_unit *unit, u32 block_size, u64 first, u64 count, void *buffer);
