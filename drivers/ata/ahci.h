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
#include "drivers/ata/ata.h"
#include "drivers/pci/pci.h"
#include "lib/status.h"
#include "lib/types.h"

enum {
	AHCI_NAME_SIZE = 32,
	AHCI_PORTS_MAX = 32,

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
	struct ata_device ata;
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

extern const struct pci_driver ahci_driver;

/* port.c */

/* After a reset: waits for the device, and gets ready for commands. */
enum status ahci_port_start(struct ahci_port *port, u32 *signature);

/* Polls a register until none of @bits is set. False: timeout. */
bool ahci_wait_while(const volatile u8 *address, u32 bits, u32 timeout_ms);

/* False: it cannot be stopped. */
bool ahci_port_stop(struct ahci_port *port);

/*
 * ahci.c: disables a controller that cannot be stopped. @data: memory to which it may still write.
 */
void ahci_controller_fail(struct ahci_controller *controller, const void *data, u32 size);
