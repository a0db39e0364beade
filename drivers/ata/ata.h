/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ATA disks and CD-ROM drives (ATA/ATAPI Command Set 3), independent of their controller: AHCI,
 * IDE.
 */
#pragma once

#include "core/block.h"
#include "drivers/scsi/scsi.h"
#include "lib/status.h"
#include "lib/types.h"

enum {
	ATA_REQUEST_SIZE_MAX = 4 * 1024 * 1024, /* the limit of an entry of AHCI's PRDT */
	ATA_ANSWER_SIZE = 512,
	ATA_ALIGNMENT = 2, /* of a buffer, by either controller */
	ATA_IDENTIFY_TIMEOUT_MS = 10000,
	ATA_READY_TIMEOUT_MS = 16000, /* of a disk from standstill */

	/* Bits of the status register. */
	ATA_STATUS_ERROR = 1 << 0,
	ATA_STATUS_REQUEST = 1 << 3,
	ATA_STATUS_FAULT = 1 << 5,
	ATA_STATUS_BUSY = 1 << 7,
	ATA_STATUS_NOT_READY = ATA_STATUS_BUSY | ATA_STATUS_REQUEST,
	ATA_STATUS_FAILED = ATA_STATUS_ERROR | ATA_STATUS_FAULT,
};

struct ata_command {
	u8 command;
	u16 features;
	u16 count;
	u64 lba;
	const u8 *packet; /* NULL: none; packet_size bytes of the device */
	void *data;
	u32 size; /* at most ATA_REQUEST_SIZE_MAX, even unless @is_pio */
	bool is_write;
	bool is_pio; /* the device does not transfer it by DMA */
	u32 timeout_ms;
	/* Results. */
	u32 transferred; /* at most @size */
	u8 error;        /* the error register, after ERR_IO; 0: not available */
};

struct ata_device {
	const char *name;
	/*
	 * Runs one command. ERR_IO: it failed; the next one may succeed, unless the device failed,
	 * too. ERR_TIMEOUT: no answer; the device is no longer used.
	 */
	enum status (*execute)(struct ata_device *device, struct ata_command *command);
	u8 *answer; /* ATA_ANSWER_SIZE bytes for small answers, which the device can reach */
	struct block_device disk;
	struct scsi_unit unit; /* of a packet device, with its deadline to become ready */
	u8 packet_size;
	bool says_direction; /* an ATAPI bridge that must be told the direction */
};

/* Device signatures (ATA8-ACS, 9.1). */
enum { ATA_SIGNATURE_DISK = 0x00000101, ATA_SIGNATURE_PACKET = 0xeb140101u };

/*
 * Identifies the device with this signature, which is ready for commands, and fills in its disk.
 * Logs why it cannot.
 */
enum status ata_open(struct ata_device *device, u32 signature);

/* Shared by disk.c and packet.c. */

/*
 * Fills @identity with @command, IDENTIFY DEVICE or IDENTIFY PACKET DEVICE. Logs why it cannot.
 */
enum status ata_identify(struct ata_device *device, u8 command, u8 identity[ATA_ANSWER_SIZE]);

enum status ata_disk_open(struct ata_device *device);
enum status ata_packet_open(struct ata_device *device);
