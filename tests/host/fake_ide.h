/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device side of IDE (ATA/ATAPI-7 Volume 2): a controller with disks and CD-ROM drives, as
 * strict as real hardware may be. Each driver error is counted as a violation and printed.
 */
#pragma once

#include "lib/types.h"
#include "tests/host/fake_virtio.h"

enum { FAKE_IDE_CHANNELS = 2, FAKE_IDE_DRIVES = 2, FAKE_IDE_TABLE_SIZE = 1024 };

/* Faults of a drive. */
enum fake_ide_lie {
	FAKE_IDE_HONEST,
	FAKE_IDE_ERROR,       /* each command fails */
	FAKE_IDE_ERROR_ONCE,  /* the next one */
	FAKE_IDE_FAULT,       /* each command fails with a device fault */
	FAKE_IDE_SILENT,      /* never completes a command, until a reset */
	FAKE_IDE_GONE,        /* is removed at the next command */
	FAKE_IDE_NO_PACKET,   /* does not ask for the packet */
	FAKE_IDE_DMA_ERROR,   /* the controller reports an error */
	FAKE_IDE_DMA_SHORT,   /* transfers less than requested */
	FAKE_IDE_DMA_SILENT,  /* never completes the transfer */
	FAKE_IDE_DMA_NONE,    /* reports completion before anything was transferred */
	FAKE_IDE_PIO_SHORT,   /* returns less than requested */
	FAKE_IDE_PIO_LONG,    /* returns more than requested */
	FAKE_IDE_PIO_ENDLESS, /* always has more data */
	FAKE_IDE_PIO_SLOW,    /* the same, and each block takes @block_ms */
	FAKE_IDE_PIO_NOTHING, /* announces data of size 0 */
};

struct fake_ide_drive {
	u8 *disk; /* NULL, and no @is_cd: nothing is attached */
	u64 disk_size;
	u32 block_size;
	bool is_cd; /* without a disk: an empty drive */
	u8 identity[512];
	enum fake_ide_lie lie;
	u32 attentions; /* unit attentions of a drive before it is ready */
	u32 becoming;   /* how often it reports that it is becoming ready */
	u16 pio_size;   /* of an announced block; 0: the size that the driver allows */
	u32 block_ms;

	u8 status, error;
	u8 registers[4]; /* count and LBA, for reading */
	u32 commands, flushes, largest;
	u8 sense[18];

	/* The current transfer. */
	u8 answer[512];
	u8 *data;
	u32 size;   /* remaining bytes */
	u32 block;  /* remaining bytes of the announced block */
	u64 ready;  /* host_ticks at which it becomes available; 0: it is available */
	u32 packet; /* received bytes of a packet; UINT32_MAX: no packet is expected */
	u8 packet_bytes[16];
	bool to_device;
};

struct fake_ide_unseen {
	u32 at;
	const u8 *data;
	u32 size;
};

struct fake_ide_channel {
	struct fake_ide_drive drives[FAKE_IDE_DRIVES];
	u8 device, control;
	u8 features;
	u8 written[4][2]; /* count and LBA: the last value written and the one before */
	u8 master_command, master_status;
	u32 table;
	/* The driver's writes before the last barrier, and what it sees after its next one. */
	u8 published[FAKE_IDE_TABLE_SIZE];
	struct fake_ide_unseen unseen[FAKE_IDE_TABLE_SIZE / 8];
	u32 unseen_count;
	u32 resets;
};

struct fake_ide {
	struct fake_ide_channel channels[FAKE_IDE_CHANNELS];
	struct fake_function *function;
	u8 nothing;       /* the status without a drive */
	bool never_reset; /* drives stay busy */
	bool never_stops; /* DMA stays active */
	u32 accesses, violations;
};

/* Handles the ports, with those of the bus master at @master, and observes barriers. */
void fake_ide_start(struct fake_ide *controller, struct fake_function *function, u16 master);

/* The channel's ports are elsewhere, too. */
void fake_ide_ports(struct fake_ide *controller, u32 channel, u16 commands, u16 control);

/* Adds a disk; a drive with or without a medium. */
void fake_ide_disk(struct fake_ide *controller, u32 channel, u32 drive, void *bytes, u64 size,
		   u32 block_size);
void fake_ide_cd(struct fake_ide *controller, u32 channel, u32 drive, void *bytes, u64 size);
