/* SPDX-License-Identifier: Apache-2.0 */
/* drivers/platform/boot_order.c: the VMM's list of paths becomes the order of the disks. */
#include "drivers/platform/boot_order.h"

#include "core/block.h"
#include "core/device.h"
#include "tests/unit/fw_cfg.h"

#define BRIDGES_4 "/pci-bridge@1/pci-bridge@1/pci-bridge@1/pci-bridge@1"
#define BRIDGES_8 BRIDGES_4 BRIDGES_4

enum { DISKS = 11, SATA = 6 };

static struct memory_disk disks[DISKS];
static u8 bytes[DISKS][512];
static bool was_opened;

/* Disks 0 to 5: 00:04.0, 00:03.1, behind a root port at 00:02.1, of a pxb, on MMIO, somewhere. */
static const struct device_address addresses[DISKS] = {
	{ .bus = DEVICE_PCI, .depth = 1, .functions = { 4 << 3 } },
	{ .bus = DEVICE_PCI, .depth = 1, .functions = { 3 << 3 | 1 } },
	{ .bus = DEVICE_PCI, .depth = 2, .functions = { 2 << 3 | 1, 0 } },
	{ .bus = DEVICE_PCI,
	  .root_bus = 0x80,
	  .root_index = 1,
	  .depth = 2,
	  .functions = { 0, 1 << 3 } },
	{ .bus = DEVICE_VIRTIO_MMIO, .base = 0xfeb02e00 },
	{ .bus = DEVICE_NOWHERE },
	{ .bus = DEVICE_PCI,
	  .depth = 1,
	  .functions = { 31 << 3 | 2 },
	  .unit = DEVICE_UNIT_SATA,
	  .port = 1 },
	{ .bus = DEVICE_PCI,
	  .depth = 1,
	  .functions = { 9 << 3 },
	  .unit = DEVICE_UNIT_SCSI,
	  .port = 255,
	  .lun = 0x3fff },
	{ .bus = DEVICE_VIRTIO_MMIO, .base = 0xfeb02c00, .unit = DEVICE_UNIT_SCSI },
	{ .bus = DEVICE_PCI,
	  .depth = 1,
	  .functions = { 5 << 3 },
	  .unit = DEVICE_UNIT_NVME,
	  .namespace_id = 0x12 },
	{ .bus = DEVICE_PCI,
	  .depth = 1,
	  .functions = { 1 << 3 | 1 },
	  .unit = DEVICE_UNIT_IDE,
	  .port = 1,
	  .lun = 1 },
};

/* In the list until its disk is found. */
static const struct device_address controller_address = { .bus = DEVICE_PCI,
							  .depth = 1,
							  .functions = { 31 << 3 | 2 } };
static u32 controller_opens;

static enum status open_controller(struct block_device *device)
{
	controller_opens++;
	block_register_after(&disks[SATA].device, device);
	return ERR_NOT_FOUND;
}

static const struct block_ops controller_ops = { .open = open_controller };
static struct block_device controller = { .ops = &controller_ops, .address = &controller_address };

/* block.c keeps its list, so disks are registered only once. */
static void set_up(void)
{
	block_only_stated = false;
	if (was_opened)
		return;
	was_opened = true;
	for (u32 i = 0; i < DISKS; i++) {
		memory_disk_init(&disks[i], bytes[i], sizeof(bytes[i]), 512);
		disks[i].device.address = &addresses[i];
		if (i != SATA)
			block_register(&disks[i].device);
	}
	block_register(&controller);
}

static void forget_turns(void)
{
	for (u32 i = 0; i < DISKS; i++)
		disks[i].device.has_turn = false;
}

/* "31": disk 3 and then disk 1 are in the VMM's order, and come first. */
static const char *turns_after(const char *text)
{
	static char order[DISKS + 1];
	u32 count = 0;
	bool is_past = false;

	set_up();
	forget_turns();
	boot_order_apply(span_of_string(text));
	for (struct block_device *disk = block_first(); disk; disk = block_next(disk)) {
		if (!disk->has_turn) {
			is_past = true;
			continue;
		}
		CHECK(!is_past);
		for (u32 i = 0; i < DISKS; i++)
			if (disk == &disks[i].device)
				order[count++] = (char)('0' + i);
	}
	order[count] = 0;
	return order;
}

/* Must be the first test, because a controller is searched for disks only once. */
TEST(a_controller_is_asked_when_one_of_its_disks_has_a_turn)
{
	set_up();
	boot_order_apply(SPAN("/pci@i0cf8/scsi@4/disk@0,0\n"
			      "/pci@i0cf8/pci8086,2922@1f,3/drive@1/disk@0"));
	CHECK_EQUAL(controller_opens, 0);
	CHECK_TEXT(turns_after("/pci@i0cf8/pci8086,2922@1f,2/drive@0/disk@0"), "");
	CHECK_EQUAL(controller_opens, 1);
	CHECK_TEXT(turns_after("/pci@i0cf8/pci8086,2922@1f,2/drive@1/disk@0"), "6");
	CHECK_EQUAL(controller_opens, 1);
	CHECK_TEXT(turns_after("/pci@i0cf8/pci8086,2922@1f,2"), "");
	CHECK_TEXT(turns_after("/pci@i0cf8/pci8086,2922@1f,2/drive@101/disk@0"), "");
	CHECK_TEXT(turns_after("/pci@i0cf8/pci8086,2922@1f,2/drive@1,1/disk@0"), "");
}

TEST(paths_of_all_kinds)
{
	CHECK_TEXT(turns_after("/pci@i0cf8/scsi@4/disk@0,0"), "0");
	CHECK_TEXT(turns_after("/pci@ffffffffffffffff/scsi@4/disk@0,0"), "0"); /* microvm */
	CHECK_TEXT(turns_after("/pci@i0cf8/scsi@3,1/disk@0,0"), "1");
	CHECK_TEXT(turns_after("/pci@i0cf8/pci-bridge@2,1/scsi@0/disk@0,0"), "2");
	CHECK_TEXT(turns_after("/pci@i0cf8,1/pci-bridge@0/scsi@1/disk@0,0"), "3");
	CHECK_TEXT(turns_after("/virtio-mmio@00000000feb02e00/disk@0,0"), "4");
	CHECK_TEXT(turns_after("/virtio-mmio@feb02E00"), "4");
	CHECK_TEXT(turns_after("/pci@i0cf8/pci1b36,0010@5/namespace@12,0"), "9");
}

TEST(disks_behind_virtio_scsi)
{
	CHECK_TEXT(turns_after("/pci@i0cf8/scsi@9/channel@0/disk@ff,3fff"), "7");
	CHECK_TEXT(turns_after("/virtio-mmio@00000000feb02c00/channel@0/disk@0,0"), "8");
	CHECK_TEXT(turns_after("/virtio-mmio@00000000feb02c00/channel@0/disk@0"), "8");
	CHECK_TEXT(turns_after("/pci@i0cf8/scsi@9/channel@0/disk@ff,0"), "");
	CHECK_TEXT(turns_after("/pci@i0cf8/scsi@9/channel@0/disk@fe,3fff"), "");
	CHECK_TEXT(turns_after("/pci@i0cf8/scsi@9/channel@0/disk@1ff,3fff"), "");
	CHECK_TEXT(turns_after("/pci@i0cf8/scsi@9/channel@0/disk@ff,13fff"), "");
	CHECK_TEXT(turns_after("/pci@i0cf8/scsi@9/channel@0/disk@ff,3fff,0"), "");
	CHECK_TEXT(turns_after("/pci@i0cf8/scsi@9/channel@1/disk@ff,3fff"), "");
	CHECK_TEXT(turns_after("/pci@i0cf8/scsi@9/channel@0/tape@ff,3fff"), "");
	CHECK_TEXT(turns_after("/pci@i0cf8/scsi@9/channel@0"), "");
	CHECK_TEXT(turns_after("/pci@i0cf8/scsi@9/disk@0,0"), "");
	CHECK_TEXT(turns_after("/virtio-mmio@00000000feb02c00/disk@0,0"), "");
}

/* The channel, then the drive on it. */
TEST(disks_behind_ide)
{
	CHECK_TEXT(turns_after("/pci@i0cf8/ide@1,1/drive@1/disk@1"), ":");
	CHECK_TEXT(turns_after("/pci@i0cf8/ide@1,1/drive@1/disk@0"), "");
	CHECK_TEXT(turns_after("/pci@i0cf8/ide@1,1/drive@0/disk@1"), "");
	CHECK_TEXT(turns_after("/pci@i0cf8/ide@1,1/drive@1"), "");
	CHECK_TEXT(turns_after("/pci@i0cf8/ide@1,1/drive@1/disk@1,1"), "");
	CHECK_TEXT(turns_after("/pci@i0cf8/ide@1,1/drive@1/disk@101"), "");
	CHECK_TEXT(turns_after("/pci@i0cf8/pci8086,2922@1,1/drive@1/disk@1"), "");
}

TEST(the_order_is_that_of_the_lines)
{
	CHECK_TEXT(turns_after("/rom@genroms/pvh.bin\n"
			       "/virtio-mmio@00000000feb02e00/disk@0,0\n"
			       "/pci@i0cf8/ethernet@5/ethernet-phy@0\n"
			       "/pci@i0cf8/scsi@3,1/disk@0,0\n"
			       "/virtio-mmio@00000000feb02e00/disk@0,0\n"
			       "/pci@i0cf8/scsi@4/disk@0,0\n"),
		   "410");
	CHECK(!block_only_stated);
}

TEST(halt_ends_the_list)
{
	CHECK_TEXT(turns_after("/pci@i0cf8/scsi@4/disk@0,0\nHALT\n/pci@i0cf8/scsi@3,1/disk@0,0"),
		   "0");
	CHECK(block_only_stated);
	/* A list with only a network device is valid, too. */
	CHECK_TEXT(turns_after("/pci@i0cf8/ethernet@5/ethernet-phy@0\nHALT"), "");
	CHECK(block_only_stated);
	set_up();
	CHECK_TEXT(turns_after("/rom@genroms/pvh.bin\nHALT"), "");
	CHECK(!block_only_stated);
}

/* QEMU 11.1 writes this for an nvme-ns. */
TEST(a_disk_without_a_place_may_be_any)
{
	CHECK_TEXT(turns_after("/nvme-ns/namespace@0,0\n/pci@i0cf8/scsi@4/disk@0,0\nHALT"), "0");
	CHECK(!block_only_stated);
}

TEST(other_paths_are_ignored)
{
	static const char *const paths[] = {
		"",
		"/",
		"//",
		"\n\n",
		"HALTED",
		"pci@i0cf8/scsi@4",
		"/pci@i0cf8",
		"/pci@i0cf8/",
		"/pci@i0cf8/scsi",
		"/pci@i0cf8/scsi@",
		"/pci@i0cf8/scsi@g",
		"/pci@i0cf8/scsi@20/disk@0,0",
		"/pci@i0cf8/scsi@f4/disk@0,0",
		"/pci@i0cf8/scsi@10000000000000004/disk@0,0",
		"/pci@i0cf8/scsi@3,9/disk@0,0",
		"/pci@i0cf8/scsi@3,/disk@0,0",
		"/pci@i0cf8/scsi@3,1,0/disk@0,0",
		"/pci@i0cf8/scsi@3;1/disk@0,0",
		"/pci@i0cf8/scsi@4x/disk@0,0",
		"/pci@i0cf80/scsi@4/disk@0,0",
		"/pci@i0cf8,100/scsi@4/disk@0,0",
		"/pci@i0cf9/scsi@4/disk@0,0",
		"/pci/scsi@4/disk@0,0",
		"/pci@i0cf8/pci-bridge@2,1",
		"/pci@i0cf8/pci-bridge@4",
		"/pci@i0cf8" BRIDGES_8 "/scsi@4/disk@0,0",
		"/pci@i0cf8/pci1b36,0010@5/namespace@2,0",
		"/pci@i0cf8/pci1b36,0010@5/namespace@0,0",
		"/pci@i0cf8/pci1b36,0010@5/namespace@1x",
		"/pci@i0cf8/pci1b36,0010@5/namespace@100000001",
		"/virtio-mmio@00000000feb02e00,1/disk@0,0",
		"/virtio-mmio@10000000000000000/disk@0,0",
		"/virtio-mmio@/disk@0,0",
		"/isa/fdc@03f0/floppy@0",
	};

	for (u32 i = 0; i < ARRAY_SIZE(paths); i++)
		CHECK_TEXT(turns_after(paths[i]), "");
	/* Text after a NUL is not part of the list. */
	set_up();
	forget_turns();
	boot_order_apply(SPAN("\0/pci@i0cf8/scsi@4/disk@0,0"));
	CHECK(!disks[0].device.has_turn);
}

static void probe(void)
{
	(void)fw_cfg_probe();
	boot_order_probe();
}

TEST(the_file_of_fw_cfg)
{
	static const char list[] = "/pci@i0cf8/scsi@3,1/disk@0,0\n/pci@i0cf8/scsi@4/disk@0,0";

	host_memory_init();
	for (u32 has_dma = 0; has_dma < 2; has_dma++) {
		set_up();
		forget_turns();
		fake_start(has_dma);
		probe();
		fake_add("bootorder", list, 0);
		probe();
		CHECK(!disks[1].device.has_turn);
		fake_start(has_dma);
		fake_add("bootorder", list, sizeof(list));
		probe();
		CHECK(block_first() == &disks[1].device);
		CHECK(block_next(block_first()) == &disks[0].device);
		CHECK(disks[0].device.has_turn);
	}
	forget_turns();
	fake_start(true);
	fake_add("bootorder", NULL, 1 << 20);
	probe();
	CHECK(!disks[1].device.has_turn);
	fake.refuses = true;
	probe();
	CHECK(!disks[1].device.has_turn);
}

TEST(no_fw_cfg)
{
	host_handlers_forget();
	CHECK_TEXT(turns_after(""), "");
	probe();
	CHECK(!block_first()->has_turn);
}
