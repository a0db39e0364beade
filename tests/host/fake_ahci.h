/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device side of AHCI (AHCI 1.3.1): a controller with disks and CD-ROM drives, as strict as
 * real hardware may be. Each driver error is counted as a violation and printed.
 */
#pragma once

#include "lib/types.h"

enum { FAKE_AHCI_PORTS = 32, FAKE_AHCI_PAGE = 4096 };

/* Faults of a port. */
enum fake_ahci_lie {
	FAKE_AHCI_HONEST,
	FAKE_AHCI_ERROR,       /* each command fails */
	FAKE_AHCI_ERROR_ONCE,  /* the next command fails */
	FAKE_AHCI_STUCK,       /* fails, and stays busy until the link is reset */
	FAKE_AHCI_SILENT,      /* never completes a command */
	FAKE_AHCI_NO_FIS,      /* completes commands without a register FIS */
	FAKE_AHCI_SHORT,       /* transfers less than requested */
	FAKE_AHCI_COUNT_HUGE,  /* claims to have transferred more */
	FAKE_AHCI_GONE,        /* the device is removed at the next command */
	FAKE_AHCI_NO_STOP,     /* never completes a command, and does not stop */
	FAKE_AHCI_NEVER_READY, /* the device stays busy after a reset */
};

struct fake_ahci_port {
	u8 *disk; /* NULL, and no @is_cd: nothing is attached */
	u64 disk_size;
	u32 block_size;
	bool is_cd; /* without a disk: an empty drive */
	u32 signature;
	u8 identity[512];
	enum fake_ahci_lie lie;
	u32 attentions; /* unit attentions of a drive before it is ready */
	u32 becoming;   /* how often it reports that it is becoming ready */

	/* Registers. */
	u32 command, task_file, interrupt, issue, link, link_control, link_error;
	u64 list, received;
	u32 commands, link_resets, largest;
	u8 sense[18];
	/*
	 * The driver's writes before the last barrier, and what the driver sees after its own
	 * barrier.
	 */
	u8 published[FAKE_AHCI_PAGE];
	u64 unseen_at;
	u32 unseen_count;
};

struct fake_ahci {
	struct fake_ahci_port ports[FAKE_AHCI_PORTS];
	u32 implemented;
	u32 capabilities, version, handoff, control;
	bool bios_holds;  /* never releases it */
	bool never_reset; /* its reset never completes */
	bool is_gone;     /* all registers read as ones */
	u32 resets, accesses, violations;
	u64 dma_limit; /* DMA must be below this; 0: no limit */
};

/* Handles the registers at @base and observes barriers. */
void fake_ahci_start(struct fake_ahci *controller, u64 base);

/* Adds a disk; a drive with or without a medium. */
void fake_ahci_disk(struct fake_ahci *controller, u32 port, void *bytes, u64 size, u32 block_size);
void fake_ahci_cd(struct fake_ahci *controller, u32 port, void *bytes, u64 size);
