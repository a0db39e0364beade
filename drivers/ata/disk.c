/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk (ATA/ATAPI Command Set 3). Words of the response to IDENTIFY DEVICE:
 *
 *	49	bit 8 DMA, bit 9 LBA
 *	83	bit 10 48-bit addresses, bit 13 FLUSH CACHE EXT; valid if bits 14 and 15 are 1 and 0
 *	100	number of sectors, u64
 *	106	bit 12 sectors are larger than 512 bytes; valid as word 83
 *	117	words of a sector, u32
 */
#include "core/log.h"
#include "drivers/ata/ata.h"
#include "lib/config.h"
#include "lib/span.h"
#include "lib/string.h"
#include "lib/util.h"

enum {
	READ_DMA_EXT = 0x25,
	WRITE_DMA_EXT = 0x35,
	FLUSH_CACHE_EXT = 0xea,
	IDENTIFY_DEVICE = 0xec,

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

static struct ata_device *device_of(struct block_device *disk)
{
	return container_of(disk, struct ata_device, disk);
}

static enum status transfer(struct block_device *disk, u64 first, u64 count, void *buffer,
			    bool is_write)
{
	struct ata_device *device = device_of(disk);
	struct ata_command command = {
		.command = is_write ? WRITE_DMA_EXT : READ_DMA_EXT,
		.lba = first,
		.count = (u16)count,
		.data = buffer,
		.size = (u32)count * disk->block_size,
		.is_write = is_write,
		.timeout_ms = block_timeout_ms(count * disk->block_size),
	};
	enum status status = device->execute(device, &command);

	if (!status && command.transferred < command.size)
		status = ERR_IO;
	if (status)
		log_warning("%s: %s at sector %lu: %s, %u of %u bytes", device->name,
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
	struct ata_command command = {
		.command = FLUSH_CACHE_EXT,
		.timeout_ms = BLOCK_TIMEOUT_MS,
	};

	return device_of(disk)->execute(device_of(disk), &command);
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

static enum status read_identity(struct ata_device *device, const u8 *identity)
{
	struct block_device *disk = &device->disk;
	u64 sectors = load_le64(identity + 2 * WORD_COUNT);
	u64 size = SECTOR_SIZE;

	if ((word(identity, WORD_CAPABILITIES) & CAPABILITY_DMA_LBA) != CAPABILITY_DMA_LBA ||
	    !has_word(identity, WORD_COMMANDS) || !(word(identity, WORD_COMMANDS) & COMMAND_48_BIT))
		return unsupported("%s: a disk without DMA or 48-bit addresses", device->name);
	if (has_word(identity, WORD_SECTORS) && word(identity, WORD_SECTORS) & SECTORS_ARE_LARGE)
		size = 2ull * load_le32(identity + 2 * WORD_SECTOR_WORDS);
	if (size < BLOCK_SIZE_MIN || size > BLOCK_SIZE_MAX || !is_power_of_two(size) ||
	    sectors == 0 || sectors > SECTORS_MAX)
		return unsupported("%s: %lu sectors of %lu bytes", device->name, sectors, size);
	disk->block_size = (u32)size;
	disk->block_count = sectors;
	disk->ops = word(identity, WORD_COMMANDS) & COMMAND_FLUSH ? &disk_ops :
								    &disk_ops_without_flush;
	return OK;
}

enum status ata_disk_open(struct ata_device *device)
{
	u8 identity[ATA_ANSWER_SIZE];
	enum status status = ata_identify(device, IDENTIFY_DEVICE, identity);

	return status ? status : read_identity(device, identity);
}

enum status ata_identify(struct ata_device *device, u8 command, u8 identity[ATA_ANSWER_SIZE])
{
	struct ata_command ata = {
		.command = command,
		.data = device->answer,
		.size = ATA_ANSWER_SIZE,
		.is_pio = true,
		.timeout_ms = ATA_IDENTIFY_TIMEOUT_MS,
	};
	enum status status = device->execute(device, &ata);

	if (!status && ata.transferred < ata.size)
		status = ERR_IO;
	if (status)
		log_warning("%s: IDENTIFY: %s", device->name, status_name(status));
	/* The device can change its own copy at any time. */
	memcpy(identity, ata.data, ATA_ANSWER_SIZE);
	return status;
}

enum status ata_open(struct ata_device *device, u32 signature)
{
	switch (signature) {
	case ATA_SIGNATURE_DISK:
		return ata_disk_open(device);
	case ATA_SIGNATURE_PACKET:
		return ata_packet_open(device);
	default:
		return unsupported("%s: a device with signature 0x%08x", device->name, signature);
	}
}
