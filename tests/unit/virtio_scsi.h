/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of virtio-scsi: a machine with a fake controller. Included once by a test. */
#pragma once

#include "tests/host/fake_machine.h"
#include "tests/host/fake_scsi.h"
#include "tests/unit/machine.h"

enum { DISK_SIZE = 9 * 1024 * 1024 };

#define SECONDS (u64) HOST_TICKS_PER_SECOND

static u8 bytes[DISK_SIZE], buffer[DISK_SIZE];
static struct fake_virtio device;
static struct fake_function function;
static struct fake_scsi scsi;
static struct fake_scsi_unit *unit;
static u32 disks_before;

/* A controller without units. */
static void start(void)
{
	static u8 pattern[DISK_SIZE]; /* copied, which is quicker */

	host_ticks_per_look = 10 * HOST_TICKS_PER_LOOK;
	machine_start_pci();
	for (size_t i = 0; i < sizeof(pattern) && !pattern[sizeof(pattern) - 1]; i++)
		pattern[i] = (u8)(i * 7 + i / 512);
	memcpy(bytes, pattern, sizeof(bytes));
	memset(buffer, 0xee, sizeof(buffer));
	fake_scsi_init(&device, &scsi);
	disks_before = disk_count();
}

static struct block_device *probe(void)
{
	return machine_probe_disk(&function, &device);
}

static void start_with_unit(u32 block_size)
{
	start();
	unit = fake_scsi_add(&scsi, 0, 0, bytes, sizeof(bytes), block_size);
}

static struct block_device *start_disk(void)
{
	start_with_unit(512);
	return probe();
}

static u32 violations(void)
{
	return device.violations + machine.violations;
}

static u32 new_disks(void)
{
	return disk_count() - disks_before;
}
