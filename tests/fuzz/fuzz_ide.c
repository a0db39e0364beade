/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An IDE channel and drives that respond with anything: they are looked for, opened, read and
 * written, and the driver must stay within its bounds, however registers and memory change.
 *
 * Input: 1 kinds of both drives, then at each register the channel's answer.
 */
#include "drivers/ata/ide.c"

#include "core/time.h"

/*
 * The device runs in the same thread: what it has not done when a register is read, it never does.
 */
#define deadline_passed(deadline) ((void)(deadline), true)
#include "drivers/ata/ide_channel.c"
#undef deadline_passed

#include "tests/fuzz/check.h"
#include "tests/host/host.h"

enum {
	COMMANDS = 0x1f0,
	CONTROL = 0x3f6,
	MASTER_PORTS = 0xc000,
	CONFIG = 0xe0000000u,
	ACCESSES_MAX = 400000,
	BLOCKS = 16,
	HONEST_BELOW = 0xe0,
	PACKET_COMMAND = 0xa0,
};

static struct reader input;
static struct ide_controller controller;
static u8 config[PCI_CONFIG_SIZE], kinds, device, status, accesses_of_data;
static u32 accesses, words; /* that are left of the data that it has */
static bool by_dma, is_packet;
static u8 *buffer;

static u8 kind_of_selected(void)
{
	return kinds >> (device >> 4 & 1) * 2 & 3;
}

/* The driver has said that the device may write there. */
static void fill_memory(void)
{
	const u8 *entry = controller.channels[0].memory + TABLE_OFFSET;
	bool is_last = false;

	for (u32 i = 0; !is_last && read_u8(&input) < HONEST_BELOW; i++, entry += ENTRY_SIZE) {
		u32 size = load_le16(entry + 4) ? load_le16(entry + 4) : ENTRY_SPAN;

		CHECK(i < ENTRIES_MAX);
		memset((void *)(uintptr_t)load_le32(entry), read_u8(&input), size);
		is_last = load_le32(entry + 4) & ENTRY_LAST;
	}
	status = 0x50;
}

static void run_command(u8 command)
{
	is_packet = command == PACKET_COMMAND;
	words = is_packet ? 0 : command == 0xec || command == 0xa1 ? 256 : 0;
	status = is_packet || words || by_dma ? 0x58 : 0x50;
}

static u16 read_data(void)
{
	if (words && --words == 0)
		status = 0x50;
	return read_le16(&input);
}

/* The last word of a packet: it may have an answer. */
static void write_data(void)
{
	if (++accesses_of_data % 6)
		return;
	words = read_u8(&input) % 32;
	status = words ? 0x58 : 0x50;
}

static u32 honest(u16 port)
{
	bool is_drive = kind_of_selected() & 1;

	switch (port) {
	case CONTROL:
	case COMMANDS + PORT_COMMAND:
		return is_drive ? status : 0;
	case COMMANDS + PORT_COUNT:
	case COMMANDS + PORT_LBA:
		return 1;
	case COMMANDS + PORT_LBA + 1:
		return status & ATA_STATUS_REQUEST ? 2 * words : kind_of_selected() & 2 ? 0x14 : 0;
	case COMMANDS + PORT_LBA + 2:
		return status & ATA_STATUS_REQUEST ? 0 : kind_of_selected() & 2 ? 0xeb : 0;
	default:
		return 0;
	}
}

static void write_port(u16 port, u32 value)
{
	switch (port) {
	case COMMANDS + PORT_DATA:
		return write_data();
	case COMMANDS + PORT_FEATURES:
		by_dma = value & 1;
		return;
	case COMMANDS + PORT_DEVICE:
		device = (u8)value;
		return;
	case COMMANDS + PORT_COMMAND:
		return run_command((u8)value);
	case CONTROL:
		status = 0x50;
		return;
	case MASTER_PORTS + MASTER_COMMAND:
		if (value & MASTER_START && value & MASTER_TO_MEMORY)
			fill_memory();
		return;
	default:
		return;
	}
}

static void access_port(void *context, u64 address, u32 size, bool write, u64 *value)
{
	u16 port = (u16)address;

	(void)context, (void)size;
	CHECK(++accesses < ACCESSES_MAX);
	if (write)
		write_port(port, (u32)*value);
	else if (port == COMMANDS + PORT_DATA)
		*value = read_data();
	else
		*value = read_u8(&input) < HONEST_BELOW ? honest(port) : read_u8(&input);
}

static void access_config(void *context, u64 address, u32 size, bool write, u64 *value)
{
	u32 offset = (u32)(address - CONFIG);

	(void)context;
	CHECK(offset + size <= sizeof(config));
	if (write && size == 2)
		store_le16(config + offset, (u16)*value);
	else
		*value = load_le32(config + offset);
}

static void use(struct block_device *disk)
{
	u64 most;

	if (disk->ops->open(disk))
		return;
	CHECK(disk->block_size >= BLOCK_SIZE_MIN && disk->block_size <= BLOCK_SIZE_MAX &&
	      is_power_of_two(disk->block_size));
	CHECK(disk->block_count || disk->is_removable);
	CHECK(disk->block_count <= UINT64_MAX / BLOCK_SIZE_MAX);
	most = min_u64(BLOCKS, disk->block_count);
	for (u64 count = 1; count <= most; count *= 2) {
		(void)!disk->ops->read(disk, 0, count, buffer);
		if (disk->ops->write)
			(void)!disk->ops->write(disk, 0, count, buffer);
	}
	if (disk->ops->flush)
		(void)!disk->ops->flush(disk);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct ide_channel *channel = &controller.channels[0];
	u64 base;

	host_memory_init();
	host_handlers_forget();
	host_port_handler(COMMANDS, 8, access_port, NULL);
	host_port_handler(CONTROL, 1, access_port, NULL);
	host_port_handler(MASTER_PORTS, 8, access_port, NULL);
	host_mmio_handler(CONFIG, sizeof(config), access_config, NULL);
	input = (struct reader){ .rest = span_of(data, size) };
	controller = (struct ide_controller){
		.device.name = "ide",
		.place.config = (volatile u8 *)(uintptr_t)CONFIG,
	};
	*channel = (struct ide_channel){
		.controller = &controller,
		.commands = COMMANDS,
		.control = CONTROL,
		.master = MASTER_PORTS,
	};
	kinds = read_u8(&input);
	accesses = words = 0;
	accesses_of_data = device = 0;
	status = 0x50;
	by_dma = false;
	CHECK(!memory_allocate(BLOCKS * BLOCK_SIZE_MAX, PAGE_SIZE, MEMORY_BELOW_4_GIB,
			       MEMORY_BOOT_DATA, &base));
	buffer = (u8 *)(uintptr_t)base;
	if (!ide_channel_is_used(channel) || ide_channel_start(channel))
		return 0;
	for (u32 i = 0; i < IDE_DRIVES; i++) {
		struct ide_drive *drive = &channel->drives[i];

		drive->ata.disk.ops = &drive_ops;
		if (drive->signature)
			use(&drive->ata.disk);
	}
	quiesce(&controller.device);
	return 0;
}
