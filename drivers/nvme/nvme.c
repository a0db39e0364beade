/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The NVMe controller as a PCI function and as a whole (NVM Express Base Specification 1.4, 3.1,
 * 5.3, 5.4, 5.15 and 7.6): its registers are in BAR 0.
 *
 *	0x00	8	capabilities: 0 entries of a queue - 1; 24 timeout in half seconds;
 *			32 distance of doorbells; 37 NVM command set; 48 smallest size of a page
 *	0x08	4	version, 0x00010400
 *	0x0c	4	interrupts that are masked, a bit each
 *	0x14	4	configuration: 0 enabled; 7 size of a page; 16 log2 of a command's size;
 *			20 log2 of a completion's size
 *	0x1c	4	status: 0 ready; 1 fatal error
 *	0x24	4	entries of the admin submission queue - 1; 16 of its completion queue
 *	0x28	8	address of the admin submission queue
 *	0x30	8	of its completion queue
 *	0x1000		doorbells of each queue: tail of submissions, head of completions
 *
 * What IDENTIFY says of a controller:
 *
 *	4	20	serial number, in ASCII
 *	24	40	model
 *	77	1	log2 of pages in a transfer; 0: any number
 *	111	1	type: 0 not reported, 1 with namespaces
 *	516	4	number of namespaces
 *	525	1	bit 0: it has a cache that is lost without power
 */
#include <asm/io.h>

#include "core/arena.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/time.h"
#include "drivers/nvme/nvme.h"
#include "lib/config.h"
#include "lib/span.h"
#include "lib/util.h"

enum {
	CLASS_NVME = 0x010802,
	BAR_REGISTERS = 0,

	CAPABILITIES = 0x00,
	TIMEOUT_SHIFT = 24,
	COMMAND_SET_SHIFT = 37,
	PAGE_SHIFT_SHIFT = 48,
	VERSION = 0x08,
	VERSION_1_1 = 0x00010100,
	INTERRUPT_MASK = 0x0c,
	CONFIGURATION = 0x14,
	CONFIGURATION_ENABLE = 1 << 0,
	CONFIGURATION_PAGE_SHIFT = 7,
	CONFIGURATION_ENTRIES = 6 << 16 | 4 << 20,
	ADMIN_SIZES = 0x24,
	ADMIN_SUBMISSIONS = 0x28,
	ADMIN_COMPLETIONS = 0x30,

	CREATE_SUBMISSIONS = 0x01,
	CREATE_COMPLETIONS = 0x05,
	QUEUE_IS_CONTIGUOUS = 1,
	IO_QUEUE = 1,

	ID_SERIAL = 4,
	ID_SERIAL_SIZE = 20,
	ID_MODEL = 24,
	ID_MODEL_SIZE = 40,
	ID_TRANSFER_SHIFT = 77,
	ID_TYPE = 111,
	TYPE_WITH_NAMESPACES = 1,
	ID_NAMESPACES = 516,
	ID_CACHE = 525,
	CACHE_IS_PRESENT = 1 << 0,
	ID_SIZE = 526,

	PAGE_SHIFT_MAX = 4, /* 64 KiB */
	TIMEOUT_UNIT_MS = 500,
	FIRST_ANSWER_MS = 3000, /* after this, the other disks are started */
};

static const u32 namespace_id_last = 0xfffffffd; /* larger values are reserved */

static struct arena arena; /* never released */

static u32 read_register(const struct nvme_controller *controller, u32 offset)
{
	return mmio_read32(controller->registers + offset);
}

static void write_register(struct nvme_controller *controller, u32 offset, u32 value)
{
	mmio_write32(controller->registers + offset, value);
}

static void write_address(struct nvme_controller *controller, u32 offset, u64 address)
{
	write_register(controller, offset, (u32)address);
	write_register(controller, offset + 4, (u32)(address >> 32));
}

void nvme_is_late(struct nvme_controller *controller, u64 waited_ms)
{
	if (!IS_ENABLED(CONFIG_BLOCK_START_ALL) || controller->has_answered ||
	    waited_ms < FIRST_ANSWER_MS)
		return;
	controller->has_answered = true; /* they are started once */
	block_start_others(&controller->disks_to_come);
}

/* Until it is ready, or is not. False: timeout, or the controller is gone. */
static bool wait_until(struct nvme_controller *controller, u32 ready)
{
	struct deadline deadline = deadline_after(controller->timeout_ms);

	for (;;) {
		u32 status = read_register(controller, NVME_STATUS);

		if (status == UINT32_MAX)
			return false;
		if ((status & NVME_STATUS_READY) == ready)
			return true;
		if ((ready && status & NVME_STATUS_FATAL) || deadline_passed(&deadline))
			return false;
		if (ready)
			nvme_is_late(controller, deadline_waited_ms(&deadline));
	}
}

/* Also ends all DMA, and deletes the queues (7.3.2). */
static bool disable(struct nvme_controller *controller)
{
	u32 configuration = read_register(controller, CONFIGURATION);

	if (configuration & CONFIGURATION_ENABLE)
		write_register(controller, CONFIGURATION,
			       configuration & ~(u32)CONFIGURATION_ENABLE);
	return wait_until(controller, 0);
}

static void stop(struct nvme_controller *controller, const void *data, u32 size)
{
	controller->failed = true;
	if (disable(controller))
		return;
	log_error("%s: does not stop", controller->device.name);
	pci_disable_dma(&controller->place);
	/* Even if it was disabled, because not every device honours that bit. */
	if (data)
		device_keep_memory((uintptr_t)data, size);
	if (controller->memory)
		device_keep_memory((uintptr_t)controller->memory,
				   (u64)NVME_PAGES * controller->page_size);
}

void nvme_fail(struct nvme_controller *controller, const char *why, const void *data, u32 size)
{
	log_error("%s: %s; no longer used", controller->device.name, why);
	stop(controller, data, size);
}

static void quiesce(struct device *device)
{
	struct nvme_controller *controller = container_of(device, struct nvme_controller, device);

	log_debug("%s: %lu requests, %lu KiB", device->name, controller->request_count,
		  (u64)(controller->byte_count / KIB));
	/* A failed controller has already been stopped. */
	if (!controller->failed)
		stop(controller, NULL, 0);
}

static bool find_registers(struct nvme_controller *controller)
{
	const char *name = controller->device.name;
	u64 base, bar_size, size;

	pci_enable(&controller->place);
	if (pci_bar(&controller->place, BAR_REGISTERS, &base) || base % 8)
		return false;
	/* Doorbells past its end would be registers of another device. */
	bar_size = pci_bar_size(&controller->place, BAR_REGISTERS);
	if (bar_size < NVME_DOORBELLS)
		return false;
	controller->registers = device_map(name, base, NVME_DOORBELLS);
	if (!controller->registers)
		return false;
	controller->capabilities = read_register(controller, CAPABILITIES) |
				   (u64)read_register(controller, CAPABILITIES + 4) << 32;
	size = NVME_DOORBELLS + 2 * NVME_QUEUE_COUNT * nvme_doorbell_distance(controller);
	return bar_size >= size && device_map(name, base, size);
}

static enum status read_capabilities(struct nvme_controller *controller)
{
	u64 capabilities = controller->capabilities;
	u32 page_shift = capabilities >> PAGE_SHIFT_SHIFT & 0xf;

	if (!(capabilities >> COMMAND_SET_SHIFT & 1) || page_shift > PAGE_SHIFT_MAX ||
	    (u16)capabilities == 0)
		return unsupported("%s: capabilities 0x%016lx", controller->device.name,
				   capabilities);
	controller->page_size = (u32)PAGE_SIZE << page_shift;
	controller->timeout_ms =
		((u32)(capabilities >> TIMEOUT_SHIFT & 0xff) + 1) * TIMEOUT_UNIT_MS;
	return OK;
}

/* 7.6.1: from a reset to a controller that takes admin commands. */
static bool enable(struct nvme_controller *controller, u16 depth)
{
	nvme_queue_init(controller, 0, depth);
	write_register(controller, ADMIN_SIZES, (depth - 1u) << 16 | (depth - 1u));
	write_address(controller, ADMIN_SUBMISSIONS, (uintptr_t)controller->queues[0].submissions);
	write_address(controller, ADMIN_COMPLETIONS, (uintptr_t)controller->queues[0].completions);
	write_register(controller, INTERRUPT_MASK, UINT32_MAX);
	write_register(controller, CONFIGURATION,
		       CONFIGURATION_ENABLE | CONFIGURATION_ENTRIES |
			       (u32)(controller->capabilities >> PAGE_SHIFT_SHIFT & 0xf)
				       << CONFIGURATION_PAGE_SHIFT);
	return wait_until(controller, NVME_STATUS_READY);
}

static enum status create_io_queue(struct nvme_controller *controller, u16 depth)
{
	struct nvme_command completions = {
		.opcode = CREATE_COMPLETIONS,
		.words = { (depth - 1u) << 16 | IO_QUEUE, QUEUE_IS_CONTIGUOUS },
	};
	struct nvme_command submissions = {
		.opcode = CREATE_SUBMISSIONS,
		.words = { (depth - 1u) << 16 | IO_QUEUE, QUEUE_IS_CONTIGUOUS | IO_QUEUE << 16 },
	};
	enum status status;

	nvme_queue_init(controller, IO_QUEUE, depth);
	completions.data = controller->queues[IO_QUEUE].completions;
	submissions.data = controller->queues[IO_QUEUE].submissions;
	status = nvme_execute(controller, 0, &completions);
	return status ? status : nvme_execute(controller, 0, &submissions);
}

/* @namespaces: how many there may be. */
static enum status read_identity(struct nvme_controller *controller, u32 *namespaces)
{
	u8 identity[ID_SIZE];
	u32 shift;
	enum status status =
		nvme_identify(controller, NVME_IDENTIFY_CONTROLLER, 0, identity, sizeof(identity));

	if (status)
		return status;
	log_debug("%s: %.*s, %.*s", controller->device.name, ID_MODEL_SIZE,
		  (const char *)identity + ID_MODEL, ID_SERIAL_SIZE,
		  (const char *)identity + ID_SERIAL);
	if (identity[ID_TYPE] > TYPE_WITH_NAMESPACES)
		return unsupported("%s: a controller of type %u", controller->device.name,
				   identity[ID_TYPE]);
	shift = identity[ID_TRANSFER_SHIFT];
	controller->transfer_size_max = NVME_TRANSFER_SIZE_MAX;
	if (shift && shift < 10)
		controller->transfer_size_max =
			(u32)min_u64((u64)controller->page_size << shift, NVME_TRANSFER_SIZE_MAX);
	controller->has_cache = identity[ID_CACHE] & CACHE_IS_PRESENT;
	*namespaces = load_le32(identity + ID_NAMESPACES);
	return OK;
}

/* @position: where its disk is registered, after the disks before it. */
static void add_namespace(struct nvme_controller *controller, u32 id,
			  struct block_device **position)
{
	struct nvme_namespace *space = arena_allocate(&arena, sizeof(*space));

	if (!space)
		return log_warning("%s: no memory for a namespace", controller->device.name);
	nvme_namespace_init(space, controller, id);
	block_register_after(&space->disk, *position);
	*position = &space->disk;
}

/* Ascending, and 0 after the last. */
static void add_list(struct nvme_controller *controller, const u8 *list)
{
	struct block_device *position = &controller->disks_to_come;
	u32 last = 0;

	for (u32 i = 0; i < NVME_NAMESPACES_MAX; i++) {
		u32 id = load_le32(list + 4 * i);

		if (id == 0)
			return;
		if (id <= last || id > namespace_id_last)
			return log_warning("%s: namespace 0x%x after 0x%x in its list",
					   controller->device.name, id, last);
		add_namespace(controller, id, &position);
		last = id;
	}
	if (load_le32(list + 4 * NVME_NAMESPACES_MAX))
		log_warning("%s: only the first %u namespaces are used", controller->device.name,
			    NVME_NAMESPACES_MAX);
}

/* Version 1.0 has no list, and a controller may refuse it: any number up to @count may exist. */
static void add_namespaces(struct nvme_controller *controller, u32 count)
{
	struct block_device *position = &controller->disks_to_come;
	u8 list[4 * (NVME_NAMESPACES_MAX + 1)];

	if (read_register(controller, VERSION) >= VERSION_1_1 &&
	    !nvme_identify(controller, NVME_IDENTIFY_LIST, 0, list, sizeof(list)))
		return add_list(controller, list);
	for (u32 id = 1; id <= min_u64(count, NVME_NAMESPACES_MAX) && !controller->failed; id++)
		add_namespace(controller, id, &position);
}

static enum status prepare(struct nvme_controller *controller)
{
	u16 depth = (u16)min_u64(NVME_QUEUE_DEPTH, (controller->capabilities & 0xffff) + 1);
	u64 memory, size = (u64)NVME_PAGES * controller->page_size;
	u32 namespaces;
	enum status status = memory_allocate(size, controller->page_size, MEMORY_ANYWHERE,
					     MEMORY_BOOT_DATA, &memory);

	if (status)
		return status;
	controller->memory = (u8 *)(uintptr_t)memory;
	if (!enable(controller, depth))
		return ERR_TIMEOUT;
	status = read_identity(controller, &namespaces);
	if (!status)
		status = create_io_queue(controller, depth);
	if (!status)
		add_namespaces(controller, namespaces);
	return status;
}

static void start(struct nvme_controller *controller)
{
	const char *name = controller->device.name;
	enum status status;

	if (!find_registers(controller))
		return log_warning("%s: no registers of NVMe", name);
	if (read_capabilities(controller))
		return;
	device_register(&controller->device);
	if (!disable(controller)) {
		controller->failed = true;
		pci_disable_dma(&controller->place);
		return log_error("%s: does not answer a reset", name);
	}
	status = prepare(controller);
	if (status && !controller->failed)
		nvme_fail(controller, status_name(status), NULL, 0);
}

/* A placeholder for the disks, which are registered after it. */
static enum status open_controller(struct block_device *disks_to_come)
{
	start(container_of(disks_to_come, struct nvme_controller, disks_to_come));
	return ERR_NOT_FOUND;
}

static const struct block_ops controller_ops = { .open = open_controller };

static void probe(const struct pci_device *place)
{
	struct nvme_controller *controller = arena_allocate(&arena, sizeof(*controller));

	if (!controller)
		return log_warning("PCI %s: no memory for a device", place->name);
	controller->place = *place;
	controller->device.quiesce = quiesce;
	controller->disks_to_come.ops = &controller_ops;
	pci_register_disks(place, "nvme", &controller->device, &controller->disks_to_come);
}

const struct pci_driver nvme_driver = {
	.name = "nvme",
	.class_code = CLASS_NVME,
	.probe = probe,
};
