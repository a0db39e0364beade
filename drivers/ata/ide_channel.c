/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A channel with its two drives: registers and resets (ATA/ATAPI-7 Volume 2, 5.3, 11.2), commands
 * (11.5 to 11.8), and DMA.
 *
 *	command ports			bus master ports
 *	0	data, 16 bits		0	1	command: 0 start; 3 to memory
 *	1	error; features		2	1	status: 0 active; 1 error; 2 interrupt
 *	2	count			4	4	address of the table
 *	3 to 5	LBA
 *	6	device: 4 drive; 6 LBA	entry of the table, within 64 KiB
 *	7	status; command		0	4	address
 *					4	2	bytes; 0: 64 KiB
 *	control port			7	1	bit 7: the last
 *	0	status; 1 no interrupts, 2 reset
 *
 * Count and LBA are written twice for 48 bits, the upper half first.
 */
#include <asm/cpu.h>
#include <asm/io.h>

#include "core/arch.h"
#include "core/log.h"
#include "core/memory.h"
#include "drivers/ata/ide.h"
#include "lib/config.h"
#include "lib/span.h"
#include "lib/util.h"

enum {
	PORT_DATA = 0,
	PORT_ERROR = 1,
	PORT_FEATURES = 1,
	PORT_COUNT = 2,
	PORT_LBA = 3,
	PORT_DEVICE = 6,
	PORT_COMMAND = 7,
	DEVICE_LBA = 0xe0, /* with two bits that were once 1 */
	DEVICE_DRIVE_SHIFT = 4,
	CONTROL_NO_INTERRUPTS = 1 << 1,
	CONTROL_RESET = 1 << 2,

	MASTER_COMMAND = 0,
	MASTER_START = 1 << 0,
	MASTER_TO_MEMORY = 1 << 3,
	MASTER_STATUS = 2,
	MASTER_ACTIVE = 1 << 0,
	MASTER_ERROR = 1 << 1,
	MASTER_INTERRUPT = 1 << 2,
	MASTER_TABLE = 4,

	/* Of a channel's memory. */
	TABLE_OFFSET = 0,
	ENTRY_SIZE = 8,
	ENTRY_SPAN = 0x10000, /* an entry may not cross a multiple of this */
	ENTRY_LAST = 1u << 31,
	ENTRIES_MAX = ATA_REQUEST_SIZE_MAX / ENTRY_SPAN + 1,
	ANSWER_OFFSET = 2048,

	PIO_BLOCKS_MAX = 64,
	DRAIN_WORDS = 256,

	RESET_US = 10,
	RESET_WAIT_US = 2000,
	RESET_TIMEOUT_MS = 31000, /* 11.2, state HSR2 */
	STATUS_DELAY_US = 1,      /* 400 ns, until the status is valid */
	POLL_US = 20,
	POLL_IDLE_US = 1000,
	POLLS_BUSY = 50,
	READY_TIMEOUT_MS = 1000, /* of an idle drive */
	FIRST_ANSWER_MS = 3000,  /* after this, the other disks are started */
};

static_assert(TABLE_OFFSET + ENTRIES_MAX * ENTRY_SIZE <= ANSWER_OFFSET);
static_assert(ANSWER_OFFSET + ATA_ANSWER_SIZE <= PAGE_SIZE);

static u8 read_command(const struct ide_channel *channel, u16 port)
{
	return port_read8((u16)(channel->commands + port));
}

static void write_command(const struct ide_channel *channel, u16 port, u8 value)
{
	port_write8((u16)(channel->commands + port), value);
}

static u8 read_status(const struct ide_channel *channel)
{
	return port_read8(channel->control);
}

/* The value read if there is no drive. */
static bool is_nothing(u8 status)
{
	return status == 0x7f || status == 0xff;
}

static void select_drive(struct ide_channel *channel, u8 number)
{
	write_command(channel, PORT_DEVICE, (u8)(DEVICE_LBA | number << DEVICE_DRIVE_SHIFT));
	channel->selected = number;
	delay_us(STATUS_DELAY_US);
}

bool ide_channel_is_used(struct ide_channel *channel)
{
	for (u8 number = 0; number < IDE_DRIVES; number++) {
		u8 status;

		select_drive(channel, number);
		status = read_status(channel);
		/* Zeroes: QEMU, if no drive is attached. */
		if (status && !is_nothing(status))
			return true;
	}
	return false;
}

/* Waits for both drives, as the first may be missing. */
static bool wait_for_reset(struct ide_channel *channel)
{
	struct deadline deadline = deadline_started(RESET_TIMEOUT_MS);

	for (u8 number = 0; number < IDE_DRIVES; number++) {
		u8 status;

		select_drive(channel, number);
		while (status = read_status(channel),
		       status & ATA_STATUS_BUSY && !is_nothing(status)) {
			if (deadline_passed(&deadline))
				return false;
			sleep_us(POLL_IDLE_US);
		}
	}
	return true;
}

/* False: a drive does not come back, or DMA goes on although it was stopped. */
static bool reset(struct ide_channel *channel)
{
	port_write8(channel->control, CONTROL_NO_INTERRUPTS | CONTROL_RESET);
	delay_us(RESET_US);
	port_write8(channel->control, CONTROL_NO_INTERRUPTS);
	sleep_us(RESET_WAIT_US);
	if (!wait_for_reset(channel))
		return false;
	port_write8((u16)(channel->master + MASTER_STATUS), MASTER_ERROR | MASTER_INTERRUPT);
	port_write32((u16)(channel->master + MASTER_TABLE),
		     (u32)(uintptr_t)channel->memory + TABLE_OFFSET);
	return !(port_read8((u16)(channel->master + MASTER_STATUS)) & MASTER_ACTIVE);
}

/*
 * Until none of @bits is set, or the command has failed. A command that takes long is polled less
 * often, and a drive that is late with its first answer does not delay other disks. False: timeout,
 * or the drive is gone.
 */
static bool wait_while(struct ide_drive *drive, u8 bits, struct deadline *deadline, u8 *status)
{
	for (u32 polls = 0;; polls++) {
		*status = read_status(drive->channel);
		if (is_nothing(*status))
			return false;
		if (!(*status & bits) ||
		    (*status & (ATA_STATUS_BUSY | ATA_STATUS_ERROR)) == ATA_STATUS_ERROR)
			return true;
		if (deadline_passed(deadline))
			return false;
		if (IS_ENABLED(CONFIG_BLOCK_START_ALL) && !drive->has_answered &&
		    deadline_waited_ms(deadline) >= FIRST_ANSWER_MS) {
			drive->has_answered = true; /* they are started once */
			block_start_others(&drive->ata.disk);
		}
		if (polls < POLLS_BUSY)
			delay_us(POLL_US);
		else
			sleep_us(POLL_IDLE_US);
	}
}

static bool is_by_dma(const struct ata_command *command)
{
	return command->size && !command->is_pio;
}

/* After a command that failed. */
static void recover(struct ide_drive *drive, const struct ata_command *command)
{
	struct ide_channel *channel = drive->channel;
	bool is_read = is_by_dma(command) && !command->is_write;

	if (!reset(channel))
		ide_controller_fail(channel->controller, command->data,
				    is_read ? command->size : 0);
}

static void write_table(u8 *entry, u64 address, u32 size)
{
	while (size) {
		u32 part = (u32)min_u64(size, ENTRY_SPAN - address % ENTRY_SPAN);

		store_le32(entry, (u32)address);
		store_le32(entry + 4, (part & UINT16_MAX) | (part == size ? ENTRY_LAST : 0));
		address += part;
		size -= part;
		entry += ENTRY_SIZE;
	}
}

static void write_lba(const struct ide_channel *channel, u16 count, u64 lba)
{
	write_command(channel, PORT_COUNT, (u8)count);
	for (u16 i = 0; i < 3; i++)
		write_command(channel, (u16)(PORT_LBA + i), (u8)(lba >> 8 * i));
}

static void issue(struct ide_drive *drive, const struct ata_command *command)
{
	struct ide_channel *channel = drive->channel;

	if (is_by_dma(command)) {
		write_table(channel->memory + TABLE_OFFSET, (uintptr_t)command->data,
			    command->size);
		memory_barrier_full();
	}
	write_command(channel, PORT_FEATURES, (u8)command->features);
	if (!command->packet)
		write_lba(channel, command->count >> 8, command->lba >> 24);
	write_lba(channel, command->count, command->lba);
	write_command(channel, PORT_COMMAND, command->command);
	delay_us(STATUS_DELAY_US);
	drive->request_count++;
	drive->byte_count += command->size;
}

static bool send_packet(struct ide_drive *drive, const struct ata_command *command,
			struct deadline *deadline, u8 *status)
{
	if (!wait_while(drive, ATA_STATUS_BUSY, deadline, status))
		return false;
	if (*status & ATA_STATUS_FAILED)
		return true;
	if (!(*status & ATA_STATUS_REQUEST))
		return false;
	for (u32 i = 0; i < drive->ata.packet_size; i += 2)
		port_write16((u16)(drive->channel->commands + PORT_DATA),
			     load_le16(command->packet + i));
	delay_us(STATUS_DELAY_US);
	return true;
}

static bool run_dma(struct ide_drive *drive, struct ata_command *command, struct deadline *deadline,
		    u8 *status)
{
	const u16 master = drive->channel->master;
	u8 state;
	bool ended;

	port_write8(master + MASTER_COMMAND,
		    MASTER_START | (command->is_write ? 0 : MASTER_TO_MEMORY));
	ended = wait_while(drive, ATA_STATUS_NOT_READY, deadline, status);
	state = port_read8(master + MASTER_STATUS);
	port_write8(master + MASTER_COMMAND, 0);
	if (state & MASTER_ERROR)
		*status |= ATA_STATUS_FAULT;
	/* Still active: the drive has transferred less than the table has room for. */
	else if (ended && !(state & MASTER_ACTIVE))
		command->transferred = command->size;
	return ended;
}

/* Of one block of data, which a packet device announces; it may be more than was asked for. */
static u32 block_size(const struct ide_drive *drive, const struct ata_command *command)
{
	if (!command->packet)
		return command->size;
	return read_command(drive->channel, PORT_LBA + 1) |
	       (u32)read_command(drive->channel, PORT_LBA + 2) << 8;
}

static void read_block(const struct ide_drive *drive, struct ata_command *command, u32 size)
{
	const u16 port = drive->channel->commands + PORT_DATA;
	u32 wanted = (u32)min_u64(size, command->size - command->transferred);
	u8 *to = (u8 *)command->data + command->transferred;

	port_read_block16(port, to, wanted / 2);
	if (wanted % 2)
		to[wanted - 1] = (u8)port_read16(port);
	command->transferred += wanted;
	for (u32 i = (wanted + 1) / 2; i < (size + 1) / 2 && i < DRAIN_WORDS; i++)
		(void)port_read16(port);
}

static bool run_pio(struct ide_drive *drive, struct ata_command *command, struct deadline *deadline,
		    u8 *status)
{
	for (u32 i = 0; i < PIO_BLOCKS_MAX; i++) {
		u32 size;

		if (!wait_while(drive, ATA_STATUS_BUSY, deadline, status))
			return false;
		if (!(*status & ATA_STATUS_REQUEST) || *status & ATA_STATUS_FAILED)
			return true;
		size = block_size(drive, command);
		if (size == 0)
			return true;
		read_block(drive, command, size);
		delay_us(STATUS_DELAY_US);
	}
	return true;
}

/* False: no answer. */
static bool run(struct ide_drive *drive, struct ata_command *command, u8 *status)
{
	struct ide_channel *channel = drive->channel;
	struct deadline idle = deadline_after(READY_TIMEOUT_MS);
	/* Of all its steps, however many blocks the drive announces. */
	struct deadline deadline = deadline_after(command->timeout_ms);

	if (channel->selected != drive->number) {
		select_drive(channel, drive->number);
		if (!wait_while(drive, ATA_STATUS_NOT_READY, &idle, status))
			return false;
	}
	issue(drive, command);
	if (command->packet) {
		if (!send_packet(drive, command, &deadline, status))
			return false;
		if (*status & ATA_STATUS_FAILED)
			return true;
	}
	return is_by_dma(command) ? run_dma(drive, command, &deadline, status) :
				    run_pio(drive, command, &deadline, status);
}

static enum status execute(struct ata_device *device, struct ata_command *command)
{
	struct ide_drive *drive = container_of(device, struct ide_drive, ata);
	u8 status = 0;

	command->transferred = 0;
	command->error = 0;
	if (drive->failed || drive->channel->controller->failed)
		return ERR_IO;
	if (!run(drive, command, &status)) {
		drive->failed = true;
		log_error("%s: no answer in time; no longer used", drive->name);
		recover(drive, command);
		return ERR_TIMEOUT;
	}
	drive->has_answered = true;
	if (!(status & (ATA_STATUS_NOT_READY | ATA_STATUS_FAILED))) {
		memory_barrier_read();
		return OK;
	}
	command->transferred = 0;
	if (status & ATA_STATUS_ERROR)
		command->error = read_command(drive->channel, PORT_ERROR);
	log_debug("%s: command 0x%02x failed with status 0x%02x, error 0x%02x", drive->name,
		  command->command, status, command->error);
	/* Without a request for data and a fault, the drive takes the next command. */
	if (status & (ATA_STATUS_NOT_READY | ATA_STATUS_FAULT))
		recover(drive, command);
	return ERR_IO;
}

/*
 * The registers after a reset (ATA8-ACS, 9.1). The status of a packet device is 0 until its first
 * command, as is that of a missing drive for which the other one answers.
 */
static u32 read_signature(struct ide_channel *channel, u8 number)
{
	u32 signature = 0;
	u8 status;

	select_drive(channel, number);
	status = read_status(channel);
	if (is_nothing(status))
		return 0;
	for (u16 i = 0; i < 4; i++)
		signature |= (u32)read_command(channel, (u16)(PORT_COUNT + i)) << 8 * i;
	if (signature == ATA_SIGNATURE_DISK)
		return status ? signature : 0;
	return signature == ATA_SIGNATURE_PACKET ? signature : 0;
}

enum status ide_channel_start(struct ide_channel *channel)
{
	u64 page;
	enum status status =
		memory_allocate(PAGE_SIZE, PAGE_SIZE, MEMORY_BELOW_4_GIB, MEMORY_BOOT_DATA, &page);

	if (status)
		return status;
	channel->memory = (u8 *)(uintptr_t)page;
	/* A BIOS may have left it running. */
	port_write8(channel->master + MASTER_COMMAND, 0);
	if (!reset(channel)) {
		ide_controller_fail(channel->controller, NULL, 0);
		return ERR_TIMEOUT;
	}
	for (u8 number = 0; number < IDE_DRIVES; number++) {
		struct ide_drive *drive = &channel->drives[number];

		drive->channel = channel;
		drive->number = number;
		drive->signature = read_signature(channel, number);
		drive->ata.name = drive->name;
		drive->ata.execute = execute;
		drive->ata.answer = channel->memory + ANSWER_OFFSET;
		drive->ata.unit.ready = &channel->controller->spin;
	}
	return OK;
}
