/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands that a CD-ROM drive is read with. Numbers are big endian.
 *
 *	TEST UNIT READY	00
 *	INQUIRY		12: size in byte 4; answer: 0 kind in bits 0 to 4, qualifier above
 *	READ CAPACITY	25: answer: last block u32, bytes of a block u32
 *	READ (10)	28: first block u32 in byte 2, count u16 in byte 7
 *
 *	sense, fixed format (SPC-4, 4.5.3)
 *	0	1	0x70 or 0x71
 *	2	1	key, in the lower half
 *	12	2	additional code and its qualifier
 */
#include "drivers/scsi/scsi.h"

#include "core/log.h"
#include "core/time.h"
#include "lib/span.h"
#include "lib/util.h"

enum {
	TEST_UNIT_READY = 0x00,
	INQUIRY = 0x12,
	READ_CAPACITY_10 = 0x25,
	READ_10 = 0x28,

	INQUIRY_SIZE = 36,
	KIND_CDROM = 5,
	CAPACITY_SIZE = 8,
	CD_BLOCK_SIZE = 2048,

	SENSE_FORMAT_MASK = 0x7e,
	SENSE_FIXED = 0x70,
	KEY_NOT_READY = 2,
	KEY_UNIT_ATTENTION = 6,
	CODE_NOT_READY = 0x04,
	CODE_RESET = 0x29,
	CODE_NO_MEDIUM = 0x3a,

	READY_TIMEOUT_MS = 10000, /* a disc is loaded and spun up */
	READY_POLL_US = 10000,
	ATTENTIONS_MAX = 8,
};

/* Key << 16 | code << 8 | qualifier; 0: none. */
static u32 sense_of(const struct scsi_command *command)
{
	const u8 *sense = command->sense;

	if (!command->has_sense || (sense[0] & SENSE_FORMAT_MASK) != SENSE_FIXED)
		return 0;
	return (u32)(sense[2] & 0xf) << 16 | (u32)sense[12] << 8 | sense[13];
}

static u32 key_of(const struct scsi_command *command)
{
	return sense_of(command) >> 16;
}

static u32 code_of(const struct scsi_command *command)
{
	return sense_of(command) >> 8 & 0xff;
}

static enum status execute(struct scsi_unit *unit, struct scsi_command *command)
{
	command->transferred = 0;
	command->has_sense = false;
	return unit->execute(unit, command);
}

/* @size bytes of an answer: a shorter one is an error. */
static enum status ask(struct scsi_unit *unit, struct scsi_command *command)
{
	enum status status = execute(unit, command);

	if (!status && command->transferred < command->size)
		return ERR_IO;
	return status;
}

static enum status identify(struct scsi_unit *unit)
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
	/* With a qualifier there is no device. */
	if (answer[0] != KIND_CDROM)
		return unsupported("%s: a device of kind 0x%x", unit->name, answer[0]);
	return OK;
}

/*
 * The first command after a reset or a change of the medium is answered with a unit attention
 * (SAM-5, 5.14); some drives report several. ERR_NOT_FOUND: no medium.
 */
static enum status wait_until_ready(struct scsi_unit *unit)
{
	struct deadline deadline = deadline_started(READY_TIMEOUT_MS);
	u32 attentions = 0;

	for (;;) {
		struct scsi_command command = { .cdb = { TEST_UNIT_READY } };
		enum status status = execute(unit, &command);

		if (!status || status == ERR_TIMEOUT)
			return status;
		if (key_of(&command) == KEY_NOT_READY && code_of(&command) == CODE_NO_MEDIUM)
			return ERR_NOT_FOUND;
		if (key_of(&command) == KEY_UNIT_ATTENTION && ++attentions <= ATTENTIONS_MAX)
			continue;
		if (key_of(&command) != KEY_NOT_READY || code_of(&command) != CODE_NOT_READY ||
		    deadline_passed(&deadline)) {
			log_warning("%s: not ready, sense 0x%06x", unit->name, sense_of(&command));
			return ERR_IO;
		}
		sleep_us(READY_POLL_US);
	}
}

/* Discs without data blocks report other sizes; by MMC-6, 6.25, it is 2048 for all. */
static u32 usable_block_size(u32 size)
{
	return size >= BLOCK_SIZE_MIN && size <= CD_BLOCK_SIZE && is_power_of_two(size) ?
		       size :
		       CD_BLOCK_SIZE;
}

static enum status read_capacity(struct scsi_unit *unit, struct block_device *disk)
{
	u8 answer[CAPACITY_SIZE] = { 0 };
	struct scsi_command command = {
		.cdb = { READ_CAPACITY_10 },
		.data = answer,
		.size = sizeof(answer),
	};
	enum status status = ask(unit, &command);

	if (status) {
		log_warning("%s: READ CAPACITY: %s, sense 0x%06x", unit->name, status_name(status),
			    sense_of(&command));
		return status;
	}
	disk->block_size = usable_block_size(load_be32(answer + 4));
	disk->block_count = (u64)load_be32(answer) + 1;
	return OK;
}

enum status scsi_open(struct scsi_unit *unit, struct block_device *disk)
{
	enum status status = identify(unit);

	if (status)
		return status;
	disk->read_only = true;
	disk->is_removable = true;
	disk->block_size = CD_BLOCK_SIZE;
	disk->block_count = 0;
	status = wait_until_ready(unit);
	if (status == ERR_NOT_FOUND) {
		log_debug("%s: no medium", unit->name);
		return OK;
	}
	return status ? status : read_capacity(unit, disk);
}

static enum status read_once(struct scsi_unit *unit, struct scsi_command *command)
{
	enum status status = ask(unit, command);

	/* After a reset of the link. For a changed medium there is no second try. */
	if (status == ERR_IO && key_of(command) == KEY_UNIT_ATTENTION &&
	    code_of(command) == CODE_RESET)
		status = ask(unit, command);
	if (status == ERR_IO)
		log_warning("%s: read at block %u failed, sense 0x%06x", unit->name,
			    load_be32(command->cdb + 2), sense_of(command));
	return status;
}

enum status scsi_read(struct scsi_unit *unit, u32 block_size, u64 first, u64 count, void *buffer)
{
	struct scsi_command command = {
		.cdb = { READ_10 },
		.data = buffer,
		.size = (u32)count * block_size,
	};

	store_be32(command.cdb + 2, (u32)first);
	store_be16(command.cdb + 7, (u16)count);
	return read_once(unit, &command);
}
