/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pair of queues: commands, their completions, and recovery from failures (base specification
 * 1.4, 4.1, 4.2, 4.3, 4.6).
 *
 *	command, 64 bytes
 *	0	4	opcode; 16: command id
 *	4	4	namespace
 *	24	8	data: its first page
 *	32	8	its second page, or, if there are more, a page that lists all but the first
 *	40	24	words 10 to 15
 *
 *	completion, 16 bytes
 *	8	4	head of the submission queue; 16: which queue
 *	12	4	command id; bit 16 phase; 17: status, which is 0 or why it failed
 */
#include <asm/cpu.h>
#include <asm/io.h>

#include "core/arch.h"
#include "core/log.h"
#include "core/time.h"
#include "drivers/nvme/nvme.h"
#include "lib/span.h"
#include "lib/string.h"
#include "lib/util.h"

enum {
	IDENTIFY = 0x06,
	IDENTITY_SIZE = 4096,

	COMMAND_SIZE = 64,
	COMPLETION_SIZE = 16,
	COMPLETION_QUEUE = 8,
	COMPLETION_STATUS = 12,
	PHASE_SHIFT = 16,
	STATUS_SHIFT = 17,
	STATUS_DO_NOT_RETRY = 1 << 14,

	DISTANCE_SHIFT = 32, /* in the capabilities */
	DISTANCE_MASK = 0xf,

	TRIES = 3,
	IDLE_POLLS = 256,
};

u32 nvme_doorbell_distance(const struct nvme_controller *controller)
{
	return 4u << (controller->capabilities >> DISTANCE_SHIFT & DISTANCE_MASK);
}

void nvme_queue_init(struct nvme_controller *controller, u32 index, u16 depth)
{
	const size_t distance = nvme_doorbell_distance(controller);
	volatile u8 *doorbells = controller->registers + NVME_DOORBELLS;
	u8 *memory = controller->memory + (size_t)index * NVME_QUEUE_PAGES * controller->page_size;

	memset(memory, 0, (size_t)NVME_QUEUE_PAGES * controller->page_size);
	controller->queues[index] = (struct nvme_queue){
		.id = (u16)index,
		.depth = depth,
		.submissions = memory,
		.completions = memory + controller->page_size,
		.tail = doorbells + 2 * index * distance,
		.head = doorbells + (2 * index + 1) * distance,
		.phase = 1,
	};
}

static u8 *small_answers(const struct nvme_controller *controller)
{
	return controller->memory + (size_t)(NVME_PAGES - 1) * controller->page_size;
}

/* The pages of the data: only the first may have an offset. */
static void write_pages(struct nvme_controller *controller, u8 *entry,
			const struct nvme_command *command)
{
	const u64 page_size = controller->page_size, address = (uintptr_t)command->data;
	const u64 end = address + command->size;
	u64 page = align_down(address, page_size) + page_size;
	u8 *list = small_answers(controller);

	store_le64(entry + 24, address);
	if (page >= end)
		return;
	if (end - page <= page_size)
		return store_le64(entry + 32, page);
	store_le64(entry + 32, (uintptr_t)list);
	for (; page < end; page += page_size, list += 8)
		store_le64(list, page);
}

static void submit(struct nvme_controller *controller, struct nvme_queue *queue,
		   const struct nvme_command *command)
{
	u8 *entry = queue->submissions + queue->index * COMMAND_SIZE;

	memset(entry, 0, COMMAND_SIZE);
	store_le32(entry, command->opcode | (u32)++controller->command_id << 16);
	store_le32(entry + 4, command->namespace_id);
	if (command->data)
		write_pages(controller, entry, command);
	for (u32 i = 0; i < ARRAY_SIZE(command->words); i++)
		store_le32(entry + 40 + 4 * i, command->words[i]);
	memory_barrier_full();
	mmio_write32(queue->tail, (queue->index + 1u) % queue->depth);
	controller->request_count++;
	controller->byte_count += command->size;
}

/* In memory, and for a while: a register costs a VM exit. */
static bool has_completion(const struct nvme_queue *queue, u32 *status)
{
	const volatile u8 *at =
		queue->completions + queue->index * COMPLETION_SIZE + COMPLETION_STATUS;

	for (u32 polls = 0; polls < IDLE_POLLS; polls++) {
		/* One access: half of it may be written later. */
		*status = *(const volatile u32 *)at;
		if ((*status >> PHASE_SHIFT & 1) == queue->phase)
			return true;
		arch_relax();
	}
	return false;
}

/* ERR_IO: it reports that it has failed, or is gone. */
static enum status wait_for_completion(struct nvme_controller *controller,
				       const struct nvme_queue *queue, u32 size, u32 *status)
{
	struct deadline deadline = deadline_after(block_timeout_ms(size));
	u64 looked_ms = 0;

	while (!has_completion(queue, status)) {
		u64 now_ms = deadline_waited_ms(&deadline);

		if (now_ms != looked_ms &&
		    mmio_read32(controller->registers + NVME_STATUS) & NVME_STATUS_FATAL)
			return ERR_IO;
		looked_ms = now_ms;
		nvme_is_late(controller, now_ms);
		if (deadline_passed(&deadline))
			return ERR_TIMEOUT;
	}
	memory_barrier_read();
	controller->has_answered = true;
	return OK;
}

static void advance(struct nvme_queue *queue)
{
	queue->index = (u16)((queue->index + 1) % queue->depth);
	if (queue->index == 0)
		queue->phase ^= 1;
	/* A doorbell write is a VM exit, and the controller only needs room for one completion. */
	if (++queue->unreported < queue->depth / 2)
		return;
	queue->unreported = 0;
	mmio_write32(queue->head, queue->index);
}

/* @failure: the status it ended with. An error: the controller has failed with it. */
static enum status run_once(struct nvme_controller *controller, struct nvme_queue *queue,
			    const struct nvme_command *command, u32 *failure)
{
	const void *written = command->is_write ? NULL : command->data;
	enum status status;
	u32 completion, place;

	submit(controller, queue, command);
	status = wait_for_completion(controller, queue, command->size, &completion);
	if (status) {
		nvme_fail(controller,
			  status == ERR_IO ? "reports a fatal error" : "no answer in time", written,
			  command->size);
		return status;
	}
	place = load_le32(queue->completions + queue->index * COMPLETION_SIZE + COMPLETION_QUEUE);
	if ((u16)completion != controller->command_id || place >> 16 != queue->id ||
	    (u16)place >= queue->depth) {
		nvme_fail(controller, "answers what was not asked", written, command->size);
		return ERR_IO;
	}
	advance(queue);
	*failure = completion >> STATUS_SHIFT;
	return OK;
}

enum status nvme_execute(struct nvme_controller *controller, u32 index,
			 const struct nvme_command *command)
{
	for (u32 tries = 0; tries < TRIES && !controller->failed; tries++) {
		u32 failure = 0;
		enum status status =
			run_once(controller, &controller->queues[index], command, &failure);

		if (status || !failure)
			return status;
		log_debug("%s: command 0x%02x failed with status 0x%04x", controller->device.name,
			  command->opcode, failure);
		if (failure & STATUS_DO_NOT_RETRY)
			break;
	}
	return ERR_IO;
}

enum status nvme_identify(struct nvme_controller *controller, enum nvme_identity what,
			  u32 namespace_id, void *out, size_t size)
{
	const struct nvme_command command = {
		.opcode = IDENTIFY,
		.namespace_id = namespace_id,
		.words = { what },
		.data = small_answers(controller),
		.size = IDENTITY_SIZE,
	};
	enum status status;

	memset(command.data, 0, IDENTITY_SIZE);
	status = nvme_execute(controller, 0, &command);
	if (status)
		log_warning("%s: IDENTIFY %u of namespace %u: %s", controller->device.name, what,
			    namespace_id, status_name(status));
	/* The device can change its own copy at any time. */
	memcpy(out, command.data, size);
	return status;
}
