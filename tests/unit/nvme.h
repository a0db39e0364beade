/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the NVMe driver: a machine with a fake controller. Included once by a test. */
#pragma once

#include "drivers/nvme/nvme.h"
#include "tests/host/fake_nvme.h"
#include "tests/unit/machine.h"

enum {
	DISK_SIZE = 9 * 1024 * 1024,
	BAR_SIZE = 0x4000,
	PAGE_SHIFT_BIT = 48,
	DISTANCE_BIT = 32,
};

#define REGISTERS 0xd0000000ull

static u8 bytes[DISK_SIZE];
static _Alignas(65536) u8 buffer[DISK_SIZE + 65536];
static struct fake_nvme nvme;
static struct fake_function function;

/* A controller without a namespace yet. */
static void start(void)
{
	machine_start_pci();
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)(i * 7 + i / 512);
	memset(buffer, 0xee, sizeof(buffer));
	nvme = (struct fake_nvme){ 0 };
	function = (struct fake_function){ .device = 0x4, .bar_sizes = { BAR_SIZE } };
	store_le32(function.config, 0x00101b36);
	store_le32(function.config + PCI_CLASS, 0x01080202);
	store_le32(function.config + PCI_BAR0, (u32)REGISTERS | PCI_BAR_64_BIT);
	fake_machine_add(&machine, &function);
	fake_nvme_start(&nvme, REGISTERS);
}

static struct block_device *probe(void)
{
	struct block_device *before = last_disk(), *after;

	pci_probe();
	after = last_disk();
	return after == before ? NULL : after;
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
