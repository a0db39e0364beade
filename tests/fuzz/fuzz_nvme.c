/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An NVMe controller that answers anything: its namespaces are looked for, opened and read, and
 * what comes of it keeps to its bounds, however registers and memory change.
 *
 * Input: 8 capabilities, 1 log2 of its BAR's size, then at each register the device's answer, and
 * at each command its steps.
 */
#include "drivers/nvme/nvme.c"

/* The device is this same thread: what it has not done when it was notified, it never does. */
#define deadline_passed(deadline) ((void)(deadline), true)
#include "drivers/nvme/queue.c"
#undef deadline_passed

#include "tests/fuzz/check.h"
#include "tests/host/host.h"

enum {
	REGISTERS = 0xd0000000u,
	CONFIG = 0xe0000000u,
	COMMANDS_MAX = 1000,
	BLOCKS = 16,
	HONEST_BELOW = 0xe0,
	DISKS_MAX = 8,
};

static struct reader input;
static u32 configuration, commands, block_size;
static u8 config[PCI_CONFIG_SIZE];
static u64 bar_size;
static struct nvme_controller controller;
static _Alignas(4) u8 buffer[BLOCKS * BLOCK_SIZE_MAX];

static void access_config(void *context, u64 address, u32 size, bool write, u64 *value)
{
	u32 offset = (u32)(address - CONFIG);
	u64 mask = offset == PCI_BAR0 ? ~(bar_size - 1) & UINT32_MAX : UINT32_MAX;

	(void)context;
	CHECK(offset + size <= sizeof(config));
	if (!write)
		*value = load_le32(config + offset);
	else if (size == 2)
		store_le16(config + offset, (u16)*value);
	else
		store_le32(config + offset, (u32)(*value & mask));
}

/* The driver has said that the device may write there. */
static void write_data(const u8 *command, u32 size)
{
	const u32 page = controller.page_size;
	u64 at = load_le64(command + 24), list = load_le64(command + 32);
	bool has_list = size > page - at % page + page;

	while (size) {
		u32 part = (u32)min_u64(size, page - at % page);

		memset((void *)(uintptr_t)at, 0x5a, part);
		size -= part;
		at = has_list && size ? load_le64((void *)(uintptr_t)list) : list;
		list += has_list ? 8 : 0;
	}
}

static void write_answer(u8 *answer)
{
	for (u32 runs = read_u8(&input) % 8; runs; runs--) {
		u32 at = read_le16(&input), size = read_u8(&input) % 16;

		for (; size; at++, size--)
			answer[at % IDENTITY_SIZE] = read_u8(&input);
	}
}

static void complete(const struct nvme_queue *queue, const u8 *command)
{
	u8 *at = queue->completions + queue->index * COMPLETION_SIZE;
	u32 completion = load_le16(command + 2) | (u32)queue->phase << 16;
	u8 how = read_u8(&input);

	store_le32(at + 8, (u32)queue->id << 16 | (queue->index + 1u) % queue->depth);
	switch (how < HONEST_BELOW ? 0 : how % 4) {
	case 1:
		completion |= (u32)read_le16(&input) << 17;
		break;
	case 2:
		completion = read_le32(&input);
		store_le32(at + 8, read_le32(&input));
		break;
	case 3:
		controller.memory[read_le32(&input) % (NVME_PAGES * controller.page_size)] =
			read_u8(&input);
		break;
	default:
		break;
	}
	store_le32(at + 12, completion);
}

static void run_command(struct nvme_queue *queue)
{
	/* Read before the steps, which may overwrite it. */
	u8 command[COMMAND_SIZE];

	memcpy(command, queue->submissions + queue->index * COMMAND_SIZE, sizeof(command));
	CHECK(++commands <= COMMANDS_MAX);
	if (queue->id && command[0] == 2)
		write_data(command, (load_le16(command + 48) + 1u) * block_size);
	else if (!queue->id && command[0] == IDENTIFY)
		write_answer((u8 *)(uintptr_t)load_le64(command + 24));
	complete(queue, command);
}

static u32 honest(u64 offset)
{
	switch (offset) {
	case CAPABILITIES:
		return (u32)controller.capabilities;
	case CAPABILITIES + 4:
		return (u32)(controller.capabilities >> 32);
	case VERSION:
		return 0x10400;
	case CONFIGURATION:
		return configuration;
	case NVME_STATUS:
		return configuration & CONFIGURATION_ENABLE;
	default:
		return 0;
	}
}

static void access_register(void *context, u64 address, u32 size, bool write, u64 *value)
{
	u64 offset = address - REGISTERS;

	(void)context;
	CHECK(offset + size <= bar_size);
	if (!write)
		*value = offset < VERSION || read_u8(&input) < HONEST_BELOW ? honest(offset) :
									      read_le32(&input);
	else if (offset == CONFIGURATION)
		configuration = (u32)*value;
	for (u32 i = 0; write && i < NVME_QUEUE_COUNT; i++)
		if (controller.queues[i].tail == controller.registers + offset)
			run_command(&controller.queues[i]);
}

static void use(struct block_device *disk)
{
	block_size = disk->block_size;
	CHECK(block_size >= BLOCK_SIZE_MIN && block_size <= BLOCK_SIZE_MAX &&
	      is_power_of_two(block_size));
	CHECK(disk->block_count && disk->block_count <= UINT64_MAX / block_size);
	CHECK(disk->transfer_size_max >= BLOCK_SIZE_MAX);
	for (u64 count = 1; count <= min_u64(BLOCKS, disk->block_count); count *= 2) {
		enum status status = OK;

		if (count * block_size <= disk->transfer_size_max)
			status = disk->ops->read(disk, 0, count, buffer);
		if (!status)
			status = disk->ops->write(disk, 0, 1, buffer);
	}
	(void)!disk->ops->flush(disk);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct block_device *disk;
	u32 count = 0;

	host_memory_init();
	host_handlers_forget();
	arena = (struct arena){ 0 };
	input = (struct reader){ .rest = span_of(data, size) };
	commands = configuration = 0;
	controller = (struct nvme_controller){
		.device = { .name = "nvme", .quiesce = quiesce },
		.place = { .config = (volatile u8 *)(uintptr_t)CONFIG },
		.capabilities = read_le64(&input),
	};
	bar_size = 1ull << (12 + read_u8(&input) % 10);
	store_le32(config + PCI_BAR0, REGISTERS);
	host_mmio_handler(REGISTERS, bar_size, access_register, NULL);
	host_mmio_handler(CONFIG, sizeof(config), access_config, NULL);
	(void)!open_controller(&controller.disks_to_come);
	for (disk = controller.disks_to_come.next; disk && count < DISKS_MAX; disk = disk->next)
		if (!disk->ops->open(disk)) {
			use(disk);
			count++;
		}
	devices_quiesce();
	CHECK(controller.failed || !controller.memory);
	return 0;
}
