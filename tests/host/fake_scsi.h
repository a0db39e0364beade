/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks and CD-ROM drives behind virtio-scsi, with optional faults. Each driver error is counted as
 * a violation of the virtio device.
 */
#pragma once

#include "lib/types.h"
#include "tests/host/fake_virtio.h"

enum { FAKE_SCSI_UNITS_MAX = 96, FAKE_SCSI_NEVER = UINT32_MAX };

/* Faults of a unit, with each command from @lie_after on. */
enum fake_scsi_lie {
	FAKE_SCSI_HONEST,
	FAKE_SCSI_SHORT,         /* returns half of what was requested */
	FAKE_SCSI_RESIDUAL_HUGE, /* claims that less than nothing was transferred */
	FAKE_SCSI_SENSE_HUGE,    /* an error, and claims that it sent 4 GiB of sense data */
	FAKE_SCSI_SENSE_NONE,    /* an error without sense data */
	FAKE_SCSI_SENSE_ODD,     /* an error with sense data of an unknown format */
	FAKE_SCSI_MEDIUM_ERROR,
	FAKE_SCSI_DESCRIPTOR_ERROR, /* the same, with sense data in descriptor format */
	FAKE_SCSI_ATTENTION,        /* a unit attention each time */
	FAKE_SCSI_MEDIUM_CHANGED,   /* a unit attention: the medium has changed */
	FAKE_SCSI_BUSY,             /* reports that it is busy */
	FAKE_SCSI_QUEUE_FULL,
	FAKE_SCSI_RESPONSE_BUSY,
	FAKE_SCSI_RESPONSE_FAILURE,
	FAKE_SCSI_RESERVED,  /* a reservation conflict */
	FAKE_SCSI_UNTOUCHED, /* does not write a response */
	FAKE_SCSI_SILENT,    /* never completes the command */
};

struct fake_scsi_unit {
	u8 target;
	u16 lun;
	u8 kind; /* returned by INQUIRY */
	bool is_removable, is_write_protected, has_medium;
	u8 *disk; /* its first bytes, which repeat up to its end */
	u64 disk_size;
	u32 block_size;
	u64 block_count;
	enum fake_scsi_lie lie;
	u32 lie_after;
	u32 attentions; /* unit attentions before it executes other commands than INQUIRY and REPORT
			   LUNS */
	u32 becoming;   /* how often it reports that it is becoming ready */
	u32 busy;       /* how often it reports that it is busy */
	bool has_no_mode_sense, has_no_cache;

	u32 commands, flushes, largest, long_commands;
};

struct fake_scsi {
	struct fake_scsi_unit units[FAKE_SCSI_UNITS_MAX];
	u32 unit_count;
	bool has_no_report_luns;
	const u8 *report; /* the answer of REPORT LUNS; NULL: the units that exist */
	u32 report_size;
	u32 reports, tests;
};

struct fake_scsi_command {
	const u8 *request;
	u8 *response;
	u32 sense_size;
	u8 *data;
	u32 size;
	bool is_write;
};

/* Makes a controller without units. */
void fake_scsi_init(struct fake_virtio *device, struct fake_scsi *scsi);

/*
 * Adds a disk with blocks of @block_size. Change the unit before it is used to make it anything
 * else.
 */
struct fake_scsi_unit *fake_scsi_add(struct fake_scsi *scsi, u8 target, u16 lun, void *bytes,
				     u64 size, u32 block_size);

/* Returns the number of bytes written, or FAKE_SCSI_NEVER. */
u32 fake_scsi_execute(struct fake_virtio *device, struct fake_scsi_command *command);
