/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CD-ROM drive: SCSI commands in ATA's PACKET command (ATA/ATAPI Command Set 3, 7.18).
 *
 *	word 0 of what IDENTIFY PACKET DEVICE answers: bits 0 and 1: packets of 12 or 16 bytes
 *	word 62: bit 15: the direction is told in bit 2 of the features
 */
#include "core/log.h"
#include "drivers/ata/ahci.h"
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

static_assert((u32)SCSI_SMALL <= (u32)AHCI_DATA_SIZE);

static struct ahci_port *port_of(struct scsi_unit *unit)
{
	return container_of(unit, struct ahci_port, unit);
}

static enum status send_packet(struct ahci_port *port, const u8 *packet, void *data, u32 size,
			       struct ahci_command *command)
{
	/* Some devices and controllers cannot transfer an odd number of bytes by DMA. */
	bool by_dma = size && size % DMA_UNIT == 0;

	*command = (struct ahci_command){
		.command = PACKET,
		.features = by_dma ? FEATURE_DMA | (port->says_direction ? FEATURE_TO_HOST : 0) : 0,
		.lba = min_u64(size, UINT16_MAX - 1) << 8, /* of PIO: bytes at a time */
		.packet = packet,
		.data = data,
		.size = size,
		.timeout_ms = AHCI_TIMEOUT_MS,
	};
	return ahci_execute(port, command);
}

static void fetch_sense(struct ahci_port *port, struct scsi_command *command)
{
	const u8 packet[SCSI_CDB_SIZE_MAX] = { REQUEST_SENSE, [4] = SCSI_SENSE_SIZE };
	struct ahci_command ata;

	if (send_packet(port, packet, ahci_port_data(port), SCSI_SENSE_SIZE, &ata) ||
	    ata.transferred < SCSI_SENSE_SIZE)
		return;
	memcpy(command->sense, ahci_port_data(port), SCSI_SENSE_SIZE);
	command->has_sense = true;
}

static enum status execute(struct scsi_unit *unit, struct scsi_command *command)
{
	struct ahci_port *port = port_of(unit);
	bool is_small = command->size <= AHCI_DATA_SIZE;
	struct ahci_command ata;
	enum status status = send_packet(port, command->cdb,
					 is_small ? ahci_port_data(port) : command->data,
					 command->size, &ata);

	command->transferred = ata.transferred;
	if (!status && is_small && ata.transferred)
		memcpy(command->data, ahci_port_data(port), ata.transferred);
	/* The upper half is the sense key. Without one, there is no sense data. */
	if (status == ERR_IO && ata.error >> ERROR_SENSE_SHIFT)
		fetch_sense(port, command);
	return status;
}

static enum status packet_read(struct block_device *disk, u64 first, u64 count, void *buffer)
{
	return scsi_read(&container_of(disk, struct ahci_port, disk)->unit, disk->block_size, first,
			 count, buffer);
}

static const struct block_ops packet_ops = { .read = packet_read };

enum status ahci_packet_open(struct ahci_port *port)
{
	u8 identity[AHCI_DATA_SIZE];
	enum status status = ahci_identify(port, IDENTIFY_PACKET_DEVICE, identity);

	if (status)
		return status;
	port->packet_size =
		(load_le16(identity + 2 * WORD_GENERAL) & PACKET_SIZE_MASK) == PACKET_16 ? 16 : 12;
	port->says_direction = load_le16(identity + 2 * WORD_DMA) & DMA_NEEDS_DIRECTION;
	port->unit = (struct scsi_unit){
		.name = port->name,
		.execute = execute,
		.ready = &port->controller->spin,
	};
	port->disk.ops = &packet_ops;
	status = scsi_open(&port->unit, &port->disk);
	port->disk.read_only = true; /* also a disk: packets only read */
	return status;
}
