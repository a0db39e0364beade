/* SPDX-License-Identifier: Apache-2.0 */
/* The device side of AHCI: registers, ATA commands, and packets. */
#include "tests/host/fake_ahci.h"

#include <stdio.h>
#include <string.h>

#include <asm/cpu.h>

#include "lib/span.h"
#include "lib/util.h"
#include "tests/host/fake_machine.h"
#include "tests/host/host.h"

enum {
	COMMAND_START = 1 << 0,
	COMMAND_SPIN_UP = 1 << 1,
	COMMAND_RECEIVE = 1 << 4,
	COMMAND_RECEIVING = 1 << 14,
	COMMAND_RUNNING = 1 << 15,
	NOT_READY = 0x88,
	READY = 0x50,
	REFUSED = 0x51,
	INTERRUPT_ERROR = 1 << 30,
	INTERRUPT_LINK = 1 << 22,
};

static struct fake_ahci *started;

static bool is_attached(const struct fake_ahci_port *port)
{
	return port->disk || port->is_cd;
}

/* The device sends its first FIS, which it keeps until it can be received. */
static void reset_device(struct fake_ahci_port *port)
{
	port->link = is_attached(port) ? 0x123 : 0;
	port->task_file = is_attached(port) && port->lie != FAKE_AHCI_NEVER_READY ? READY : 0x7f;
	port->link_error = is_attached(port) ? 1 << 26 : 0;
	port->interrupt = is_attached(port) ? INTERRUPT_LINK : 0;
	port->issue = 0;
}

static void reset_controller(struct fake_ahci *controller)
{
	controller->resets++;
	for (u32 i = 0; i < FAKE_AHCI_PORTS; i++) {
		struct fake_ahci_port *port = &controller->ports[i];

		port->command = 0;
		port->list = port->received = 0;
		port->link = 0;
		port->task_file = 0x7f;
		if (!(controller->capabilities & 1u << 27))
			reset_device(port);
	}
}

struct request {
	const u8 *header, *table;
	u8 *memory;
	u64 address;
	u32 size;     /* of the only entry */
	u32 expected; /* by the command */
};

static void finish(struct fake_ahci_port *port, const struct request *request, u32 count, u8 status,
		   u8 error)
{
	u8 *fis = (u8 *)(uintptr_t)port->received + 64;

	if (port->lie == FAKE_AHCI_COUNT_HUGE)
		count = UINT32_MAX;
	port->task_file = status | (u32)error << 8;
	port->unseen_at = (uintptr_t)request->memory + 4;
	port->unseen_count = count;
	if (status & 1) {
		/* The port stops with the command in its list. */
		port->interrupt |= INTERRUPT_ERROR;
		port->command &= ~(u32)COMMAND_RUNNING;
	} else {
		port->issue = 0;
	}
	if (port->lie == FAKE_AHCI_NO_FIS)
		return;
	fis[2] = status;
	fis[3] = error;
	fis[0] = 0x34;
}

static void transfer(struct fake_ahci *controller, struct fake_ahci_port *port,
		     const struct request *request, void *bytes, u32 size)
{
	bool to_device = load_le32(request->header) & 1 << 6;

	if (request->size != size)
		violation(controller, "%u bytes of memory for %u", request->size, size);
	if (size > port->largest)
		port->largest = size;
	if (port->lie == FAKE_AHCI_SHORT)
		size /= 2;
	if (to_device)
		memcpy(bytes, (void *)(uintptr_t)request->address, size);
	else
		memcpy((void *)(uintptr_t)request->address, bytes, size);
	finish(port, request, size, READY, 0);
}

static void fail_packet(struct fake_ahci_port *port, const struct request *request, u8 key, u8 code)
{
	memset(port->sense, 0, sizeof(port->sense));
	port->sense[0] = 0x70;
	port->sense[2] = key;
	port->sense[12] = code;
	finish(port, request, 0, REFUSED, (u8)(key << 4));
}

static void do_packet(struct fake_ahci *controller, struct fake_ahci_port *port,
		      const struct request *request)
{
	const u8 *packet = request->table + 64;
	u8 inquiry[36] = { 5, 0x80 }, capacity[8] = { 0 };
	u32 blocks = (u32)(port->disk_size / 2048);

	switch (packet[0]) {
	case 0x03:
		return transfer(controller, port, request, port->sense, 18);
	case 0x12:
		return transfer(controller, port, request, inquiry, 36);
	}
	if (port->attentions && port->attentions--)
		return fail_packet(port, request, 6, 0x29);
	if (port->becoming && port->becoming--)
		return fail_packet(port, request, 2, 0x04);
	if (!port->disk)
		return fail_packet(port, request, 2, 0x3a);
	switch (packet[0]) {
	case 0x00:
		return finish(port, request, 0, READY, 0);
	case 0x25:
		store_be32(capacity, blocks - 1);
		store_be32(capacity + 4, 2048);
		return transfer(controller, port, request, capacity, 8);
	case 0x28: {
		u32 first = load_be32(packet + 2), count = load_be16(packet + 7);

		if (first >= blocks || count > blocks - first)
			return fail_packet(port, request, 5, 0x21);
		return transfer(controller, port, request, port->disk + (u64)first * 2048,
				count * 2048);
	}
	default:
		violation(controller, "packet 0x%02x", packet[0]);
		fail_packet(port, request, 5, 0x20);
	}
}

static void do_command(struct fake_ahci *controller, struct fake_ahci_port *port,
		       const struct request *request)
{
	const u8 *fis = request->table;
	u64 first = (load_le32(fis + 4) & 0xffffff) | (u64)(load_le32(fis + 8) & 0xffffff) << 24;
	u32 count = load_le16(fis + 12) ? load_le16(fis + 12) : 65536;
	bool is_write = load_le32(request->header) & 1 << 6;

	if (fis[0] != 0x27 || fis[1] != 0x80 || (load_le32(request->header) & 0x1f) != 5)
		violation(controller, "no command FIS");
	if ((fis[2] == 0xa0) != !!(load_le32(request->header) & 1 << 5))
		violation(controller, "packet bit of command 0x%02x", fis[2]);
	switch (fis[2]) {
	case 0xec:
	case 0xa1:
		if (port->is_cd != (fis[2] == 0xa1))
			return finish(port, request, 0, REFUSED, 4);
		return transfer(controller, port, request, port->identity, 512);
	case 0x25:
	case 0x35:
		if (is_write != (fis[2] == 0x35))
			violation(controller, "write bit of command 0x%02x", fis[2]);
		if (!(fis[7] & 0x40))
			violation(controller, "no LBA");
		if (first + count > port->disk_size / port->block_size)
			return finish(port, request, 0, REFUSED, 0x10);
		return transfer(controller, port, request, port->disk + first * port->block_size,
				count * port->block_size);
	case 0xea:
		return finish(port, request, 0, READY, 0);
	case 0xa0:
		return do_packet(controller, port, request);
	default:
		violation(controller, "command 0x%02x", fis[2]);
		finish(port, request, 0, REFUSED, 4);
	}
}

static void run(struct fake_ahci *controller, struct fake_ahci_port *port)
{
	struct request request = {
		.header = port->published,
		.memory = (u8 *)(uintptr_t)port->list,
	};
	u64 table = load_le64(request.header + 8);

	port->commands++;
	if (!(port->command & COMMAND_START) || !(port->command & COMMAND_RECEIVE))
		violation(controller, "command given to a port that is not started");
	if (port->task_file & NOT_READY)
		violation(controller, "command given to a busy device");
	if (table < port->list || table - port->list > FAKE_AHCI_PAGE - 144 || table % 128)
		return (void)violation(controller, "command table at 0x%lx", table);
	request.table = port->published + (table - port->list);
	if (load_le32(request.header) >> 16) {
		request.address = load_le64(request.table + 128);
		request.size = (load_le32(request.table + 140) & 0x3fffff) + 1;
		if (request.address % 2 || request.size % 2)
			violation(controller, "odd memory");
		if (controller->dma_limit && request.address + request.size > controller->dma_limit)
			return (void)violation(controller, "memory out of reach");
	}
	switch (port->lie) {
	case FAKE_AHCI_SILENT:
	case FAKE_AHCI_NO_STOP:
		return;
	case FAKE_AHCI_GONE:
		port->disk = NULL;
		port->is_cd = false;
		port->link = 0;
		port->interrupt |= INTERRUPT_LINK;
		return;
	case FAKE_AHCI_ERROR_ONCE:
		port->lie = FAKE_AHCI_HONEST;
		return finish(port, &request, 0, REFUSED, 0x40);
	case FAKE_AHCI_ERROR:
		return finish(port, &request, 0, REFUSED, 0x40);
	case FAKE_AHCI_STUCK:
		return finish(port, &request, 0, REFUSED | NOT_READY, 0x40);
	default:
		return do_command(controller, port, &request);
	}
}

static void write_command(struct fake_ahci *controller, struct fake_ahci_port *port, u32 value)
{
	u32 running = port->command & (COMMAND_RUNNING | COMMAND_RECEIVING);

	if ((value & COMMAND_START) && !(value & COMMAND_RECEIVE))
		violation(controller, "started without a place for what is received");
	if ((value & COMMAND_START) && (port->task_file & NOT_READY))
		violation(controller, "started while its device is busy");
	if ((value & COMMAND_RECEIVE) && (!port->received || port->received % 256))
		violation(controller, "receives at 0x%lx", port->received);
	if (!(value & COMMAND_RECEIVE) && (running & COMMAND_RUNNING))
		violation(controller, "stops to receive while it runs");
	if ((value & COMMAND_SPIN_UP) && !port->link)
		reset_device(port);
	running = value & COMMAND_START ? COMMAND_RUNNING : 0;
	if (port->lie == FAKE_AHCI_NO_STOP && (port->command & COMMAND_RUNNING))
		running = COMMAND_RUNNING;
	if (!running)
		port->issue = 0;
	port->command = (value & ~(u32)(COMMAND_RUNNING | COMMAND_RECEIVING)) | running |
			(value & COMMAND_RECEIVE ? COMMAND_RECEIVING : 0);
}

static u32 read_port(const struct fake_ahci_port *port, u32 offset)
{
	switch (offset) {
	case 0x10:
		return port->interrupt;
	case 0x18:
		return port->command;
	case 0x20:
		return port->task_file;
	case 0x24:
		return port->command & COMMAND_RECEIVE ? port->signature : UINT32_MAX;
	case 0x28:
		return port->link;
	case 0x2c:
		return port->link_control;
	case 0x30:
		return port->link_error;
	case 0x38:
		return port->issue;
	default:
		return 0;
	}
}

static void write_port(struct fake_ahci *controller, struct fake_ahci_port *port, u32 offset,
		       u32 value)
{
	switch (offset) {
	case 0x00:
		port->list = value;
		break;
	case 0x08:
		port->received = value;
		break;
	case 0x04:
	case 0x0c:
		if (value)
			violation(controller, "memory of a port above 4 GiB");
		break;
	case 0x10:
		port->interrupt &= ~value | (port->link_error ? INTERRUPT_LINK : 0);
		break;
	case 0x18:
		write_command(controller, port, value);
		break;
	case 0x2c:
		if (port->command & COMMAND_START)
			violation(controller, "link reset while it runs");
		if ((port->link_control & 0xf) == 1 && (value & 0xf) == 0) {
			port->link_resets++;
			reset_device(port);
		}
		port->link_control = value;
		break;
	case 0x30:
		port->link_error &= ~value;
		break;
	case 0x38:
		if (value != 1 || port->issue)
			violation(controller, "issues 0x%x", value);
		port->issue |= value;
		run(controller, port);
		break;
	default:
		violation(controller, "register 0x%x of a port written", offset);
	}
}

static void write_global(struct fake_ahci *controller, u32 offset, u32 value)
{
	switch (offset) {
	case 0x04:
		if (!(value & 1u << 31))
			violation(controller, "AHCI switched off");
		controller->control = value & 1u << 31;
		if (value & 1 && !controller->never_reset)
			reset_controller(controller);
		else
			controller->control |= value & 1;
		break;
	case 0x28:
		controller->handoff = controller->bios_holds ? value : value & ~1u;
		break;
	default:
		violation(controller, "register 0x%x written", offset);
	}
}

static u32 read_global(const struct fake_ahci *controller, u32 offset)
{
	switch (offset) {
	case 0x00:
		return controller->capabilities;
	case 0x04:
		return controller->control;
	case 0x0c:
		return controller->implemented;
	case 0x10:
		return controller->version;
	case 0x24:
		return controller->version >= 0x10200 ? 1 : UINT32_MAX;
	case 0x28:
		return controller->handoff;
	default:
		return 0;
	}
}

static u64 base_address;

static void access_registers(void *context, u64 address, u32 size, bool write, u64 *value)
{
	struct fake_ahci *controller = context;
	u32 offset = (u32)(address - base_address);
	struct fake_ahci_port *port = &controller->ports[(offset - 0x100) / 0x80 % FAKE_AHCI_PORTS];

	controller->accesses++;
	if (size != 4 || offset % 4)
		violation(controller, "%u bytes at 0x%x", size, offset);
	if (controller->is_gone) {
		*value = UINT32_MAX;
		return;
	}
	if (offset >= 0x100 && !(controller->implemented & 1u << (port - controller->ports)))
		violation(controller, "a port that is not implemented");
	if (write && offset >= 0x100)
		write_port(controller, port, (offset - 0x100) % 0x80, (u32)*value);
	else if (write)
		write_global(controller, offset, (u32)*value);
	else if (offset >= 0x100)
		*value = read_port(port, (offset - 0x100) % 0x80);
	else
		*value = read_global(controller, offset);
}

static void pass_barrier(enum host_barrier kind)
{
	for (u32 i = 0; i < FAKE_AHCI_PORTS; i++) {
		struct fake_ahci_port *port = &started->ports[i];

		if (kind == HOST_BARRIER_FULL && port->list)
			memcpy(port->published, (void *)(uintptr_t)port->list, FAKE_AHCI_PAGE);
		if (kind != HOST_BARRIER_WRITE && port->unseen_at) {
			store_le32((void *)(uintptr_t)port->unseen_at, port->unseen_count);
			port->unseen_at = 0;
		}
	}
}

void fake_ahci_start(struct fake_ahci *controller, u64 base)
{
	started = controller;
	base_address = base;
	host_on_barrier = pass_barrier;
	host_mmio_handler(base, 0x1100, access_registers, controller);
}

void fake_ahci_disk(struct fake_ahci *controller, u32 number, void *bytes, u64 size, u32 block_size)
{
	struct fake_ahci_port *port = &controller->ports[number];
	u8 *identity = port->identity;

	*port = (struct fake_ahci_port){
		.disk = bytes,
		.disk_size = size,
		.block_size = block_size,
		.signature = 0x101,
	};
	controller->implemented |= 1u << number;
	store_le16(identity + 2 * 49, 0x300);
	store_le16(identity + 2 * 83, 0x4000 | 1 << 10 | 1 << 13);
	store_le64(identity + 2 * 100, size / block_size);
	store_le16(identity + 2 * 106, block_size == 512 ? 0x4000 : 0x4000 | 1 << 12);
	store_le32(identity + 2 * 117, block_size == 512 ? 0 : block_size / 2);
}

void fake_ahci_cd(struct fake_ahci *controller, u32 number, void *bytes, u64 size)
{
	struct fake_ahci_port *port = &controller->ports[number];

	*port = (struct fake_ahci_port){
		.disk = bytes,
		.disk_size = size,
		.block_size = 2048,
		.is_cd = true,
		.signature = 0xeb140101,
		.attentions = 1,
	};
	controller->implemented |= 1u << number;
	store_le16(port->identity, 0x8580);
}
