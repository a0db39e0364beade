/* SPDX-License-Identifier: Apache-2.0 */
/* The device side of IDE: ports, ATA commands, packets, and DMA. */
#include "tests/host/fake_ide.h"

#include <string.h>

#include <asm/cpu.h>

#include "lib/span.h"
#include "lib/util.h"
#include "tests/host/fake_machine.h"
#include "tests/host/host.h"

enum {
	BUSY = 0x80,
	REQUEST = 0x08,
	READY = 0x50,
	REFUSED = 0x51,
	FAULT = 0x70,
	COMMAND_PORTS = 1,
	COMMAND_MASTER = 4,
	CONTROL_QUIET = 2,
	CONTROL_RESET = 4,
	MASTER_START = 1,
	MASTER_ACTIVE = 1,
	MASTER_ERROR = 2,
	MASTER_INTERRUPT = 4,
	ENDLESS = 0x10000000,
};

static struct fake_ide *started;

static bool is_attached(const struct fake_ide_drive *drive)
{
	return drive->disk || drive->is_cd;
}

static struct fake_ide_drive *selected(struct fake_ide_channel *channel)
{
	return &channel->drives[channel->device >> 4 & 1];
}

static bool is_endless(const struct fake_ide_drive *drive)
{
	return drive->lie == FAKE_IDE_PIO_ENDLESS || drive->lie == FAKE_IDE_PIO_SLOW;
}

static void end(struct fake_ide_drive *drive, u8 status, u8 error)
{
	drive->status = status;
	drive->error = error;
	drive->size = drive->block = 0;
	drive->ready = 0;
	drive->data = NULL;
	drive->packet = UINT32_MAX;
}

static void reset(struct fake_ide *controller, struct fake_ide_channel *channel)
{
	channel->resets++;
	channel->device = 0;
	for (u32 i = 0; i < FAKE_IDE_DRIVES; i++) {
		struct fake_ide_drive *drive = &channel->drives[i];

		/* A packet device is ready after its first command. */
		end(drive, controller->never_reset ? BUSY : drive->is_cd ? 0 : READY, 1);
		memcpy(drive->registers, drive->is_cd ? "\1\1\x14\xeb" : "\1\1\0\0", 4);
	}
}

/* Makes the next block of a PIO answer available. */
static void announce(struct fake_ide_channel *channel, struct fake_ide_drive *drive)
{
	u32 limit = channel->written[2][0] | (u32)channel->written[3][0] << 8;

	if (!drive->is_cd)
		limit = sizeof(drive->identity);
	if (drive->pio_size)
		limit = drive->pio_size;
	if (!limit || drive->lie == FAKE_IDE_PIO_ENDLESS)
		limit = 0xfffe;
	if (!drive->size)
		return end(drive, READY, 0);
	drive->block = (u32)min_u64(drive->size, limit);
	store_le16(drive->registers + 2,
		   drive->lie == FAKE_IDE_PIO_NOTHING ? 0 : (u16)drive->block);
	drive->status = READY | REQUEST;
	if (drive->lie == FAKE_IDE_PIO_SLOW) {
		drive->status = BUSY;
		drive->ready = host_ticks + (u64)drive->block_ms * (HOST_TICKS_PER_SECOND / 1000);
	}
}

/* Answers by PIO, or by DMA, which then waits for the controller. */
static void answer(struct fake_ide_channel *channel, struct fake_ide_drive *drive, void *bytes,
		   u32 size, bool by_dma)
{
	drive->data = bytes;
	drive->size = size;
	drive->to_device = false;
	if (by_dma) {
		drive->status = drive->lie == FAKE_IDE_DMA_NONE ? READY : READY | REQUEST;
		return;
	}
	if (drive->is_cd && drive->lie == FAKE_IDE_PIO_SHORT)
		drive->size /= 2;
	if (drive->is_cd && drive->lie == FAKE_IDE_PIO_LONG)
		drive->size *= 2;
	if (is_endless(drive))
		drive->size = ENDLESS;
	announce(channel, drive);
}

static void fail_packet(struct fake_ide_drive *drive, u8 key, u8 code)
{
	memset(drive->sense, 0, sizeof(drive->sense));
	drive->sense[0] = 0x70;
	drive->sense[2] = key;
	drive->sense[12] = code;
	end(drive, REFUSED, (u8)(key << 4));
}

static void do_packet(struct fake_ide *controller, struct fake_ide_channel *channel,
		      struct fake_ide_drive *drive)
{
	const u8 *packet = drive->packet_bytes;
	bool by_dma = channel->features & 1;
	u32 blocks = (u32)(drive->disk_size / 2048);

	drive->packet = UINT32_MAX;
	memset(drive->answer, 0, sizeof(drive->answer));
	switch (packet[0]) {
	case 0x03:
		memcpy(drive->answer, drive->sense, sizeof(drive->sense));
		return answer(channel, drive, drive->answer, 18, by_dma);
	case 0x12:
		store_le16(drive->answer, 0x8005);
		return answer(channel, drive, drive->answer, 36, by_dma);
	}
	if (drive->attentions && drive->attentions--)
		return fail_packet(drive, 6, 0x29);
	if (drive->becoming && drive->becoming--)
		return fail_packet(drive, 2, 0x04);
	if (!drive->disk)
		return fail_packet(drive, 2, 0x3a);
	switch (packet[0]) {
	case 0x00:
		return end(drive, READY, 0);
	case 0x25:
		store_be32(drive->answer, blocks - 1);
		store_be32(drive->answer + 4, 2048);
		return answer(channel, drive, drive->answer, 8, by_dma);
	case 0x28: {
		u32 first = load_be32(packet + 2), count = load_be16(packet + 7);

		if (first >= blocks || count > blocks - first)
			return fail_packet(drive, 5, 0x21);
		return answer(channel, drive, drive->disk + (u64)first * 2048, count * 2048,
			      by_dma);
	}
	default:
		violation(controller, "packet 0x%02x", packet[0]);
		fail_packet(drive, 5, 0x20);
	}
}

static void transfer_blocks(struct fake_ide *controller, struct fake_ide_channel *channel,
			    struct fake_ide_drive *drive, bool to_device)
{
	u64 first = 0;
	u32 count = channel->written[0][0] | channel->written[0][1] << 8;

	for (u32 i = 0; i < 3; i++)
		first |= (u64)channel->written[1 + i][0] << 8 * i | (u64)channel->written[1 + i][1]
									    << (24 + 8 * i);
	count = count ? count : 65536;
	if (!(channel->device & 0x40))
		violation(controller, "no LBA");
	if (first + count > drive->disk_size / drive->block_size)
		return end(drive, REFUSED, 0x10);
	answer(channel, drive, drive->disk + first * drive->block_size, count * drive->block_size,
	       true);
	drive->to_device = to_device;
}

static bool lies(struct fake_ide *controller, struct fake_ide_drive *drive, u8 command)
{
	switch (drive->lie) {
	case FAKE_IDE_ERROR_ONCE:
		drive->lie = FAKE_IDE_HONEST;
		[[fallthrough]];
	case FAKE_IDE_ERROR:
		end(drive, REFUSED, 4);
		return true;
	case FAKE_IDE_FAULT:
		end(drive, FAULT, 0);
		return true;
	case FAKE_IDE_SILENT:
		end(drive, BUSY, 0);
		return true;
	case FAKE_IDE_GONE:
		drive->disk = NULL;
		drive->is_cd = false;
		controller->nothing = 0xff;
		return true;
	case FAKE_IDE_NO_PACKET:
		if (command != 0xa0)
			return false;
		end(drive, READY, 0);
		return true;
	default:
		return false;
	}
}

static void do_command(struct fake_ide *controller, struct fake_ide_channel *channel, u8 command)
{
	struct fake_ide_drive *drive = selected(channel);

	drive->commands++;
	channel->unseen_count = 0;
	if (drive->status & (BUSY | REQUEST))
		violation(controller, "command 0x%02x given to a busy drive", command);
	if (!(channel->control & CONTROL_QUIET))
		violation(controller, "interrupts are on");
	if (channel->master_command & MASTER_START)
		violation(controller, "DMA is not stopped");
	if (!is_attached(drive) || lies(controller, drive, command))
		return;
	switch (command) {
	case 0xec:
	case 0xa1:
		if (drive->is_cd != (command == 0xa1))
			return end(drive, REFUSED, 4);
		return answer(channel, drive, drive->identity, 512, false);
	case 0x25:
	case 0x35:
		return transfer_blocks(controller, channel, drive, command == 0x35);
	case 0xea:
		drive->flushes++;
		return end(drive, READY, 0);
	case 0xa0:
		drive->packet = 0;
		drive->status = READY | REQUEST;
		return;
	default:
		violation(controller, "command 0x%02x", command);
		end(drive, REFUSED, 4);
	}
}

/* Writes to memory, which the driver sees after its next barrier. */
static void add_unseen(struct fake_ide_channel *channel, u32 at, const u8 *data, u32 size)
{
	memset((void *)(uintptr_t)at, 0xee, size);
	channel->unseen[channel->unseen_count++] = (struct fake_ide_unseen){ at, data, size };
}

/* Runs the transfer described by the table. */
static void run_dma(struct fake_ide *controller, struct fake_ide_channel *channel,
		    struct fake_ide_drive *drive)
{
	bool to_memory = channel->master_command & 8;
	u32 size = drive->size, at = 0;
	bool is_last = false;

	if (drive->to_device == to_memory)
		violation(controller, "the wrong direction");
	if (!(load_le16(controller->function->config + PCI_COMMAND) & COMMAND_MASTER))
		violation(controller, "DMA is not enabled");
	if (size > drive->largest)
		drive->largest = size;
	if (drive->lie == FAKE_IDE_DMA_SHORT)
		size /= 2;
	for (u32 i = 0; !is_last; i += 8) {
		u32 base, part;

		if (i + 8 > FAKE_IDE_TABLE_SIZE)
			return (void)violation(controller, "a table without an end");
		base = load_le32(channel->published + i);
		part = load_le16(channel->published + i + 4);
		is_last = channel->published[i + 7] & 0x80;
		part = part ? part : 0x10000;
		if (base % 2 || part % 2 || (base & 0xffff) + part > 0x10000)
			violation(controller, "entry 0x%x, 0x%x bytes", base, part);
		at += part;
		part = (u32)min_u64(part, size);
		if (to_memory)
			add_unseen(channel, base, drive->data, part);
		else
			memcpy(drive->data, (void *)(uintptr_t)base, part);
		drive->data += part;
		size -= part;
	}
	if (at != drive->size)
		violation(controller, "memory for %u bytes of %u", at, drive->size);
	end(drive, READY, 0);
	if (drive->lie != FAKE_IDE_DMA_SHORT)
		channel->master_status &= (u8)~MASTER_ACTIVE;
}

static void write_master_command(struct fake_ide *controller, struct fake_ide_channel *channel,
				 u8 value)
{
	struct fake_ide_drive *drive = selected(channel);
	u8 before = channel->master_command;

	channel->master_command = value;
	if (!(value & MASTER_START)) {
		if (!controller->never_stops)
			channel->master_status &= (u8)~MASTER_ACTIVE;
		return;
	}
	if (before & MASTER_START)
		violation(controller, "DMA is started twice");
	if (!drive->data && drive->status == READY)
		violation(controller, "DMA without a command");
	channel->master_status |= MASTER_ACTIVE;
	switch (drive->lie) {
	case FAKE_IDE_DMA_NONE:
	case FAKE_IDE_DMA_SILENT:
		return;
	case FAKE_IDE_DMA_ERROR:
		channel->master_status |= MASTER_ERROR;
		channel->master_status &= (u8)~MASTER_ACTIVE;
		return end(drive, READY, 0);
	default:
		if (drive->data && drive->status & REQUEST)
			run_dma(controller, channel, drive);
	}
}

static u16 read_data(struct fake_ide *controller, struct fake_ide_channel *channel,
		     struct fake_ide_drive *drive)
{
	u16 value = 0;

	if (!(drive->status & REQUEST) || drive->to_device) {
		violation(controller, "data read that is not there");
		return UINT16_MAX;
	}
	if (drive->lie < FAKE_IDE_PIO_LONG)
		value = drive->data[0] | (drive->size > 1 ? drive->data[1] << 8 : 0);
	drive->data += is_endless(drive) ? 0 : 2;
	drive->size -= (u32)min_u64(2, drive->size);
	drive->block -= (u32)min_u64(2, drive->block);
	if (!drive->block)
		announce(channel, drive);
	return value;
}

static void write_data(struct fake_ide *controller, struct fake_ide_channel *channel, u16 value)
{
	struct fake_ide_drive *drive = selected(channel);

	if (drive->packet == UINT32_MAX)
		return (void)violation(controller, "data written that nobody waits for");
	store_le16(drive->packet_bytes + drive->packet, value);
	drive->packet += 2;
	if (drive->packet == (drive->identity[0] & 1 ? 16 : 12))
		do_packet(controller, channel, drive);
}

static u8 read_status(struct fake_ide *controller, struct fake_ide_channel *channel)
{
	struct fake_ide_drive *drive = selected(channel);

	if (drive->ready && host_ticks >= drive->ready) {
		drive->status = READY | REQUEST;
		drive->ready = 0;
	}
	return is_attached(drive) ? drive->status : controller->nothing;
}

static void write_command_port(struct fake_ide *controller, struct fake_ide_channel *channel,
			       u32 port, u16 value)
{
	switch (port) {
	case 0:
		return write_data(controller, channel, value);
	case 1:
		channel->features = (u8)value;
		return;
	case 6:
		if (selected(channel)->status & (BUSY | REQUEST))
			violation(controller, "a drive is selected while another is busy");
		channel->device = (u8)value;
		return;
	case 7:
		return do_command(controller, channel, (u8)value);
	default:
		channel->written[port - 2][1] = channel->written[port - 2][0];
		channel->written[port - 2][0] = (u8)value;
		for (u32 i = 0; i < FAKE_IDE_DRIVES; i++)
			channel->drives[i].registers[port - 2] = (u8)value;
	}
}

static u16 read_command_port(struct fake_ide *controller, struct fake_ide_channel *channel,
			     u32 port)
{
	struct fake_ide_drive *drive = selected(channel);

	if (!is_attached(drive))
		return controller->nothing;
	switch (port) {
	case 0:
		return read_data(controller, channel, drive);
	case 1:
		return drive->error;
	case 6:
		return channel->device;
	case 7:
		return drive->status;
	default:
		return drive->registers[port - 2];
	}
}

static struct fake_ide *access(struct fake_ide_channel *channel, bool is_good)
{
	struct fake_ide *controller = started;
	u16 command = load_le16(controller->function->config + PCI_COMMAND);

	controller->accesses++;
	if (!is_good)
		violation(controller, "an access of the wrong size to channel %u",
			  (u32)(channel - controller->channels));
	if (!(command & COMMAND_PORTS))
		violation(controller, "ports are off");
	return controller;
}

static void access_commands(void *context, u64 address, u32 size, bool write, u64 *value)
{
	struct fake_ide_channel *channel = context;
	u32 port = (u32)address & 7;
	struct fake_ide *controller = access(channel, size == (port ? 1 : 2));

	if (write)
		write_command_port(controller, channel, port, (u16)*value);
	else
		*value = read_command_port(controller, channel, port);
}

static void access_control(void *context, u64 address, u32 size, bool write, u64 *value)
{
	struct fake_ide_channel *channel = context;
	struct fake_ide *controller = access(channel, size == 1);
	u8 before = channel->control;

	(void)address;
	if (!write) {
		*value = read_status(controller, channel);
		return;
	}
	channel->control = (u8)*value;
	if (before & CONTROL_RESET && !(*value & CONTROL_RESET))
		reset(controller, channel);
}

static void access_master(void *context, u64 address, u32 size, bool write, u64 *value)
{
	struct fake_ide_channel *channel = context;
	u32 port = (u32)address & 7;
	struct fake_ide *controller = access(channel, size == (port == 4 ? 4 : 1));

	switch (port) {
	case 0:
		if (write)
			return write_master_command(controller, channel, (u8)*value);
		*value = channel->master_command;
		return;
	case 2:
		if (write)
			channel->master_status &=
				(u8) ~(*value & (MASTER_ERROR | MASTER_INTERRUPT));
		*value = channel->master_status;
		return;
	case 4:
		if (!write || *value % 4 || channel->master_command & MASTER_START)
			violation(controller, "table at 0x%lx", *value);
		channel->table = (u32)*value;
		return;
	default:
		violation(controller, "port %u of the bus master", port);
	}
}

static void pass_barrier(enum host_barrier kind)
{
	for (u32 i = 0; i < FAKE_IDE_CHANNELS; i++) {
		struct fake_ide_channel *channel = &started->channels[i];

		if (kind == HOST_BARRIER_FULL && channel->table)
			memcpy(channel->published, (void *)(uintptr_t)channel->table,
			       sizeof(channel->published));
		for (u32 k = 0; kind != HOST_BARRIER_WRITE && k < channel->unseen_count; k++)
			memcpy((void *)(uintptr_t)channel->unseen[k].at, channel->unseen[k].data,
			       channel->unseen[k].size);
		if (kind != HOST_BARRIER_WRITE)
			channel->unseen_count = 0;
	}
}

void fake_ide_ports(struct fake_ide *controller, u32 channel, u16 commands, u16 control)
{
	host_port_handler(commands, 8, access_commands, &controller->channels[channel]);
	host_port_handler(control, 1, access_control, &controller->channels[channel]);
}

void fake_ide_start(struct fake_ide *controller, struct fake_function *function, u16 master)
{
	started = controller;
	controller->function = function;
	host_on_barrier = pass_barrier;
	fake_ide_ports(controller, 0, 0x1f0, 0x3f6);
	fake_ide_ports(controller, 1, 0x170, 0x376);
	for (u32 i = 0; i < FAKE_IDE_CHANNELS; i++)
		host_port_handler((u16)(master + 8 * i), 8, access_master,
				  &controller->channels[i]);
}

static struct fake_ide_drive *add(struct fake_ide *controller, u32 channel, u32 drive, void *bytes,
				  u64 size, u32 block_size)
{
	struct fake_ide_drive *added = &controller->channels[channel].drives[drive];

	*added = (struct fake_ide_drive){
		.disk = bytes,
		.disk_size = size,
		.block_size = block_size,
		.status = READY,
		.packet = UINT32_MAX,
	};
	return added;
}

void fake_ide_disk(struct fake_ide *controller, u32 channel, u32 drive, void *bytes, u64 size,
		   u32 block_size)
{
	u8 *identity = add(controller, channel, drive, bytes, size, block_size)->identity;

	store_le16(identity + 2 * 49, 0x300);
	store_le16(identity + 2 * 83, 0x4000 | 1 << 10 | 1 << 13);
	store_le64(identity + 2 * 100, size / block_size);
	store_le16(identity + 2 * 106, block_size == 512 ? 0x4000 : 0x4000 | 1 << 12);
	store_le32(identity + 2 * 117, block_size == 512 ? 0 : block_size / 2);
}

void fake_ide_cd(struct fake_ide *controller, u32 channel, u32 drive, void *bytes, u64 size)
{
	struct fake_ide_drive *added = add(controller, channel, drive, bytes, size, 2048);

	added->is_cd = true;
	added->attentions = 1;
	store_le16(added->identity, 0x8580);
}
