/* SPDX-License-Identifier: Apache-2.0 */
/* Devices that a driver has started and must stop before a kernel takes over the machine. */
#pragma once

#include "lib/types.h"

enum { DEVICE_DEPTH_MAX = 8 };

/* Where a device is attached. All zero: unknown. */
struct device_address {
	enum device_bus { DEVICE_NOWHERE, DEVICE_PCI, DEVICE_VIRTIO_MMIO } bus;
	u8 root_index; /* DEVICE_PCI: of the root bus, among those of its segment, from 0 */
	u64 base;      /* DEVICE_VIRTIO_MMIO: of its registers */
	/* DEVICE_PCI: the root bus, then device << 3 | function of each bridge and of the device.
	 */
	u16 segment;
	u8 root_bus;
	u8 depth; /* 0: deeper than DEVICE_DEPTH_MAX */
	u8 functions[DEVICE_DEPTH_MAX];
	/* Which device behind the controller at that place. */
	enum device_unit {
		DEVICE_UNIT_NONE,
		DEVICE_UNIT_SATA,
		DEVICE_UNIT_IDE,
		DEVICE_UNIT_SCSI,
		DEVICE_UNIT_NVME
	} unit;
	u16 port;         /* of DEVICE_UNIT_SATA; the channel of DEVICE_UNIT_IDE; the target of
			   * DEVICE_UNIT_SCSI
			   */
	u16 lun;          /* of DEVICE_UNIT_SCSI; the drive of DEVICE_UNIT_IDE */
	u32 namespace_id; /* of DEVICE_UNIT_NVME */
	u64 eui64;        /* of that, in its order of bytes, known once it is open; 0: none */
};

struct device {
	char name[28]; /* "virtio-blk 00:03.0" */
	/* Stops all DMA, waiting with a deadline. Called once. */
	void (*quiesce)(struct device *device);
	struct device *next;           /* device_register()'s */
	struct device_address address; /* with EFI */
};

void device_register(struct device *device);

/* Are they the same place, ignoring the unit behind it? */
bool device_address_equals(const struct device_address *a, const struct device_address *b);

/* Has a driver registered a device there? */
bool device_is_at(const struct device_address *address);

/*
 * Maps the registers at [base, base + size). If no device can be there, returns NULL and prints a
 * message that starts with @name.
 */
volatile u8 *device_map(const char *name, u64 base, u64 size);

/*
 * Marks memory to which a device that could not be stopped may write at any time: it is never
 * allocated again and reported to the kernel as unusable.
 */
void device_keep_memory(u64 base, u64 size);

/*
 * Stops every device, newest first, and the timer. No device may be used after this.
 */
void devices_quiesce(void);
