/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SCSI commands needed for disks and CD-ROM drives. Numbers are big endian.
 *
 *	TEST UNIT READY		00
 *	INQUIRY			12: size in byte 4; answer: 0 kind in bits 0 to 4, qualifier above,
 *				1 bit 7 the medium is removable
 *	MODE SENSE (6)		1a: page in byte 2, size in byte 4; answer: 2 bit 7 write-protected
 *	READ CAPACITY (10)	25: answer: last block u32, bytes of a block u32
 *	READ, WRITE (10)	28, 2a: first block u32 in byte 2, count u16 in byte 7
 *	SYNCHRONIZE CACHE (10)	35: of all blocks if the rest is 0
 *	READ, WRITE (16)	88, 8a: first block u64 in byte 2, count u32 in byte 10
 *	READ CAPACITY (16)	9e: 10 in byte 1, size u32 in byte 10; answer: last block u64, bytes
 *				of a block u32
 *
 *	sense: fixed format (SPC-4, 4.5.3), descriptor format (4.5.2)
 *	0	0	1	0x70 or 0x71, 0x72 or 0x73
 *	2	1	1	key, in the lower half
 *	12	2	2	additional code and its qualifier
 */
#include "drivers/scsi/scsi.h"

#include "core/log.h"
#include "core/time.h"
#include "lib/config.h"
#include "lib/span.h"
#include "lib/util.h"

enum {
	TEST_UNIT_READY = 0x00,
	INQUIRY = 0x12,
	MODE_SENSE_6 = 0x1a,
	READ_CAPACITY_10 = 0x25,
	READ_10 = 0x28,
	WRITE_10 = 0x2a,
	SYNCHRONIZE_CACHE_10 = 0x35,
	READ_16 = 0x88,
	WRITE_16 = 0x8a,
	SERVICE_ACTION_IN_16 = 0x9e,
	READ_CAPACITY_16 = 0x10,

	INQUIRY_SIZE = 36,
	KIND_DISK = 0,
	KIND_CDROM = 5,
	KIND_OPTICAL = 7,
	KIND_NONE = 0x7f, /* the target has no such LUN */
	IS_REMOVABLE = 1 << 7,
	CAPACITY_10_SIZE = 8,
	CAPACITY_16_SIZE = 32,
	CD_BLOCK_SIZE = 2048,
	ALL_PAGES = 0x3f,
	MODE_HEADER_SIZE = 4,
	WRITE_PROTECTED = 1 << 7,

	SENSE_FORMAT_MASK = 0x7e,
	SENSE_FIXED = 0x70,
	SENSE_DESCRIPTOR = 0x72,
	SENSE_MASK = 0xfffff,
	KEY_ILLEGAL_REQUEST = 5,
	KEY_UNIT_ATTENTION = 6,
	/* Key << 8 | code. */
	NOT_READY = 0x0204,
	NO_MEDIUM = 0x023a,
	MEDIUM_CHANGED = 0x0628,

	READY_POLL_US = 10000,
	ATTENTIONS_MAX = 8,
};

/* Key << 16 | code << 8 | qualifier; 0: none. */
static u32 sense_of(const struct scsi_command *command)
{
	const u8 *sense = command->sense;

	if (!command->has_sense)
		return 0;
	switch (sense[0] & SENSE_FORMAT_MASK) {
	case SENSE_FIXED:
		return ((u32)sense[2] << 16 | load_be16(sense + 12)) & SENSE_MASK;
	case SENSE_DESCRIPTOR:
		return load_be32(sense) & SENSE_MASK;
	default:
		return 0;
	}
}

static u32 key_of(const struct scsi_command *command)
{
	return sense_of(command) >> 16;
}

static enum status execute(struct scsi_unit *unit, struct scsi_command *command)
{
	command->transferred = 0;
	command->has_sense = false;
	return unit->execute(unit, command);
}

enum status scsi_execute(struct scsi_unit *unit, struct scsi_command *command)
{
	enum status status;
	u32 attentions = 0;

	do
		status = execute(unit, command);
	while (status == ERR_IO && key_of(command) == KEY_UNIT_ATTENTION &&
	       sense_of(command) >> 8 != MEDIUM_CHANGED && ++attentions <= ATTENTIONS_MAX);
	return status;
}

/* @size bytes of an answer: a shorter one is an error. */
static enum status ask(struct scsi_unit *unit, struct scsi_command *command)
{
	enum status status = scsi_execute(unit, command);

	if (!status && command->transferred < command->size)
		return ERR_IO;
	return status;
}

static enum status identify(struct scsi_unit *unit, struct block_device *disk)
{
	u8 answer[INQUIRY_SIZE] = { 0 };
	struct scsi_command command = {
		.cdb = { INQUIRY, [4] = INQUIRY_SIZE },
		.data = answer,
		.size = sizeof(answer),
	};
	enum status status = ask(unit, &command);

	if (status) {
		log_warning("%s: INQUIRY: %s", unit->name, status_name(status));
		return status;
	}
	if (answer[0] == KIND_NONE)
		return ERR_NOT_FOUND;
	/* A qualifier other than 0: there is no device. */
	if (answer[0] != KIND_DISK && answer[0] != KIND_CDROM && answer[0] != KIND_OPTICAL)
		return unsupported("%s: a device of kind 0x%x", unit->name, answer[0]);
	disk->read_only = answer[0] == KIND_CDROM;
	disk->is_removable = disk->read_only || answer[1] & IS_REMOVABLE;
	return OK;
}

/* ERR_NOT_FOUND: no medium. */
static enum status wait_until_ready(struct scsi_unit *unit)
{
	u32 attentions = 0;

	for (;;) {
		struct scsi_command command = { .cdb = { TEST_UNIT_READY } };
		enum status status = execute(unit, &command);
		u32 sense = sense_of(&command);

		if (!status || status == ERR_TIMEOUT)
			return status;
		if (sense >> 8 == NO_MEDIUM)
			return ERR_NOT_FOUND;
		if (sense >> 16 == KEY_UNIT_ATTENTION && ++attentions <= ATTENTIONS_MAX)
			continue;
		if (sense >> 8 != NOT_READY || deadline_passed(unit->ready)) {
			log_warning("%s: not ready, sense 0x%06x", unit->name, sense);
			return ERR_IO;
		}
		sleep_us(READY_POLL_US);
	}
}

static bool is_usable_block_size(u32 size, u32 size_max)
{
	return size >= BLOCK_SIZE_MIN && size <= size_max && is_power_of_two(size);
}

/* Discs without data blocks report other sizes; by MMC-6, 6.25, it is 2048 for all. */
static enum status set_block_size(struct scsi_unit *unit, struct block_device *disk, u32 size,
				  bool is_cd)
{
	disk->block_size = size;
	if (is_cd && !is_usable_block_size(size, CD_BLOCK_SIZE))
		disk->block_size = CD_BLOCK_SIZE;
	else if (!is_usable_block_size(size, BLOCK_SIZE_MAX))
		return unsupported("%s: blocks of %u bytes", unit->name, size);
	return OK;
}

/* All ones: the last block does not fit into 32 bits. */
static enum status read_capacity(struct scsi_unit *unit, struct block_device *disk, bool is_cd)
{
	u8 answer[CAPACITY_16_SIZE] = { 0 };
	struct scsi_command command = {
		.cdb = { READ_CAPACITY_10 },
		.data = answer,
		.size = CAPACITY_10_SIZE,
	};
	enum status status = ask(unit, &command);
	u64 last = load_be32(answer);
	u32 size = load_be32(answer + 4);

	if (!status && !is_cd && last == UINT32_MAX) {
		command = (struct scsi_command){
			.cdb = { SERVICE_ACTION_IN_16, READ_CAPACITY_16, [13] = CAPACITY_16_SIZE },
			.data = answer,
			.size = CAPACITY_16_SIZE,
		};
		status = ask(unit, &command);
		last = load_be64(answer);
		size = load_be32(answer + 8);
	}
	if (status) {
		log_warning("%s: READ CAPACITY: %s, sense 0x%06x", unit->name, status_name(status),
			    sense_of(&command));
		return status;
	}
	if (last >= UINT64_MAX / BLOCK_SIZE_MAX)
		return unsupported("%s: block 0x%lx is the last", unit->name, last);
	disk->block_count = last + 1;
	return set_block_size(unit, disk, size, is_cd);
}

/* As in Linux, a unit that does not answer is assumed to be writable; writes may then fail. */
static bool is_write_protected(struct scsi_unit *unit)
{
	u8 answer[MODE_HEADER_SIZE] = { 0 };
	struct scsi_command command = {
		.cdb = { MODE_SENSE_6, [2] = ALL_PAGES, [4] = sizeof(answer) },
		.data = answer,
		.size = sizeof(answer),
	};

	return !ask(unit, &command) && answer[2] & WRITE_PROTECTED;
}

enum status scsi_open(struct scsi_unit *unit, struct block_device *disk)
{
	enum status status = identify(unit, disk);
	bool is_cd;

	if (status)
		return status;
	is_cd = disk->read_only;
	disk->block_size = is_cd ? CD_BLOCK_SIZE : BLOCK_SIZE_MIN;
	disk->block_count = 0;
	status = wait_until_ready(unit);
	if (status == ERR_NOT_FOUND) {
		log_debug("%s: no medium", unit->name);
		return OK;
	}
	if (!status)
		status = read_capacity(unit, disk, is_cd);
	if (!status && IS_ENABLED(CONFIG_BLOCK_WRITE) && !is_cd)
		disk->read_only = is_write_protected(unit);
	return status;
}

static enum status transfer(struct scsi_unit *unit, u32 block_size, u64 first, u64 count,
			    void *buffer, bool is_write)
{
	struct scsi_command command = {
		.data = buffer,
		.size = (u32)count * block_size,
		.is_write = is_write,
	};
	enum status status;

	if (first + count - 1 <= UINT32_MAX) {
		command.cdb[0] = is_write ? WRITE_10 : READ_10;
		store_be32(command.cdb + 2, (u32)first);
		store_be16(command.cdb + 7, (u16)count);
	} else {
		command.cdb[0] = is_write ? WRITE_16 : READ_16;
		store_be32(command.cdb + 2, (u32)(first >> 32));
		store_be32(command.cdb + 6, (u32)first);
		store_be32(command.cdb + 10, (u32)count);
	}
	status = ask(unit, &command);
	if (status == ERR_IO)
		log_warning("%s: %s at block %lu failed, sense 0x%06x", unit->name,
			    is_write ? "write" : "read", first, sense_of(&command));
	return status;
}

enum status scsi_read(struct scsi_unit *unit, u32 block_size, u64 first, u64 count, void *buffer)
{
	return transfer(unit, block_size, first, count, buffer, false);
}

enum status scsi_write(struct scsi_unit *unit, u32 block_size, u64 first, u64 count,
		       const void *buffer)
{
	/* The device only reads it. */
	return transfer(unit, block_size, first, count, (void *)(uintptr_t)buffer, true);
}

enum status scsi_flush(struct scsi_unit *unit)
{
	struct scsi_command command = { .cdb = { SYNCHRONIZE_CACHE_10 } };
	enum status status = scsi_execute(unit, &command);

	if (status == ERR_IO && key_of(&command) == KEY_ILLEGAL_REQUEST)
		return OK;
	if (status == ERR_IO)
		log_warning("%s: flush failed, sense 0x%06x", unit->name, sense_of(&command));
	return status;
}
