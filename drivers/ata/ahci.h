/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SATA disks and CD-ROM drives on an AHCI controller (Serial ATA AHCI 1.3.1). Shared by the files
 * of this folder.
 *
 * One command at a time, polled, without native command queuing. A controller is not accessed
 * before its disks are tried. Then all ports look for devices at the same time, and each device is
 * identified when it is reached.
 */
#pragma once

#include "core/block.h"
#include "core/device.h"
#include "core/time.h"
#include "drivers/pci/pci.h"
#include "drivers/scsi/scsi.h"
#include "lib/status.h"
#include "lib/types.h"

enum {
	AHCI_NAME_SIZE = 32,
	AHCI_PORTS_MAX = 32,
	AHCI_REQUEST_SIZE_MAX = 4 * 1024 * 1024, /* the limit of a PRDT entry */
	AHCI_DATA_SIZE = 512,
	AHCI_ALIGNMENT = 2, /* of a buffer (4.2.3.3) */
	AHCI_TIMEOUT_MS = 30000,

	/* Registers of a port (3.3) that more than one file uses. */
	AHCI_PORT_COMMAND = 0x18,
	AHCI_PORT_LINK_STATUS = 0x28,
	AHCI_LINK_DETECTION_MASK = 0xf,
	AHCI_LINK_SEEN = 1, /* no communication yet */
	AHCI_LINK_ESTABLISHED = 3,
};

struct ahci_port {
	char name[AHCI_NAME_SIZE]; /* "ahci 00:1f.2 port 0" */
	struct ahci_controller *controller;
	volatile u8 *registers;
	u8 *memory;  /* a page that the port reads and writes; NULL: not started */
	bool failed; /* it no longer gets commands */
	bool has_answered;
	u8 packet_size;
	bool says_direction; /* an ATAPI bridge that must be told the direction */
	struct block_device disk;
	struct scsi_unit unit;         /* of a packet device */
	struct device_address address; /* with EFI */
	u64 request_count, byte_count;
	struct ahci_port *next;
};

struct ahci_controller {
	struct device device;
	struct pci_device place;
	struct block_device disks_to_come; /* placeholder until the disks are found */
	volatile u8 *registers;
	u32 implemented;      /* a bit for each port */
	bool failed;          /* the ports are no longer used */
	bool is_64_bit;       /* otherwise DMA reaches only the first 4 GiB */
	struct deadline spin; /* deadline for all devices to be ready */
	struct ahci_port *ports;
};

struct ahci_command {
	u8 command;
	u16 features;
	u16 count;
	u64 lba;
	u8 device;
	const u8 *packet; /* NULL: none; packet_size bytes of the port */
	void *data;
	u32 size; /* at most AHCI_REQUEST_SIZE_MAX, even */
	bool is_write;
	u32 timeout_ms;
	/* Results. */
	u32 transferred; /* at most @size */
	u8 error;        /* the error register, after ERR_IO; 0: not available */
};

/* Device signatures (ATA8-ACS, 9.1). */
enum { AHCI_SIGNATURE_DISK = 0x00000101, AHCI_SIGNATURE_PACKET = 0xeb140101u };

extern const struct pci_driver ahci_driver;

/* port.c */

/* After a reset: waits for the device, and gets ready for commands. */
enum status ahci_port_start(struct ahci_port *port, u32 *signature);

/* The port's own buffer for small answers: AHCI_DATA_SIZE bytes. */
u8 *ahci_port_data(struct ahci_port *port);

/*
 * Runs one command. ERR_IO: it failed; the next one may succeed, unless the port failed, too.
 * ERR_TIMEOUT: no answer; the port is no longer used.
 */
enum status ahci_execute(struct ahci_port *port, struct ahci_command *command);

/* Polls a register until none of @bits is set. False: timeout. */
bool ahci_wait_while(const volatile u8 *address, u32 bits, u32 timeout_ms);

/*
 * Fills @identity with @command, IDENTIFY DEVICE or IDENTIFY PACKET DEVICE. Logs why it cannot.
 */
enum status ahci_identify(struct ahci_port *port, u8 command, u8 identity[AHCI_DATA_SIZE]);

/* False: it cannot be stopped. */
bool ahci_port_stop(struct ahci_port *port);

/*
 * ahci.c: disables a controller that cannot be stopped. @data: memory to which it may still write.
 */
void ahci_controller_fail(struct ahci_controller *controller, const void *data, u32 size);

/* disk.c and packet.c: make the device at a started port the port's disk. */
enum status ahci_disk_open(struct ahci_port *port);
enum status ahci_packet_open(struct ahci_port *port);
