/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A SATA disk (ATA/ATAPI Command Set 3). Words of the response to IDENTIFY DEVICE:
 *
 *	49	bit 8 DMA, bit 9 LBA
 *	83	bit 10 48-bit addresses, bit 13 FLUSH CACHE EXT; valid if bits 14 and 15 are 1 and 0
 *	100	number of sectors, u64
 *	106	bit 12 sectors are larger than 512 bytes; valid as word 83
 *	117	words of a sector, u32
 */
#include "core/log.h"
#include "drivers/ata/ahci.h"
#include "lib/config.h"
#include "lib/span.h"
#include "lib/string.h"
#include "lib/util.h"

enum {
	READ_DMA_EXT = 0x25,
	WRITE_DMA_EXT = 0x35,
	FLUSH_CACHE_EXT = 0xea,
	IDENTIFY_DEVICE = 0xec,
	DEVICE_LBA = 1 << 6,

	WORD_CAPABILITIES = 49,
	CAPABILITY_DMA_LBA = 3 << 8,
	WORD_COMMANDS = 83,
	COMMAND_48_BIT = 1 << 10,
	COMMAND_FLUSH = 1 << 13,
	WORD_COUNT = 100,
	WORD_SECTORS = 106,
	SECTORS_ARE_LARGE = 1 << 12,
	WORD_SECTOR_WORDS = 117,
	VALID_MASK = 3 << 14,
	VALID = 1 << 14,

	SECTOR_SIZE = 512,
};

#define SECTORS_MAX (1ull << 48)

static struct ahci_port *port_of(struct block_device *disk)
{
	return container_of(disk, struct ahci_port, disk);
}

static enum status transfer(struct block_device *disk, u64 first, u64 count, void *buffer,
			    bool is_write)
{
	struct ahci_port *port = port_of(disk);
	struct ahci_command command = {
		.command = is_write ? WRITE_DMA_EXT : READ_DMA_EXT,
		.lba = first,
		.count = (u16)count,
		.device = DEVICE_LBA,
		.data = buffer,
		.size = (u32)count * disk->block_size,
		.is_write = is_write,
		.timeout_ms = AHCI_TIMEOUT_MS,
	};
	enum status status = ahci_execute(port, &command);

	if (!status && command.transferred < command.size)
		status = ERR_IO;
	if (status)
		log_warning("%s: %s at sector %lu: %s, %u of %u bytes", port->name,
			    is_write ? "write" : "read", first, status_name(status),
			    command.transferred, command.size);
	return status;
}

static enum status disk_read(struct block_device *disk, u64 first, u64 count, void *buffer)
{
	return transfer(disk, first, count, buffer, false);
}

static enum status disk_write(struct block_device *disk, u64 first, u64 count, const void *buffer)
{
	/* The device only reads it. */
	return transfer(disk, first, count, (void *)(uintptr_t)buffer, true);
}

static enum status disk_flush(struct block_device *disk)
{
	struct ahci_command command = {
		.command = FLUSH_CACHE_EXT,
		.device = DEVICE_LBA,
		.timeout_ms = AHCI_TIMEOUT_MS,
	};

	return ahci_execute(port_of(disk), &command);
}

static const struct block_ops disk_ops = {
	.read = disk_read,
	.write = IS_ENABLED(CONFIG_BLOCK_WRITE) ? disk_write : NULL,
	.flush = IS_ENABLED(CONFIG_BLOCK_WRITE) ? disk_flush : NULL,
};

/* A disk without this command has no cache, or none that we can flush. */
static const struct block_ops disk_ops_without_flush = {
	.read = disk_read,
	.write = IS_ENABLED(CONFIG_BLOCK_WRITE) ? disk_write : NULL,
};

static u16 word(const u8 *identity, u32 index)
{
	return load_le16(identity + 2 * index);
}

static bool has_word(const u8 *identity, u32 index)
{
	return (word(identity, index) & VALID_MASK) == VALID;
}

static enum status read_identity(struct ahci_port *port, const u8 *identity)
{
	struct block_device *disk = &port->disk;
	u64 sectors = load_le64(identity + 2 * WORD_COUNT);
	u64 size = SECTOR_SIZE;

	if ((word(identity, WORD_CAPABILITIES) & CAPABILITY_DMA_LBA) != CAPABILITY_DMA_LBA ||
	    !has_word(identity, WORD_COMMANDS) || !(word(identity, WORD_COMMANDS) & COMMAND_48_BIT))
		return unsupported("%s: a disk without DMA or 48-bit addresses", port->name);
	if (has_word(identity, WORD_SECTORS) && word(identity, WORD_SECTORS) & SECTORS_ARE_LARGE)
		size = 2ull * load_le32(identity + 2 * WORD_SECTOR_WORDS);
	if (size < BLOCK_SIZE_MIN || size > BLOCK_SIZE_MAX || !is_power_of_two(size) ||
	    sectors == 0 || sectors > SECTORS_MAX)
		return unsupported("%s: %lu sectors of %lu bytes", port->name, sectors, size);
	disk->block_size = (u32)size;
	disk->block_count = sectors;
	disk->ops = word(identity, WORD_COMMANDS) & COMMAND_FLUSH ? &disk_ops :
								    &disk_ops_without_flush;
	return OK;
}

enum status ahci_disk_open(struct ahci_port *port)
{
	u8 identity[AHCI_DATA_SIZE];
	enum status status = ahci_identify(port, IDENTIFY_DEVICE, identity);

	return status ? status : read_identity(port, identity);
}
