/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio-scsi (Virtual I/O Device 1.3, 5.6): a controller with up to 256 targets, each of which has
 * logical units. Only the first request queue is used: commands are not cancelled, and units that
 * are added or removed are not noticed.
 *
 *	configuration: 8 max_sectors u32, 0: any; 20 sense_size u32; 24 cdb_size u32;
 *	30 max_target u16
 *
 *	request				response
 *	0	8	1, target, LUN	0	4	bytes of sense
 *	8	8	tag		4	4	bytes not transferred
 *	16	3	0		10	1	status of SCSI
 *	19	cdb_size command	11	1	response
 *					12	sense_size sense
 *
 * The sizes are 96 and 32 after a reset; a backend that leaves cdb_size 0 means these. As in Linux,
 * max_sectors counts sectors of 512 bytes. One command at a time with one buffer is
 * within cmd_per_lun and seg_max, whatever they are.
 *
 * The controller is registered as a disk and gets no request before its turn, when it is searched
 * for targets, several at a time. If one does not answer, the controller is reset, and the other
 * disks are still used. The second time, the controller is given up.
 *
 */
#include "drivers/scsi/scsi.h"
#include "core/block.h"
#include "core/log.h"
#include "core/time.h"
#include "drivers/virtio/virtio.h"
#include "lib/format.h"
#include "lib/span.h"
#include "lib/string.h"
#include "lib/util.h"

enum {
	CONFIG_MAX_SECTORS = 8,
	CONFIG_SENSE_SIZE = 20,
	CONFIG_CDB_SIZE = 24,
	CONFIG_TARGETS = 28, /* max_channel below max_target */

	QUEUE_REQUESTS = 2, /* the queues for control and events come first */
	SLOTS = 8,          /* in a search for targets; otherwise one is used */
	CHAIN_SIZE = 3,

	SENSE_SIZE_DEFAULT = 96,
	CDB_SIZE_DEFAULT = 32,

	SECTOR_SIZE = 512,
	REQUEST_SIZE_MAX = 4 * 1024 * 1024,

	/* A slot's part of the queue's space. */
	REQUEST_CDB = 19,
	RESPONSE_OFFSET = 64,
	RESPONSE_RESIDUAL = 4,
	RESPONSE_STATUS = 10,
	RESPONSE_CODE = 11,
	RESPONSE_SENSE = 12,
	SLOT_SIZE = 192,
	SMALL_OFFSET = SLOTS * SLOT_SIZE, /* data of the one command */

	ADDRESS_KIND = 1,
	LUN_FLAT = 1 << 14,

	CODE_OK = 0,
	CODE_RESET = 4,
	CODE_BUSY = 5,
	CODE_UNTOUCHED = 0xff,
	STATUS_GOOD = 0,
	STATUS_CHECK_CONDITION = 2,
	STATUS_BUSY = 8,
	STATUS_TASK_SET_FULL = 0x28,

	TARGETS_MAX = 256,
	LUNS_MAX = 62, /* of a target: that many fit into a small answer, with room for one more */
	DISKS_MAX = 256,

	FIRST_ANSWER_MS = 3000, /* later than this, other disks are started */
	SCAN_TIMEOUT_MS = 10000,
	READY_TIMEOUT_MS = 10000,
	BUSY_TIMEOUT_MS = 10000,
	BUSY_POLL_US = 10000,
	FAILURES_MAX = 2, /* disks that do not answer; after that, the controller is at fault */
};

static_assert(REQUEST_CDB + SCSI_CDB_SIZE_MAX <= RESPONSE_OFFSET);
static_assert(SMALL_OFFSET + SCSI_SMALL <= VIRTQUEUE_SPACE_SIZE);

struct controller {
	struct virtio_device *device;
	struct virtqueue queue;
	u32 cdb_size, sense_size;
	u32 request_size_max;
	u32 target_count;
	u32 disk_count, failure_count;
	bool has_answered;
	struct deadline ready;
	struct block_device disks_to_come; /* stands for them until the search */
	u64 request_count, byte_count;
};

struct unit {
	char name[48]; /* "virtio-scsi 00:04.0 target 0 LUN 1" */
	struct controller *controller;
	u8 target;
	u16 lun;
	bool failed;
	struct scsi_unit scsi;
	struct block_device disk;
	struct device_address address; /* with EFI */
};

static struct unit *unit_of(struct block_device *disk)
{
	return container_of(disk, struct unit, disk);
}

static u8 *slot_of(struct controller *controller, u32 slot)
{
	return (u8 *)controller->queue.space + slot * SLOT_SIZE;
}

static void submit(struct controller *controller, u32 slot, u32 target, u32 lun,
		   const struct scsi_command *command, void *data)
{
	u8 *request = slot_of(controller, slot), *response = request + RESPONSE_OFFSET;
	struct virtqueue_buffer buffers[CHAIN_SIZE];
	u32 count = 0;

	memset(request, 0, SLOT_SIZE);
	request[0] = ADDRESS_KIND;
	request[1] = (u8)target;
	store_be16(request + 2, (u16)(LUN_FLAT | lun));
	store_le64(request + 8, controller->request_count++);
	memcpy(request + REQUEST_CDB, command->cdb, SCSI_CDB_SIZE_MAX);
	response[RESPONSE_CODE] = CODE_UNTOUCHED;
	buffers[count++] =
		(struct virtqueue_buffer){ request, REQUEST_CDB + controller->cdb_size, false };
	if (command->size && command->is_write)
		buffers[count++] = (struct virtqueue_buffer){ data, command->size, false };
	buffers[count++] = (struct virtqueue_buffer){ response,
						      RESPONSE_SENSE + controller->sense_size,
						      true };
	if (command->size && !command->is_write)
		buffers[count++] = (struct virtqueue_buffer){ data, command->size, true };
	virtqueue_add(&controller->queue, slot, buffers, count);
	controller->byte_count += command->size;
}

/* Waits for any one command. */
static enum status complete(struct controller *controller, struct deadline *deadline, u32 *slot)
{
	struct deadline first = deadline_after(FIRST_ANSWER_MS);
	enum status status = ERR_TIMEOUT;
	u32 written;

	if (IS_ENABLED(CONFIG_BLOCK_START_ALL) && !controller->has_answered) {
		status = virtqueue_wait(&controller->queue, &first, slot, &written);
		if (status == ERR_TIMEOUT)
			block_start_others(&controller->disks_to_come);
	}
	if (status == ERR_TIMEOUT)
		status = virtqueue_wait(&controller->queue, deadline, slot, &written);
	controller->has_answered = !status;
	return status;
}

static enum status create_queue(struct controller *controller)
{
	enum status status = virtqueue_create(controller->device, QUEUE_REQUESTS, CHAIN_SIZE, SLOTS,
					      &controller->queue);

	if (!status)
		virtio_ready(controller->device);
	return status;
}

/* One more disk has not answered. False: the controller is no longer used. */
static bool count_failure(struct controller *controller)
{
	if (++controller->failure_count < FAILURES_MAX)
		return true;
	virtio_fail(controller->device, "no answer in time");
	return false;
}

/* Takes back all requests by resetting the device, and starts it again for the other disks. */
static void restart(struct controller *controller)
{
	if (!count_failure(controller))
		return;
	log_warning("%s: no answer in time; it is reset", controller->device->device.name);
	if (!virtio_begin(controller->device, 0)) {
		virtqueue_release(&controller->queue);
		if (!create_queue(controller))
			return;
	}
	virtio_fail(controller->device, "does not start again");
}

static bool is_busy(const u8 *response)
{
	return response[RESPONSE_CODE] == CODE_BUSY ||
	       (response[RESPONSE_CODE] == CODE_OK &&
		(response[RESPONSE_STATUS] == STATUS_BUSY ||
		 response[RESPONSE_STATUS] == STATUS_TASK_SET_FULL));
}

static enum status read_response(const u8 *response, struct scsi_command *command)
{
	if (response[RESPONSE_CODE] != CODE_OK)
		return ERR_IO;
	switch (response[RESPONSE_STATUS]) {
	case STATUS_GOOD:
		command->transferred =
			command->size -
			(u32)min_u64(load_le32(response + RESPONSE_RESIDUAL), command->size);
		return OK;
	case STATUS_CHECK_CONDITION:
		memset(command->sense, 0, SCSI_SENSE_SIZE);
		memcpy(command->sense, response + RESPONSE_SENSE,
		       min_u64(load_le32(response), SCSI_SENSE_SIZE));
		command->has_sense = true;
		return ERR_IO;
	default:
		return ERR_IO;
	}
}

/* @response is a copy, as the device may still write to its own. */
static enum status execute_once(struct unit *unit, const struct scsi_command *command,
				u8 response[RESPONSE_SENSE + SCSI_SENSE_SIZE])
{
	struct controller *controller = unit->controller;
	struct deadline deadline = deadline_after(block_timeout_ms(command->size));
	u8 *small = (u8 *)controller->queue.space + SMALL_OFFSET;
	bool is_small = command->size <= SCSI_SMALL;
	enum status status;
	u32 slot;

	if (unit->failed || controller->device->failed)
		return ERR_IO;
	if (is_small && command->is_write)
		memcpy(small, command->data, command->size);
	else if (is_small)
		memset(small, 0, command->size);
	submit(controller, 0, unit->target, unit->lun, command, is_small ? small : command->data);
	virtqueue_notify(&controller->queue);
	status = complete(controller, &deadline, &slot);
	if (status == ERR_TIMEOUT) {
		unit->failed = true;
		restart(controller);
	}
	if (status)
		return status;
	memcpy(response, slot_of(controller, slot) + RESPONSE_OFFSET,
	       RESPONSE_SENSE + SCSI_SENSE_SIZE);
	if (is_small && command->size && !command->is_write)
		memcpy(command->data, small, command->size);
	return OK;
}

static enum status execute(struct scsi_unit *scsi, struct scsi_command *command)
{
	struct unit *unit = container_of(scsi, struct unit, scsi);
	struct deadline busy = deadline_started(BUSY_TIMEOUT_MS);
	u8 response[RESPONSE_SENSE + SCSI_SENSE_SIZE];
	enum status status;

	for (;;) {
		status = execute_once(unit, command, response);
		if (status)
			return status;
		if (!is_busy(response))
			return read_response(response, command);
		if (deadline_passed(&busy))
			break;
		sleep_us(BUSY_POLL_US);
	}
	log_warning("%s: busy; no longer used", unit->name);
	unit->failed = true;
	(void)count_failure(unit->controller);
	return ERR_TIMEOUT;
}

static enum status read_blocks(struct block_device *disk, u64 first, u64 count, void *buffer)
{
	return scsi_read(&unit_of(disk)->scsi, disk->block_size, first, count, buffer);
}

static enum status write_blocks(struct block_device *disk, u64 first, u64 count, const void *buffer)
{
	return scsi_write(&unit_of(disk)->scsi, disk->block_size, first, count, buffer);
}

static enum status flush_blocks(struct block_device *disk)
{
	return scsi_flush(&unit_of(disk)->scsi);
}

static enum status open_unit(struct block_device *disk)
{
	struct unit *unit = unit_of(disk);
	enum status status = scsi_open(&unit->scsi, disk);

	/*
	 * A limit of less than a block is rounded up to one block. If the device really has that
	 * limit, it fails the request.
	 */
	if (!status)
		disk->transfer_size_max = (u32)max_u64(
			align_down(unit->controller->request_size_max, disk->block_size),
			disk->block_size);
	return status;
}

static const struct block_ops unit_ops = {
	.open = open_unit,
	.read = read_blocks,
	.write = IS_ENABLED(CONFIG_BLOCK_WRITE) ? write_blocks : NULL,
	.flush = IS_ENABLED(CONFIG_BLOCK_WRITE) ? flush_blocks : NULL,
};

static void init_unit(struct unit *unit, struct controller *controller, u32 target, u32 lun)
{
	*unit = (struct unit){
		.controller = controller,
		.target = (u8)target,
		.lun = (u16)lun,
		.scsi = { .name = unit->name, .execute = execute, .ready = &controller->ready },
		.disk.ops = &unit_ops,
	};
	format(unit->name, sizeof(unit->name), "%s target %u LUN %u",
	       controller->device->device.name, target, lun);
	if (!IS_ENABLED(CONFIG_EFI))
		return;
	unit->address = controller->device->device.address;
	unit->address.unit = DEVICE_UNIT_SCSI;
	unit->address.port = (u16)target;
	unit->address.lun = (u16)lun;
	unit->disk.address = &unit->address;
}

/*
 * @position is where its disks are registered, after those found earlier. They get no request
 * before their turn, either.
 */
static void add_target(struct controller *controller, u32 target, struct block_device **position)
{
	u16 luns[LUNS_MAX];
	struct unit any;
	u32 count;

	init_unit(&any, controller, target, 0);
	count = scsi_list_luns(&any.scsi, luns, LUNS_MAX);
	for (u32 i = 0; i < count && controller->disk_count < DISKS_MAX; i++) {
		struct unit *unit = virtio_allocate(sizeof(*unit));

		if (!unit)
			return;
		init_unit(unit, controller, target, luns[i]);
		block_register_after(&unit->disk, *position);
		*position = &unit->disk;
		controller->disk_count++;
	}
}

/* Returns one bit for each of the targets [@first, @first + @count), set if it exists. */
static u32 find_targets(struct controller *controller, u32 first, u32 count)
{
	static const struct scsi_command test_unit_ready = { 0 };
	struct deadline deadline = deadline_after(BLOCK_TIMEOUT_MS);
	u32 found = 0, slot;

	for (slot = 0; slot < count; slot++)
		submit(controller, slot, first + slot, 0, &test_unit_ready, NULL);
	virtqueue_notify(&controller->queue);
	for (u32 left = count; left; left--) {
		enum status status = complete(controller, &deadline, &slot);
		u8 code;

		if (status == ERR_TIMEOUT)
			restart(controller);
		if (status)
			break;
		code = slot_of(controller, slot)[RESPONSE_OFFSET + RESPONSE_CODE];
		if (code == CODE_OK || code == CODE_RESET || code == CODE_BUSY)
			found |= 1u << slot;
	}
	return found;
}

static void scan(struct controller *controller)
{
	struct block_device *position = &controller->disks_to_come;
	struct deadline deadline = deadline_started(SCAN_TIMEOUT_MS);
	u32 count;

	for (u32 first = 0; first < controller->target_count; first += count) {
		u32 found;

		if (controller->device->failed)
			return;
		if (deadline_passed(&deadline))
			return log_warning("%s: targets from %u on are ignored: it is too slow",
					   controller->device->device.name, first);
		count = (u32)min_u64(controller->queue.slot_count,
				     controller->target_count - first);
		found = find_targets(controller, first, count);
		for (u32 i = 0; i < count; i++)
			if (found & 1u << i)
				add_target(controller, first + i, &position);
	}
}

static enum status read_config(struct controller *controller)
{
	struct virtio_device *device = controller->device;
	u32 (*read)(struct virtio_device *, u32) = device->transport->config_read32;
	u32 sectors = read(device, CONFIG_MAX_SECTORS);

	controller->target_count =
		(u32)min_u64((read(device, CONFIG_TARGETS) >> 16) + 1, TARGETS_MAX);
	controller->sense_size = read(device, CONFIG_SENSE_SIZE);
	controller->cdb_size = read(device, CONFIG_CDB_SIZE);
	if (controller->cdb_size == 0) {
		controller->cdb_size = CDB_SIZE_DEFAULT;
		controller->sense_size = SENSE_SIZE_DEFAULT;
	}
	controller->request_size_max = sectors && sectors < REQUEST_SIZE_MAX / SECTOR_SIZE ?
					       sectors * SECTOR_SIZE :
					       REQUEST_SIZE_MAX;
	if (controller->cdb_size < SCSI_CDB_SIZE_MAX ||
	    controller->cdb_size > RESPONSE_OFFSET - REQUEST_CDB ||
	    controller->sense_size > SLOT_SIZE - RESPONSE_OFFSET - RESPONSE_SENSE)
		return unsupported("%s: commands of %u bytes, sense of %u", device->device.name,
				   controller->cdb_size, controller->sense_size);
	return OK;
}

/* Stands for the disks, which are registered after this one. */
static enum status open_controller(struct block_device *disks_to_come)
{
	struct controller *controller =
		container_of(disks_to_come, struct controller, disks_to_come);
	enum status status = virtio_begin(controller->device, 0);

	if (!status)
		status = read_config(controller);
	if (status)
		return status;
	status = create_queue(controller);
	if (status) {
		virtio_fail(controller->device, "its queue cannot be set up");
		return status;
	}
	controller->ready = deadline_started(READY_TIMEOUT_MS);
	scan(controller);
	return ERR_NOT_FOUND;
}

static const struct block_ops controller_ops = { .open = open_controller };

static void log_use(struct virtio_device *device)
{
	const struct controller *controller = device->driver;

	if (device->ready)
		log_debug("%s: %lu requests, %lu KiB", device->device.name,
			  controller->request_count, (u64)(controller->byte_count / KIB));
}

static enum status probe(struct virtio_device *device)
{
	struct controller *controller = virtio_allocate(sizeof(*controller));

	if (!controller)
		return ERR_NO_MEMORY;
	controller->device = device;
	controller->disks_to_come.ops = &controller_ops;
	if (IS_ENABLED(CONFIG_EFI))
		controller->disks_to_come.address = &device->device.address;
	device->driver = controller;
	device->stopping = log_use;
	block_register(&controller->disks_to_come);
	return OK;
}

const struct virtio_driver virtio_scsi_driver = {
	.name = "virtio-scsi",
	.id = VIRTIO_ID_SCSI,
	.probe = probe,
};
