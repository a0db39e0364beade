/* SPDX-License-Identifier: Apache-2.0 */
/* The device side of NVMe: registers, queues and commands. */
#include "tests/host/fake_nvme.h"

#include <stdio.h>
#include <string.h>

#include <asm/cpu.h>

#include "lib/span.h"
#include "lib/util.h"
#include "tests/host/fake_machine.h"
#include "tests/host/host.h"

enum {
	READY = 1 << 0,
	FATAL = 1 << 1,
	ENABLE = 1 << 0,

	INVALID_OPCODE = 0x01,
	INVALID_FIELD = 0x02,
	INVALID_NAMESPACE = 0x0b,
	OUT_OF_RANGE = 0x80,
	INTERNAL_ERROR = 0x06,
	DO_NOT_RETRY = 1 << 14,
};

static struct fake_nvme *started;
static u64 base_address;

static u32 page_size(const struct fake_nvme *controller)
{
	return 4096u << (controller->configuration >> 7 & 0xf);
}

static void reset(struct fake_nvme *controller)
{
	controller->disables++;
	memset(controller->queues, 0, sizeof(controller->queues));
	controller->interrupt_mask = 0;
	if (!controller->never_stops)
		controller->status = 0;
}

static void create(struct fake_nvme *controller, u32 index, u64 address, u32 depth,
		   bool is_completions)
{
	struct fake_nvme_queue *queue = &controller->queues[index];

	if (address == 0 || address % page_size(controller))
		violation(controller, "queue %u at 0x%lx", index, address);
	if (depth < 2 || depth > FAKE_NVME_DEPTH || depth > (controller->capabilities & 0xffff) + 1)
		violation(controller, "queue %u of %u entries", index, depth);
	if (is_completions) {
		queue->completions = address;
		queue->completion_depth = depth;
		queue->phase = 1;
	} else {
		queue->submissions = address;
		queue->depth = depth;
		memcpy(queue->published, (void *)(uintptr_t)address, (size_t)depth * 64);
	}
}

static void enable(struct fake_nvme *controller)
{
	u32 smallest = controller->capabilities >> 48 & 0xf;

	if (controller->status & READY)
		violation(controller, "enabled while it is ready");
	if ((controller->configuration >> 7 & 0xf) < smallest)
		violation(controller, "pages that are too small");
	if ((controller->configuration >> 16 & 0xff) != 0x46 ||
	    (controller->configuration >> 4 & 7) != 0)
		violation(controller, "configuration 0x%x", controller->configuration);
	if (controller->interrupt_mask != UINT32_MAX)
		violation(controller, "interrupts are not masked");
	create(controller, 0, controller->admin_completions, (controller->admin_sizes >> 16) + 1,
	       true);
	create(controller, 0, controller->admin_submissions, (controller->admin_sizes & 0xffff) + 1,
	       false);
	if (controller->fails_to_enable)
		controller->status = FATAL;
	else if (!controller->never_ready)
		controller->status = READY;
}

/* Finds byte @offset of the data, and the end of its page. */
static u8 *data_at(struct fake_nvme *controller, const u8 *command, u32 size, u32 offset, u32 *part)
{
	const u32 page = page_size(controller);
	const u64 first = load_le64(command + 24), second = load_le64(command + 32);
	const u32 in_first = page - (u32)(first % page);
	const u32 index = offset < in_first ? 0 : (offset - in_first) / page + 1;
	u64 address = index == 0 ? first + offset : second;

	if (index > 0 && size > in_first + page) {
		if (second % 8 || (index - 1) * 8 >= page - second % page)
			violation(controller, "list of pages at 0x%lx", second);
		address = load_le64((u8 *)(uintptr_t)second + (size_t)8 * (index - 1));
	}
	if (address % 4 || (index > 0 && address % page))
		violation(controller, "page %u at 0x%lx", index, address);
	*part = (u32)min_u64(size - offset, page - address % page);
	return (u8 *)(uintptr_t)address;
}

static u32 transfer(struct fake_nvme *controller, const u8 *command, u8 *bytes, u32 size,
		    bool to_device)
{
	u32 shift = controller->identity[77], part;

	if (shift && size > (u64)page_size(controller) << shift % 32)
		violation(controller, "%u bytes in a transfer", size);
	if (size > controller->largest)
		controller->largest = size;
	for (u32 at = 0; at < size; at += part) {
		u8 *data = data_at(controller, command, size, at, &part);

		if (to_device)
			memcpy(bytes + at, data, part);
		else
			memcpy(data, bytes + at, part);
	}
	return 0;
}

static struct fake_nvme_namespace *find(struct fake_nvme *controller, u32 id)
{
	for (u32 i = 0; i < FAKE_NVME_NAMESPACES; i++)
		if (id && controller->namespaces[i].id == id)
			return &controller->namespaces[i];
	return NULL;
}

static u32 identify(struct fake_nvme *controller, const u8 *command)
{
	static u8 zero[FAKE_NVME_IDENTITY];
	u32 id = load_le32(command + 4);
	struct fake_nvme_namespace *space = find(controller, id);
	u8 *identity;

	switch (load_le32(command + 40)) {
	case 0:
		identity = space ? space->identity : zero;
		break;
	case 1:
		identity = controller->identity;
		break;
	case 2:
		if (id)
			violation(controller, "namespaces above %u", id);
		if (controller->list_is_refused)
			return INVALID_FIELD | DO_NOT_RETRY;
		identity = controller->list;
		break;
	default:
		violation(controller, "IDENTIFY %u", load_le32(command + 40));
		return INVALID_FIELD | DO_NOT_RETRY;
	}
	return transfer(controller, command, identity, FAKE_NVME_IDENTITY, false);
}

static u32 do_admin(struct fake_nvme *controller, const u8 *command)
{
	u32 size = (load_le32(command + 40) >> 16) + 1, id = load_le32(command + 40) & 0xffff;
	u32 flags = load_le32(command + 44);

	switch (command[0]) {
	case 0x06:
		return identify(controller, command);
	case 0x05:
		if (id != 1 || flags != 1)
			violation(controller, "completion queue %u, flags 0x%x", id, flags);
		create(controller, 1, load_le64(command + 24), size, true);
		return 0;
	case 0x01:
		if (id != 1 || flags != 0x10001 || !controller->queues[1].completion_depth)
			violation(controller, "submission queue %u, flags 0x%x", id, flags);
		create(controller, 1, load_le64(command + 24), size, false);
		return 0;
	default:
		violation(controller, "admin command 0x%02x", command[0]);
		return INVALID_OPCODE | DO_NOT_RETRY;
	}
}

static u32 do_io(struct fake_nvme *controller, const u8 *command)
{
	struct fake_nvme_namespace *space = find(controller, load_le32(command + 4));
	u64 first = load_le64(command + 40);
	u32 count = load_le16(command + 48) + 1u, block;

	if (!space)
		return INVALID_NAMESPACE | DO_NOT_RETRY;
	block = 1u << space->identity[130];
	if (command[0] == 0x00) {
		controller->flushes++;
		return 0;
	}
	if (command[0] > 2) {
		violation(controller, "command 0x%02x", command[0]);
		return INVALID_OPCODE | DO_NOT_RETRY;
	}
	if (load_le16(command + 50))
		violation(controller, "flags 0x%x", load_le16(command + 50));
	if (first + count > space->size / block)
		return OUT_OF_RANGE | DO_NOT_RETRY;
	return transfer(controller, command, space->bytes + first * block, count * block,
			command[0] == 0x01);
}

static void complete(struct fake_nvme *controller, u32 index, u32 id, u32 status,
		     enum fake_nvme_lie lie)
{
	struct fake_nvme_queue *queue = &controller->queues[index];
	u8 *at = (u8 *)(uintptr_t)queue->completions + (size_t)16 * queue->tail;
	u32 head = lie == FAKE_NVME_WRONG_HEAD ? queue->depth : queue->head;

	if ((queue->tail + 1) % queue->completion_depth == queue->reported)
		violation(controller, "completion queue %u is full", index);
	if (lie == FAKE_NVME_WRONG_QUEUE)
		index ^= 1;
	id += lie == FAKE_NVME_WRONG_ID;
	/* Before its barrier, the driver may see half of the old entry. */
	store_le32(at + 8, UINT32_MAX);
	controller->unseen_at = (uintptr_t)at + 8;
	controller->unseen = head | index << 16;
	store_le32(at + 12, (id & 0xffff) | queue->phase << 16 | status << 17);
	queue->tail = (queue->tail + 1) % queue->completion_depth;
	if (queue->tail == 0)
		queue->phase ^= 1;
}

static void run(struct fake_nvme *controller, u32 index)
{
	struct fake_nvme_queue *queue = &controller->queues[index];
	enum fake_nvme_lie lie = controller->lie_queue == index ? controller->lie :
								  FAKE_NVME_HONEST;
	u8 command[64];
	u32 status;

	memcpy(command, queue->published + (size_t)64 * queue->head, 64);
	queue->head = (queue->head + 1) % queue->depth;
	queue->commands++;
	switch (lie) {
	case FAKE_NVME_SILENT:
		return;
	case FAKE_NVME_FATAL:
		controller->status |= FATAL;
		return;
	case FAKE_NVME_GONE:
		controller->is_gone = true;
		return;
	case FAKE_NVME_ERROR_ONCE:
		controller->lie = FAKE_NVME_HONEST;
		[[fallthrough]];
	case FAKE_NVME_ERROR:
		status = INTERNAL_ERROR;
		break;
	case FAKE_NVME_ERROR_FINAL:
		status = INTERNAL_ERROR | DO_NOT_RETRY;
		break;
	default:
		status = index ? do_io(controller, command) : do_admin(controller, command);
	}
	complete(controller, index, load_le16(command + 2), status, lie);
}

static void ring(struct fake_nvme *controller, u32 offset, u32 value)
{
	u32 distance = 4u << (controller->capabilities >> 32 & 0xf);
	u32 bell = offset / distance;
	struct fake_nvme_queue *queue = &controller->queues[bell / 2 % 2];

	if (!(controller->status & READY))
		return (void)violation(controller, "doorbell of a controller that is not ready");
	if (offset % distance || bell >= 4 || !queue->depth || !queue->completion_depth ||
	    value >= queue->depth)
		return (void)violation(controller, "doorbell at 0x%x: %u", offset, value);
	if (bell % 2) {
		queue->reported = value;
		return;
	}
	while (queue->head != value && !controller->is_gone)
		run(controller, bell / 2);
}

static void write_register(struct fake_nvme *controller, u32 offset, u32 value)
{
	u32 before = controller->configuration;
	u64 *address = offset < 0x30 ? &controller->admin_submissions :
				       &controller->admin_completions;

	switch (offset) {
	case 0x0c:
		controller->interrupt_mask |= value;
		return;
	case 0x14:
		controller->configuration = value;
		if (before & ~value & ENABLE)
			reset(controller);
		else if (~before & value & ENABLE)
			enable(controller);
		return;
	case 0x24:
	case 0x28:
	case 0x30:
	case 0x2c:
	case 0x34:
		if (before & ENABLE)
			violation(controller, "register 0x%x while it is enabled", offset);
		if (offset == 0x24)
			controller->admin_sizes = value;
		else if (offset & 4)
			*address = (u32)*address | (u64)value << 32;
		else
			*address = (*address & ~(u64)UINT32_MAX) | value;
		return;
	default:
		violation(controller, "register 0x%x written", offset);
	}
}

static u32 read_register(struct fake_nvme *controller, u32 offset)
{
	switch (offset) {
	case 0x00:
		return (u32)controller->capabilities;
	case 0x04:
		return (u32)(controller->capabilities >> 32);
	case 0x08:
		return controller->version;
	case 0x14:
		return controller->configuration;
	case 0x1c:
		return controller->status;
	default:
		violation(controller, "register 0x%x read", offset);
		return 0;
	}
}

static void access_registers(void *context, u64 address, u32 size, bool write, u64 *value)
{
	struct fake_nvme *controller = context;
	u32 offset = (u32)(address - base_address);

	controller->accesses++;
	if (size != 4 || offset % 4)
		violation(controller, "%u bytes at 0x%x", size, offset);
	if (controller->is_gone)
		*value = UINT32_MAX;
	else if (write && offset >= 0x1000)
		ring(controller, offset - 0x1000, (u32)*value);
	else if (write)
		write_register(controller, offset, (u32)*value);
	else
		*value = read_register(controller, offset);
}

static void pass_barrier(enum host_barrier kind)
{
	for (u32 i = 0; i < 2; i++) {
		struct fake_nvme_queue *queue = &started->queues[i];

		if (kind == HOST_BARRIER_FULL && queue->depth)
			memcpy(queue->published, (void *)(uintptr_t)queue->submissions,
			       (size_t)queue->depth * 64);
	}
	if (kind != HOST_BARRIER_WRITE && started->unseen_at) {
		store_le32((void *)(uintptr_t)started->unseen_at, started->unseen);
		started->unseen_at = 0;
	}
}

void fake_nvme_start(struct fake_nvme *controller, u64 base)
{
	started = controller;
	base_address = base;
	if (!controller->capabilities) /* queues of 64, 1 second, NVM commands */
		controller->capabilities = 63 | 1 << 16 | 1 << 24 | 1ull << 37;
	if (!controller->version)
		controller->version = 0x10400;
	host_on_barrier = pass_barrier;
	host_mmio_handler(base, 0x100000, access_registers, controller);
	memcpy(controller->identity + 4, "SERIAL              MODEL", 25);
	controller->identity[111] = 1;
	controller->identity[525] = 1;
}

void fake_nvme_add(struct fake_nvme *controller, u32 id, void *bytes, u64 size, u32 block_size)
{
	u32 index = 0;
	struct fake_nvme_namespace *space;

	while (controller->namespaces[index].id)
		index++;
	space = &controller->namespaces[index];
	*space = (struct fake_nvme_namespace){ .id = id, .bytes = bytes, .size = size };
	store_le64(space->identity, size / block_size);
	store_le32(space->identity + 128, (u32)__builtin_ctz(block_size) << 16);
	store_le32(controller->list + (size_t)4 * index, id);
	store_le32(controller->identity + 516, id);
}
