/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CD-ROM drive: SCSI commands in ATA's PACKET command (ATA/ATAPI Command Set 3, 7.18).
 *
 *	word 0 of what IDENTIFY PACKET DEVICE answers: bits 0 and 1: packets of 12 or 16 bytes
 *	word 62: bit 15: the direction goes into bit 2 of the features
 */
#include "core/log.h"
#include "drivers/ata/ata.h"
#include "lib/span.h"
#include "lib/string.h"
#include "lib/util.h"

enum {
	PACKET = 0xa0,
	IDENTIFY_PACKET_DEVICE = 0xa1,
	FEATURE_DMA = 1 << 0,
	FEATURE_TO_HOST = 1 << 2,
	DMA_UNIT = 16,
	ERROR_SENSE_SHIFT = 4,

	WORD_GENERAL = 0,
	PACKET_SIZE_MASK = 3,
	PACKET_16 = 1,
	WORD_DMA = 62,
	DMA_NEEDS_DIRECTION = 1 << 15,

	REQUEST_SENSE = 0x03,
};

static_assert((u32)SCSI_SMALL <= (u32)ATA_ANSWER_SIZE);

static struct ata_device *device_of(struct scsi_unit *unit)
{
	return container_of(unit, struct ata_device, unit);
}

static enum status send_packet(struct ata_device *device, const u8 *packet, void *data, u32 size,
			       struct ata_command *command)
{
	/* Some devices and controllers cannot transfer an odd number of bytes by DMA. */
	bool by_dma = size && size % DMA_UNIT == 0;

	*command = (struct ata_command){
		.command = PACKET,
		.features = by_dma ? FEATURE_DMA | (device->says_direction ? FEATURE_TO_HOST : 0) :
				     0,
		.lba = min_u64(size, UINT16_MAX - 1) << 8, /* of PIO: bytes at a time */
		.packet = packet,
		.data = data,
		.size = size,
		.is_pio = !by_dma,
		.timeout_ms = block_timeout_ms(size),
	};
	return device->execute(device, command);
}

static void fetch_sense(struct ata_device *device, struct scsi_command *command)
{
	const u8 packet[SCSI_CDB_SIZE_MAX] = { REQUEST_SENSE, [4] = SCSI_SENSE_SIZE };
	struct ata_command ata;

	if (send_packet(device, packet, device->answer, SCSI_SENSE_SIZE, &ata) ||
	    ata.transferred < SCSI_SENSE_SIZE)
		return;
	memcpy(command->sense, device->answer, SCSI_SENSE_SIZE);
	command->has_sense = true;
}

static enum status execute(struct scsi_unit *unit, struct scsi_command *command)
{
	struct ata_device *device = device_of(unit);
	bool is_small = command->size <= ATA_ANSWER_SIZE;
	struct ata_command ata;
	enum status status = send_packet(device, command->cdb,
					 is_small ? device->answer : command->data, command->size,
					 &ata);

	command->transferred = ata.transferred;
	if (!status && is_small && ata.transferred)
		memcpy(command->data, device->answer, ata.transferred);
	/* The upper half is the sense key. Without one, there is no sense data. */
	if (status == ERR_IO && ata.error >> ERROR_SENSE_SHIFT)
		fetch_sense(device, command);
	return status;
}

static enum status packet_read(struct block_device *disk, u64 first, u64 count, void *buffer)
{
	return scsi_read(&container_of(disk, struct ata_device, disk)->unit, disk->block_size,
			 first, count, buffer);
}

static const struct block_ops packet_ops = { .read = packet_read };

enum status ata_packet_open(struct ata_device *device)
{
	u8 identity[ATA_ANSWER_SIZE];
	enum status status = ata_identify(device, IDENTIFY_PACKET_DEVICE, identity);

	if (status)
		return status;
	device->packet_size =
		(load_le16(identity + 2 * WORD_GENERAL) & PACKET_SIZE_MASK) == PACKET_16 ? 16 : 12;
	device->says_direction = load_le16(identity + 2 * WORD_DMA) & DMA_NEEDS_DIRECTION;
	device->unit = (struct scsi_unit){
		.name = device->name,
		.execute = execute,
		.ready = device->unit.ready,
	};
	device->disk.ops = &packet_ops;
	status = scsi_open(&device->unit, &device->disk);
	device->disk.read_only = true; /* also a disk: packets only read */
	return status;
}
