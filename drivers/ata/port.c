/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A port: its registers (AHCI 1.3.1, 3.3), its memory (4.2), its commands and error recovery
 * (6.2.2).
 *
 *	memory of a port, a page
 *	0	1024	command list: headers of 32 bytes, of which the first is used
 *	1024	256	received FIS: 64: register FIS of the device
 *	2048	144	command table: 0 command FIS, 64 packet, 128 one entry of the PRDT
 *	3072	512	small answers
 *
 *	command header
 *	0	4	dwords of the FIS; bit 5 packet, 6 write; 16 entries of the PRDT
 *	4	4	bytes transferred
 *	8	8	command table
 *
 *	entry of the PRDT
 *	0	8	address
 *	12	4	bytes - 1
 */
#include <asm/cpu.h>
#include <asm/io.h>

#include "core/arch.h"
#include "core/log.h"
#include "core/memory.h"
#include "drivers/ata/ahci.h"
#include "lib/config.h"
#include "lib/span.h"
#include "lib/string.h"
#include "lib/util.h"

enum {
	PORT_LIST = 0x00,
	PORT_RECEIVED = 0x08,
	PORT_INTERRUPT = 0x10,
	PORT_TASK_FILE = 0x20, /* status, and the error above it */
	PORT_SIGNATURE = 0x24,
	PORT_LINK_CONTROL = 0x2c,
	PORT_LINK_ERROR = 0x30,
	PORT_ISSUE = 0x38,

	COMMAND_START = 1 << 0,
	COMMAND_RECEIVE = 1 << 4,
	COMMAND_RECEIVING = 1 << 14,
	COMMAND_RUNNING = 1 << 15,

	LINK_RESET = 1,

	/* Task file error, host bus errors, interface error; the link's state has changed. */
	INTERRUPT_ERRORS = 1 << 30 | 1 << 29 | 1 << 28 | 1 << 27 | 1 << 22,

	LIST_OFFSET = 0,
	RECEIVED_OFFSET = 1024,
	RECEIVED_REGISTER = RECEIVED_OFFSET + 64,
	TABLE_OFFSET = 2048,
	TABLE_PACKET = 64,
	TABLE_ENTRIES = 128,
	TABLE_SIZE = 144,
	ANSWER_OFFSET = 3072,

	HEADER_FIS_DWORDS = 5,
	HEADER_PACKET = 1 << 5,
	HEADER_WRITE = 1 << 6,
	HEADER_ONE_ENTRY = 1 << 16,

	FIS_REGISTER_TO_DEVICE = 0x27,
	FIS_IS_COMMAND = 0x80,
	DEVICE_LBA = 1 << 6,

	STOP_TIMEOUT_MS = 500, /* 10.1.2 */
	READY_MIN_MS = 100,    /* to deliver the first status, however late the port is opened */
	LINK_TIMEOUT_MS = 1000,
	READY_TIMEOUT_MS = 10000, /* after a reset of the link */
	LINK_RESET_US = 1000,
	POLL_US = 1000,
	IDLE_POLLS = 256,
	FIRST_ANSWER_MS = 3000, /* after this, the other disks are started */
};

static_assert(ANSWER_OFFSET + ATA_ANSWER_SIZE <= PAGE_SIZE);

static u32 read_register(const struct ahci_port *port, u32 offset)
{
	return mmio_read32(port->registers + offset);
}

static void write_register(struct ahci_port *port, u32 offset, u32 value)
{
	mmio_write32(port->registers + offset, value);
}

static void write_address(struct ahci_port *port, u32 offset, u64 address)
{
	write_register(port, offset, (u32)address);
	write_register(port, offset + 4, (u32)(address >> 32));
}

/*
 * Errors are reported again only after they are cleared. Link errors first, because they cause
 * others.
 */
static void clear_errors(struct ahci_port *port)
{
	write_register(port, PORT_LINK_ERROR, UINT32_MAX);
	write_register(port, PORT_INTERRUPT, UINT32_MAX);
}

bool ahci_wait_while(const volatile u8 *address, u32 bits, u32 timeout_ms)
{
	struct deadline deadline = deadline_after(timeout_ms);

	while (mmio_read32(address) & bits)
		if (deadline_passed(&deadline))
			return false;
	return true;
}

static bool is_ready(const struct ahci_port *port)
{
	u32 link = read_register(port, AHCI_PORT_LINK_STATUS);

	return (link & AHCI_LINK_DETECTION_MASK) == AHCI_LINK_ESTABLISHED &&
	       !(read_register(port, PORT_TASK_FILE) & ATA_STATUS_NOT_READY);
}

static bool wait_until_ready(struct ahci_port *port, struct deadline *deadline)
{
	while (!is_ready(port)) {
		if (deadline_passed(deadline))
			return false;
		sleep_us(POLL_US);
	}
	return true;
}

/* Stops command processing, after which the port no longer accesses the command list (10.3.2). */
static bool stop_commands(struct ahci_port *port)
{
	u32 command = read_register(port, AHCI_PORT_COMMAND);

	if (command & (COMMAND_START | COMMAND_RUNNING))
		write_register(port, AHCI_PORT_COMMAND, command & ~(u32)COMMAND_START);
	return ahci_wait_while(port->registers + AHCI_PORT_COMMAND, COMMAND_RUNNING,
			       STOP_TIMEOUT_MS);
}

static void start_commands(struct ahci_port *port)
{
	write_register(port, AHCI_PORT_COMMAND,
		       read_register(port, AHCI_PORT_COMMAND) | COMMAND_START);
}

bool ahci_port_stop(struct ahci_port *port)
{
	if (!stop_commands(port))
		return false;
	write_register(port, AHCI_PORT_COMMAND,
		       read_register(port, AHCI_PORT_COMMAND) & ~(u32)COMMAND_RECEIVE);
	return ahci_wait_while(port->registers + AHCI_PORT_COMMAND, COMMAND_RECEIVING,
			       STOP_TIMEOUT_MS);
}

static void fail_port(struct ahci_port *port, const struct ata_command *command, const char *why)
{
	port->failed = true;
	log_error("%s: %s; no longer used", port->name, why);
	if (!ahci_port_stop(port))
		ahci_controller_fail(port->controller, command ? command->data : NULL,
				     command && !command->is_write ? command->size : 0);
}

/* COMRESET (10.4.2), for a device that does not become idle by itself. */
static bool reset_link(struct ahci_port *port)
{
	struct deadline deadline = deadline_started(READY_TIMEOUT_MS);
	u32 control = read_register(port, PORT_LINK_CONTROL) & ~(u32)AHCI_LINK_DETECTION_MASK;
	struct deadline link = deadline_started(LINK_TIMEOUT_MS);

	write_register(port, PORT_LINK_CONTROL, control | LINK_RESET);
	delay_us(LINK_RESET_US);
	write_register(port, PORT_LINK_CONTROL, control);
	while ((read_register(port, AHCI_PORT_LINK_STATUS) & AHCI_LINK_DETECTION_MASK) !=
	       AHCI_LINK_ESTABLISHED)
		if (deadline_passed(&link))
			return false;
	clear_errors(port);
	return wait_until_ready(port, &deadline);
}

/* After a command that failed (6.2.2.1). */
static void recover(struct ahci_port *port, const struct ata_command *command)
{
	if (!stop_commands(port))
		return fail_port(port, command, "does not stop after an error");
	clear_errors(port);
	if (!is_ready(port) && !reset_link(port))
		return fail_port(port, command, "does not come back after an error");
	clear_errors(port);
	start_commands(port);
}

static void write_fis(struct ahci_port *port, const struct ata_command *command)
{
	u8 *fis = port->memory + TABLE_OFFSET;

	memset(fis, 0, TABLE_SIZE);
	fis[0] = FIS_REGISTER_TO_DEVICE;
	fis[1] = FIS_IS_COMMAND;
	fis[2] = command->command;
	fis[3] = (u8)command->features;
	fis[4] = (u8)command->lba;
	fis[5] = (u8)(command->lba >> 8);
	fis[6] = (u8)(command->lba >> 16);
	fis[7] = DEVICE_LBA;
	fis[8] = (u8)(command->lba >> 24);
	fis[9] = (u8)(command->lba >> 32);
	fis[10] = (u8)(command->lba >> 40);
	fis[11] = (u8)(command->features >> 8);
	store_le16(fis + 12, command->count);
	if (command->packet)
		memcpy(fis + TABLE_PACKET, command->packet, port->ata.packet_size);
	if (command->size) {
		store_le64(fis + TABLE_ENTRIES, (uintptr_t)command->data);
		store_le32(fis + TABLE_ENTRIES + 12, command->size - 1);
	}
}

static void issue(struct ahci_port *port, const struct ata_command *command)
{
	u8 *header = port->memory + LIST_OFFSET;

	write_fis(port, command);
	store_le32(header, HEADER_FIS_DWORDS | (command->packet ? HEADER_PACKET : 0) |
				   (command->is_write ? HEADER_WRITE : 0) |
				   (command->size ? HEADER_ONE_ENTRY : 0));
	store_le32(header + 4, 0);
	store_le64(header + 8, (uintptr_t)port->memory + TABLE_OFFSET);
	port->memory[RECEIVED_REGISTER] = 0;
	memory_barrier_full();
	write_register(port, PORT_ISSUE, 1);
	port->request_count++;
	port->byte_count += command->size;
}

/*
 * A command ends with a register FIS in memory, which is polled because register accesses cost VM
 * exits.
 */
static bool has_answer(const struct ahci_port *port)
{
	const volatile u8 *answer = port->memory + RECEIVED_REGISTER;

	for (u32 polls = 0; polls < IDLE_POLLS; polls++) {
		if (*answer)
			return true;
		arch_relax();
	}
	return false;
}

/*
 * Some devices send no such FIS after some commands, so the registers are also checked every
 * millisecond. ERR_IO: the port has stopped with an error. ERR_TIMEOUT.
 */
static enum status wait_for_end(struct ahci_port *port, u32 timeout_ms)
{
	struct deadline deadline = deadline_after(timeout_ms);
	u64 looked_ms = 0;

	for (;;) {
		bool look = has_answer(port);
		u64 now_ms = look ? looked_ms : deadline_waited_ms(&deadline);

		if (look || now_ms != looked_ms) {
			looked_ms = now_ms;
			if (!(read_register(port, PORT_ISSUE) & 1))
				return OK;
			if (read_register(port, PORT_INTERRUPT) & INTERRUPT_ERRORS)
				return ERR_IO;
		}
		if (deadline_passed(&deadline))
			return ERR_TIMEOUT;
	}
}

/* As with virtio disks, a disk that is late with its first answer does not delay others. */
static enum status wait_and_start_others(struct ahci_port *port, u32 timeout_ms)
{
	enum status status = ERR_TIMEOUT;

	if (IS_ENABLED(CONFIG_BLOCK_START_ALL) && !port->has_answered) {
		status = wait_for_end(port, FIRST_ANSWER_MS);
		if (status == ERR_TIMEOUT)
			block_start_others(&port->ata.disk);
	}
	if (status == ERR_TIMEOUT)
		status = wait_for_end(port, timeout_ms);
	port->has_answered = status != ERR_TIMEOUT;
	return status;
}

static enum status execute(struct ata_device *device, struct ata_command *command)
{
	struct ahci_port *port = container_of(device, struct ahci_port, ata);
	enum status status;
	u32 task_file;

	command->transferred = 0;
	command->error = 0;
	if (port->failed || port->controller->failed)
		return ERR_IO;
	issue(port, command);
	status = wait_and_start_others(port, command->timeout_ms);
	if (status == ERR_TIMEOUT) {
		fail_port(port, command, "no answer in time");
		return status;
	}
	task_file = read_register(port, PORT_TASK_FILE);
	if (!status && !(task_file & (ATA_STATUS_NOT_READY | ATA_STATUS_FAILED))) {
		memory_barrier_read();
		command->transferred =
			(u32)min_u64(load_le32(port->memory + LIST_OFFSET + 4), command->size);
		return OK;
	}
	command->error = (u8)(task_file >> 8);
	log_debug("%s: command 0x%02x failed with status 0x%02x, error 0x%02x", port->name,
		  command->command, task_file & 0xff, command->error);
	recover(port, command);
	return ERR_IO;
}

enum status ahci_port_start(struct ahci_port *port, u32 *signature)
{
	struct deadline first_status = deadline_started(READY_MIN_MS);
	enum status status;
	u64 page;

	if (port->failed || port->controller->failed)
		return ERR_IO;
	/* Low enough for any controller. */
	status = memory_allocate(PAGE_SIZE, PAGE_SIZE, MEMORY_BELOW_4_GIB, MEMORY_BOOT_DATA, &page);
	if (status)
		return status;
	port->memory = (u8 *)(uintptr_t)page;
	port->ata.name = port->name;
	port->ata.execute = execute;
	port->ata.answer = port->memory + ANSWER_OFFSET;
	port->ata.unit.ready = &port->controller->spin;
	memset(port->memory, 0, PAGE_SIZE);
	write_address(port, PORT_LIST, page + LIST_OFFSET);
	write_address(port, PORT_RECEIVED, page + RECEIVED_OFFSET);
	clear_errors(port);
	write_register(port, AHCI_PORT_COMMAND,
		       read_register(port, AHCI_PORT_COMMAND) | COMMAND_RECEIVE);
	if (!wait_until_ready(port, &port->controller->spin) &&
	    !wait_until_ready(port, &first_status)) {
		fail_port(port, NULL, "its device does not become ready");
		return ERR_TIMEOUT;
	}
	*signature = read_register(port, PORT_SIGNATURE);
	clear_errors(port);
	start_commands(port);
	return OK;
}
