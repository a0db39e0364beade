/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the IDE driver: a machine with a fake controller. Included once by a test. */
#pragma once

#include "drivers/ata/ide.h"
#include "tests/host/fake_ide.h"
#include "tests/unit/pci_disks.h"

enum { MASTER = 0xc040 };

static struct fake_ide ide;

/* A controller without drives, as QEMU's pc has it. */
static void start(void)
{
	start_machine(1, 0x70108086, 0x010180);
	ide = (struct fake_ide){ 0 };
	store_le32(function.config + PCI_BAR0 + 4 * 4, MASTER | PCI_BAR_IO);
	fake_ide_start(&ide, &function, MASTER);
}

/* The second drive of the first channel, where there is a first one only if the caller adds it. */
static struct block_device *start_disk(u32 block_size)
{
	start();
	fake_ide_disk(&ide, 0, 1, bytes, sizeof(bytes), block_size);
	return probe();
}

[[maybe_unused]] static struct block_device *start_cd(void *disc, u64 size)
{
	start();
	fake_ide_cd(&ide, 1, 0, disc, size);
	return probe();
}

static struct fake_ide_drive *fake_disk(void)
{
	return &ide.channels[0].drives[1];
}

[[maybe_unused]] static struct fake_ide_drive *fake_cd(void)
{
	return &ide.channels[1].drives[0];
}

static u32 violations(void)
{
	return ide.violations + machine.violations;
}
