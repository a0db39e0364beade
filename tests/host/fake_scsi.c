/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device side of virtio-scsi: its units (Virtual I/O Device 1.3, 5.6.6.1; SPC-4, SBC-3, MMC-6).
 */
#include "tests/host/fake_scsi.h"

#include <string.h>

#include "drivers/virtio/virtio.h"
#include "lib/span.h"
#include "lib/util.h"
#include "tests/host/fake_machine.h"

enum { CODE_BAD_TARGET = 3, CODE_BUSY = 5, CODE_FAILURE = 9 };
enum { CHECK_CONDITION = 2, BUSY = 8, RESERVATION_CONFLICT = 0x18, TASK_SET_FULL = 0x28 };

void fake_scsi_init(struct fake_virtio *device, struct fake_scsi *scsi)
{
	fake_virtio_init(device, VIRTIO_ID_SCSI, VIRTIO_VERSION_1 | 0xf);
	*scsi = (struct fake_scsi){ 0 };
	device->scsi = scsi;
	store_le32(device->config, 1);
	store_le32(device->config + 4, 126);
	store_le32(device->config + 8, 0xffff);
	store_le32(device->config + 12, 128);
	store_le32(device->config + 20, 96);
	store_le32(device->config + 24, 32);
	store_le16(device->config + 30, 255);
	store_le32(device->config + 32, 16383);
}

struct fake_scsi_unit *fake_scsi_add(struct fake_scsi *scsi, u8 target, u16 lun, void *bytes,
				     u64 size, u32 block_size)
{
	struct fake_scsi_unit *unit = &scsi->units[scsi->unit_count++];

	*unit = (struct fake_scsi_unit){
		.target = target,
		.lun = lun,
		.has_medium = true,
		.disk = bytes,
		.disk_size = size,
		.block_size = block_size,
		.block_count = size / block_size,
		.attentions = 1,
	};
	return unit;
}

static u32 respond(struct fake_scsi_command *command, u8 code, u8 status, u32 sense_size,
		   u32 transferred)
{
	u8 *response = command->response;

	store_le32(response, sense_size);
	store_le32(response + 4, command->size - transferred);
	response[10] = status;
	response[11] = code;
	return 12 + command->sense_size + (command->is_write ? 0 : command->size);
}

static u32 fail(struct fake_scsi_command *command, u8 key, u16 code)
{
	u8 sense[18] = { 0x70, 0, key, [7] = 10 };

	store_be16(sense + 12, code);
	memcpy(command->response + 12, sense, min_u64(sizeof(sense), command->sense_size));
	return respond(command, 0, CHECK_CONDITION,
		       (u32)min_u64(sizeof(sense), command->sense_size), 0);
}

static u32 answer(struct fake_scsi_command *command, const void *bytes, u64 size)
{
	u32 part = (u32)min_u64(size, command->size);

	memcpy(command->data, bytes, part);
	return respond(command, 0, 0, 0, part);
}

static u32 transfer(struct fake_virtio *device, struct fake_scsi_unit *unit,
		    struct fake_scsi_command *command, u64 first, u64 count, bool is_write)
{
	u64 offset = first * unit->block_size % unit->disk_size;

	if (command->is_write != is_write || command->size != count * unit->block_size)
		violation(device, "%u bytes for %lu blocks", command->size, count);
	if (first >= unit->block_count || count > unit->block_count - first ||
	    offset + command->size > unit->disk_size)
		return fail(command, 5, 0x2100);
	if (is_write && unit->is_write_protected)
		return fail(command, 7, 0x2700);
	if (command->size > unit->largest)
		unit->largest = command->size;
	if (is_write)
		memcpy(unit->disk + offset, command->data, command->size);
	else
		memcpy(command->data, unit->disk + offset, command->size);
	return respond(command, 0, 0, 0, command->size);
}

static u32 report_luns(struct fake_scsi *scsi, u8 target, struct fake_scsi_command *command)
{
	u8 list[8 + 8 * FAKE_SCSI_UNITS_MAX] = { 0 };
	u32 size = 8;

	scsi->reports++;
	if (scsi->has_no_report_luns)
		return fail(command, 5, 0x2000);
	if (scsi->report)
		return answer(command, scsi->report, scsi->report_size);
	/* Like QEMU, the newest first. */
	for (u32 i = scsi->unit_count; i--;) {
		if (scsi->units[i].target != target)
			continue;
		store_be16(list + size, scsi->units[i].lun < 256 ? scsi->units[i].lun :
								   0x4000 | scsi->units[i].lun);
		size += 8;
	}
	store_be32(list, size - 8);
	return answer(command, list, size);
}

static u32 read_capacity_10(const struct fake_scsi_unit *unit, struct fake_scsi_command *command)
{
	u8 bytes[8];

	store_be32(bytes, (u32)min_u64(unit->block_count - 1, UINT32_MAX));
	store_be32(bytes + 4, unit->block_size);
	return answer(command, bytes, sizeof(bytes));
}

static u32 read_capacity_16(const struct fake_scsi_unit *unit, struct fake_scsi_command *command)
{
	u8 bytes[32] = { 0 };

	store_be32(bytes, (u32)((unit->block_count - 1) >> 32));
	store_be32(bytes + 4, (u32)(unit->block_count - 1));
	store_be32(bytes + 8, unit->block_size);
	return answer(command, bytes, sizeof(bytes));
}

static u32 do_command(struct fake_virtio *device, struct fake_scsi_unit *unit,
		      struct fake_scsi_command *command)
{
	const u8 *cdb = command->request + 19;
	u8 bytes[36] = { unit->kind, unit->is_removable ? 0x80 : 0 };

	if (cdb[0] == 0x12)
		return answer(command, bytes, sizeof(bytes));
	if (cdb[0] == 0xa0)
		return report_luns(device->scsi, unit->target, command);
	if (unit->attentions && unit->attentions--)
		return fail(command, 6, 0x2900);
	if (unit->becoming && unit->becoming--)
		return fail(command, 2, 0x0401);
	if (!unit->has_medium)
		return fail(command, 2, 0x3a00);
	switch (cdb[0]) {
	case 0x00:
		return respond(command, 0, 0, 0, 0);
	case 0x1a:
		if (unit->has_no_mode_sense)
			return fail(command, 5, 0x2000);
		memcpy(bytes, (u8[]){ 3, 0, unit->is_write_protected ? 0x80 : 0x10, 0 }, 4);
		return answer(command, bytes, 4);
	case 0x25:
		return read_capacity_10(unit, command);
	case 0x9e:
		return read_capacity_16(unit, command);
	case 0x28:
	case 0x2a:
		return transfer(device, unit, command, load_be32(cdb + 2), load_be16(cdb + 7),
				cdb[0] == 0x2a);
	case 0x88:
	case 0x8a:
		unit->long_commands++;
		return transfer(device, unit, command, load_be64(cdb + 2), load_be32(cdb + 10),
				cdb[0] == 0x8a);
	case 0x35:
		unit->flushes++;
		return unit->has_no_cache ? fail(command, 5, 0x2000) : respond(command, 0, 0, 0, 0);
	default:
		violation(device, "command 0x%02x", cdb[0]);
		return fail(command, 5, 0x2000);
	}
}

static u32 lie(struct fake_virtio *device, struct fake_scsi_unit *unit,
	       struct fake_scsi_command *command)
{
	u32 written;

	switch (unit->lie) {
	case FAKE_SCSI_SHORT:
		written = do_command(device, unit, command);
		store_le32(command->response + 4, command->size / 2 + 1);
		return written;
	case FAKE_SCSI_RESIDUAL_HUGE:
		written = do_command(device, unit, command);
		store_le32(command->response + 4, UINT32_MAX);
		return written;
	case FAKE_SCSI_SENSE_HUGE:
		written = fail(command, 3, 0x1100);
		store_le32(command->response, UINT32_MAX);
		return written;
	case FAKE_SCSI_SENSE_NONE:
		return respond(command, 0, CHECK_CONDITION, 0, 0);
	case FAKE_SCSI_SENSE_ODD:
		written = fail(command, 6, 0x2900);
		command->response[12] = 0x7f;
		return written;
	case FAKE_SCSI_MEDIUM_ERROR:
		return fail(command, 3, 0x1100);
	case FAKE_SCSI_DESCRIPTOR_ERROR:
		memcpy(command->response + 12, (u8[]){ 0x72, 3, 0x11, 0x05 }, 4);
		return respond(command, 0, CHECK_CONDITION, 8, 0);
	case FAKE_SCSI_ATTENTION:
		return fail(command, 6, 0x2900);
	case FAKE_SCSI_MEDIUM_CHANGED:
		return fail(command, 6, 0x2800);
	case FAKE_SCSI_BUSY:
		return respond(command, 0, BUSY, 0, 0);
	case FAKE_SCSI_QUEUE_FULL:
		return respond(command, 0, TASK_SET_FULL, 0, 0);
	case FAKE_SCSI_RESPONSE_BUSY:
		return respond(command, CODE_BUSY, 0, 0, 0);
	case FAKE_SCSI_RESPONSE_FAILURE:
		return respond(command, CODE_FAILURE, 0, 0, 0);
	case FAKE_SCSI_RESERVED:
		return respond(command, 0, RESERVATION_CONFLICT, 0, 0);
	case FAKE_SCSI_SILENT:
		return (u32)FAKE_SCSI_NEVER;
	case FAKE_SCSI_UNTOUCHED:
	default:
		return 0;
	}
}

/* NULL: there is no such LUN. */
static struct fake_scsi_unit *find_unit(struct fake_scsi *scsi, u8 target, u16 lun,
					bool *has_target)
{
	struct fake_scsi_unit *found = NULL;

	*has_target = false;
	for (u32 i = 0; i < scsi->unit_count; i++) {
		if (scsi->units[i].target != target)
			continue;
		*has_target = true;
		if (scsi->units[i].lun == lun)
			found = &scsi->units[i];
	}
	return found;
}

u32 fake_scsi_execute(struct fake_virtio *device, struct fake_scsi_command *command)
{
	const u8 *request = command->request, *cdb = request + 19;
	u16 lun = load_be16(request + 2) & 0x3fff;
	struct fake_scsi_unit *unit;
	bool has_target;

	if (request[0] != 1 || (request[2] & 0xc0) != 0x40 || load_be32(request + 4) ||
	    request[16] || request[17] || request[18])
		violation(device, "address %02x %02x", request[0], request[2]);
	device->scsi->tests += cdb[0] == 0x00;
	unit = find_unit(device->scsi, request[1], lun, &has_target);
	if (!has_target)
		return respond(command, CODE_BAD_TARGET, 0, 0, 0);
	if (!unit && cdb[0] == 0xa0)
		return report_luns(device->scsi, request[1], command);
	if (!unit)
		return cdb[0] == 0x12 ? answer(command, (u8[36]){ 0x7f }, 36) :
					fail(command, 5, 0x2500);
	unit->commands++;
	if (unit->busy && unit->busy--)
		return respond(command, 0, BUSY, 0, 0);
	if (unit->lie && unit->commands > unit->lie_after)
		return lie(device, unit, command);
	return do_command(device, unit, command);
}
