/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An AHCI port and a device that respond with anything: a disk or drive is opened and read, and the
 * driver must stay within its bounds, however registers and memory change.
 *
 * Input: 1 kind of device, then at each command and each register the device's steps.
 */
#include <stdlib.h>

#include "core/time.h"

/*
 * The device runs in the same thread: what it has not done when a register is read, it never does.
 */
#define deadline_passed(deadline) ((void)(deadline), true)
#include "drivers/ata/port.c"
#undef deadline_passed

#include "tests/host/host.h"

enum {
	REGISTERS = 0xd0000000u,
	GLOBAL_OFFSET = 0x100,
	COMMANDS_MAX = 64,
	BLOCKS = 16,
	HONEST_BELOW = 0xe0
};

static struct reader input;
static struct ahci_port port;
static u32 command_register, commands;
static u8 buffer[BLOCKS * BLOCK_SIZE_MAX];

static void step(u8 *data, u32 size)
{
	u8 kind = read_u8(&input);

	switch (kind % 5) {
	case 0:
		port.memory[read_le16(&input) % PAGE_SIZE] = read_u8(&input);
		break;
	case 1:
		store_le32(port.memory + 4, read_le32(&input));
		break;
	case 2:
		store_le32(port.memory + 4, size);
		break;
	default:
		if (size == 0)
			break;
		for (u32 at = read_u8(&input), left = read_u8(&input) % 16; left; at++, left--)
			data[at % size] = read_u8(&input);
	}
}

static void run_command(void)
{
	u8 *header = port.memory;
	/* Read this before the steps, which may overwrite it. */
	u8 *data = (u8 *)(uintptr_t)load_le64(port.memory + TABLE_OFFSET + TABLE_ENTRIES);
	u32 size = load_le32(header) >> 16 ?
			   load_le32(port.memory + TABLE_OFFSET + TABLE_ENTRIES + 12) + 1 :
			   0;
	u8 steps = read_u8(&input) % 16;

	if (++commands > COMMANDS_MAX)
		return;
	port.memory[RECEIVED_REGISTER] = 0x34;
	store_le32(header + 4, size);
	while (steps-- && !input.overrun)
		step(data, size);
}

static u32 honest(u64 offset)
{
	switch (offset) {
	case GLOBAL_OFFSET + AHCI_PORT_COMMAND:
		return command_register;
	case GLOBAL_OFFSET + PORT_TASK_FILE:
		return 0x50;
	case GLOBAL_OFFSET + AHCI_PORT_LINK_STATUS:
		return AHCI_LINK_ESTABLISHED;
	default:
		return 0;
	}
}

static void access_register(void *context, u64 address, u32 size, bool write, u64 *value)
{
	u64 offset = address - REGISTERS;

	(void)context, (void)size;
	if (!write)
		*value = read_u8(&input) < HONEST_BELOW ? honest(offset) : read_le32(&input);
	else if (offset == GLOBAL_OFFSET + AHCI_PORT_COMMAND)
		command_register = (u32)*value;
	else if (offset == GLOBAL_OFFSET + PORT_ISSUE)
		run_command();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct ahci_controller controller;
	struct block_device *disk = &port.ata.disk;
	u32 signature;
	bool is_drive;

	host_memory_init();
	host_handlers_forget();
	host_mmio_handler(REGISTERS, 0x1100, access_register, NULL);
	input = (struct reader){ .rest = span_of(data, size) };
	commands = 0;
	controller = (struct ahci_controller){
		.registers = (volatile u8 *)(uintptr_t)REGISTERS,
		.ports = &port,
	};
	port = (struct ahci_port){
		.name = "port",
		.controller = &controller,
		.registers = (volatile u8 *)(uintptr_t)(REGISTERS + GLOBAL_OFFSET),
	};
	is_drive = read_u8(&input) & 1;
	if (ahci_port_start(&port, &signature) ||
	    (is_drive ? ata_packet_open(&port.ata) : ata_disk_open(&port.ata)))
		return 0;
	if (disk->block_size < BLOCK_SIZE_MIN || disk->block_size > BLOCK_SIZE_MAX ||
	    !is_power_of_two(disk->block_size) || (disk->block_count == 0 && !disk->is_removable) ||
	    disk->block_count > UINT64_MAX / BLOCK_SIZE_MAX)
		abort();
	for (u64 count = 1; count <= min_u64(BLOCKS, disk->block_count); count *= 2) {
		enum status status = disk->ops->read(disk, 0, count, buffer);

		(void)status;
	}
	ahci_port_stop(&port);
	return 0;
}
