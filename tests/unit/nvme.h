/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the NVMe driver: a machine with a fake controller. Included once by a test. */
#pragma once

#include "drivers/nvme/nvme.h"
#include "tests/host/fake_nvme.h"
#include "tests/unit/pci_disks.h"

enum {
	BAR_SIZE = 0x4000,
	PAGE_SHIFT_BIT = 48,
	DISTANCE_BIT = 32,
};

#define REGISTERS 0xd0000000ull

static struct fake_nvme nvme;

/* A controller without a namespace yet. */
static void start(void)
{
	start_machine(4, 0x00101b36, 0x010802);
	nvme = (struct fake_nvme){ 0 };
	function.bar_sizes[0] = BAR_SIZE;
	store_le32(function.config + PCI_BAR0, (u32)REGISTERS | PCI_BAR_64_BIT);
	fake_nvme_start(&nvme, REGISTERS);
}

static struct block_device *start_disk(u32 block_size)
{
	start();
	fake_nvme_add(&nvme, 1, bytes, sizeof(bytes), block_size);
	return probe();
}

static u32 violations(void)
{
	return nvme.violations + machine.violations;
}
