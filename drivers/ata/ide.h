/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks and CD-ROM drives on an IDE controller (ATA/ATAPI-7 Volume 2; Programming Interface for Bus
 * Master IDE Controller 1.0). Shared by ide.c and ide_channel.c.
 *
 * One command at a time, polled, without interrupts. Blocks are transferred by DMA, small answers
 * by PIO. A controller is not accessed before its disks are tried.
 */
#pragma once

#include "core/device.h"
#include "core/time.h"
#include "drivers/ata/ata.h"
#include "drivers/pci/pci.h"
#include "lib/types.h"

enum { IDE_NAME_SIZE = 40, IDE_CHANNELS = 2, IDE_DRIVES = 2 };

struct ide_drive {
	char name[IDE_NAME_SIZE]; /* "ide 00:01.1 drive 0:1" */
	struct ide_channel *channel;
	u8 number; /* on its channel */
	u32 signature;
	bool failed; /* it no longer gets commands */
	bool has_answered;
	struct ata_device ata;
	struct device_address address; /* with EFI */
	u64 request_count, byte_count;
};

struct ide_channel {
	struct ide_controller *controller;
	u16 commands, control, master; /* ports */
	u8 *memory;                    /* a page; NULL: no drive is used */
	u8 selected;                   /* drive */
	struct ide_drive drives[IDE_DRIVES];
};

struct ide_controller {
	struct device device;
	struct pci_device place;
	struct block_device disks_to_come; /* placeholder until the disks are found */
	bool failed;                       /* the drives are no longer used */
	struct deadline spin;              /* deadline for all drives to be ready */
	struct ide_channel channels[IDE_CHANNELS];
};

extern const struct pci_driver ide_driver;

/* ide_channel.c */

/* Is a drive attached? */
bool ide_channel_is_used(struct ide_channel *channel);

/*
 * Resets the channel and fills in the signatures of its drives, 0 for none, and what they need for
 * commands. Logs why it cannot.
 */
enum status ide_channel_start(struct ide_channel *channel);

/*
 * ide.c: disables a controller that cannot be stopped. @data: memory to which it may still write.
 */
void ide_controller_fail(struct ide_controller *controller, const void *data, u32 size);
