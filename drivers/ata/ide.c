/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The IDE controller as a PCI function (PCI IDE Controller Specification 1.0). Its programming
 * interface, the last byte of its class:
 *
 *	bits 0 and 2	channel 0 and 1: ports in BARs 0 to 3, otherwise those of the PC/AT
 *	bit 7		bus master, whose ports are in BAR 4, 8 for each channel
 */
#include "drivers/ata/ide.h"

#include "core/arena.h"
#include "core/log.h"
#include "lib/config.h"
#include "lib/format.h"
#include "lib/util.h"

enum {
	CLASS_IDE = 0x010100,
	INTERFACE_NATIVE = 1 << 0, /* of channel 0; two bits on for the next */
	INTERFACE_MASTER = 1 << 7,
	BAR_MASTER = 4,
	MASTER_SIZE = 8,
	CONTROL_OFFSET = 2, /* in its BAR */

	PORTS_MASK = 0xfffc,
};

static const struct {
	u16 commands, control;
} legacy_ports[IDE_CHANNELS] = { { 0x1f0, 0x3f6 }, { 0x170, 0x376 } };

static struct arena arena; /* never released */

void ide_controller_fail(struct ide_controller *controller, const void *data, u32 size)
{
	controller->failed = true;
	log_error("%s: does not answer a reset; its disks are no longer used",
		  controller->device.name);
	pci_disable_dma(&controller->place);
	/* Even so, because not every device honours that bit. */
	if (size)
		device_keep_memory((uintptr_t)data, size);
	for (u32 i = 0; i < IDE_CHANNELS; i++)
		if (controller->channels[i].memory)
			device_keep_memory((uintptr_t)controller->channels[i].memory, PAGE_SIZE);
}

/* No command is running, so there is no DMA to stop. */
static void quiesce(struct device *device)
{
	struct ide_controller *controller = container_of(device, struct ide_controller, device);

	for (u32 i = 0; i < IDE_CHANNELS * IDE_DRIVES; i++) {
		struct ide_drive *drive =
			&controller->channels[i / IDE_DRIVES].drives[i % IDE_DRIVES];

		if (drive->request_count)
			log_debug("%s: %lu requests, %lu KiB", drive->name, drive->request_count,
				  (u64)(drive->byte_count / KIB));
	}
	controller->failed = true;
}

static enum status open_drive(struct block_device *disk)
{
	struct ide_drive *drive = container_of(disk, struct ide_drive, ata.disk);

	return ata_open(&drive->ata, drive->signature);
}

static const struct block_ops drive_ops = { .open = open_drive };

/* @position: the disk after which its disk is registered. */
static void add_drive(struct ide_controller *controller, u32 channel, struct ide_drive *drive,
		      struct block_device **position)
{
	struct block_device *disk = &drive->ata.disk;

	format(drive->name, sizeof(drive->name), "%s drive %u:%u", controller->device.name, channel,
	       drive->number);
	disk->ops = &drive_ops;
	disk->alignment = ATA_ALIGNMENT;
	disk->transfer_size_max = ATA_REQUEST_SIZE_MAX;
	disk->address_limit = GIB * 4;
	if (IS_ENABLED(CONFIG_EFI)) {
		drive->address = controller->device.address;
		drive->address.unit = DEVICE_UNIT_IDE;
		drive->address.port = (u16)channel;
		drive->address.lun = drive->number;
		disk->address = &drive->address;
	}
	block_register_after(disk, *position);
	*position = disk;
}

static void add_drives(struct ide_controller *controller)
{
	struct block_device *position = &controller->disks_to_come;

	for (u32 i = 0; i < IDE_CHANNELS; i++) {
		struct ide_channel *channel = &controller->channels[i];

		if (!channel->commands || ide_channel_start(channel))
			continue;
		for (u32 j = 0; j < IDE_DRIVES; j++)
			if (channel->drives[j].signature)
				add_drive(controller, i, &channel->drives[j], &position);
	}
}

/* 0: there are none. */
static u16 ports_in_bar(const struct ide_controller *controller, u32 index)
{
	u32 value = pci_read32(&controller->place, PCI_BAR0 + 4 * index);

	return value & PCI_BAR_IO && value <= UINT16_MAX ? (u16)(value & PORTS_MASK) : 0;
}

/* Channels without a drive get no ports. */
static bool find_channels(struct ide_controller *controller, u32 interface)
{
	bool found = false;

	for (u32 i = 0; i < IDE_CHANNELS; i++) {
		struct ide_channel *channel = &controller->channels[i];

		channel->controller = controller;
		channel->commands = legacy_ports[i].commands;
		channel->control = legacy_ports[i].control;
		if (interface >> 2 * i & INTERFACE_NATIVE) {
			channel->commands = ports_in_bar(controller, 2 * i);
			channel->control =
				(u16)(ports_in_bar(controller, 2 * i + 1) + CONTROL_OFFSET);
		}
		if (channel->commands && channel->control != CONTROL_OFFSET &&
		    ide_channel_is_used(channel))
			found = true;
		else
			channel->commands = 0;
	}
	return found;
}

static void start(struct ide_controller *controller)
{
	u32 interface = pci_class(&controller->place) & 0xff;
	u16 master;

	pci_enable_ports(&controller->place);
	if (!find_channels(controller, interface))
		return log_debug("%s: no drives", controller->device.name);
	master = interface & INTERFACE_MASTER ? ports_in_bar(controller, BAR_MASTER) : 0;
	if (!master)
		return log_warning("%s: no DMA", controller->device.name);
	for (u32 i = 0; i < IDE_CHANNELS; i++)
		controller->channels[i].master = (u16)(master + i * MASTER_SIZE);
	device_register(&controller->device);
	controller->spin = deadline_started(ATA_READY_TIMEOUT_MS);
	add_drives(controller);
}

/* A placeholder for the disks, which are registered after it. */
static enum status open_controller(struct block_device *disks_to_come)
{
	start(container_of(disks_to_come, struct ide_controller, disks_to_come));
	return ERR_NOT_FOUND;
}

static const struct block_ops controller_ops = { .open = open_controller };

static void probe(const struct pci_device *place)
{
	struct ide_controller *controller = arena_allocate(&arena, sizeof(*controller));

	if (!controller)
		return log_warning("PCI %s: no memory for a device", place->name);
	controller->place = *place;
	controller->device.quiesce = quiesce;
	controller->disks_to_come.ops = &controller_ops;
	pci_register_disks(place, "ide", &controller->device, &controller->disks_to_come);
}

const struct pci_driver ide_driver = {
	.name = "ide",
	.class_code = CLASS_IDE,
	.any_interface = true,
	.probe = probe,
};
