/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A namespace as a disk (NVM Command Set 1.0, 3.2 and 4.1.5). Fields of the IDENTIFY data:
 *
 *	0	8	number of blocks; 0: there is no such namespace
 *	25	1	number of formats - 1
 *	26	1	its format: bits 0 to 3, above them 5 and 6
 *	99	1	bit 0: it cannot be written
 *	120	8	EUI-64; 0: none
 *	128	4	each of 64 formats: bytes of metadata; 16: log2 of the block's size
 */
#include "core/log.h"
#include "drivers/nvme/nvme.h"
#include "lib/config.h"
#include "lib/format.h"
#include "lib/span.h"
#include "lib/util.h"

enum {
	FLUSH = 0x00,
	WRITE = 0x01,
	READ = 0x02,

	ID_COUNT = 0,
	ID_FORMAT_COUNT = 25,
	ID_FORMAT = 26,
	ID_ATTRIBUTES = 99,
	ATTRIBUTE_READ_ONLY = 1 << 0,
	ID_EUI64 = 120,
	ID_FORMATS = 128,
	FORMATS_MAX = 64,
	ID_SIZE = ID_FORMATS + 4 * FORMATS_MAX,

	BLOCK_SHIFT_MIN = 9,
	BLOCK_SHIFT_MAX = 12,

	IO_QUEUE = 1,
	ALIGNMENT = 4, /* of a buffer (base specification 1.4, 4.3) */
};

static_assert(1 << BLOCK_SHIFT_MIN == BLOCK_SIZE_MIN && 1 << BLOCK_SHIFT_MAX == BLOCK_SIZE_MAX);

static struct nvme_namespace *namespace_of(struct block_device *disk)
{
	return container_of(disk, struct nvme_namespace, disk);
}

static enum status transfer(struct block_device *disk, u64 first, u64 count, void *buffer,
			    bool is_write)
{
	struct nvme_namespace *space = namespace_of(disk);
	const struct nvme_command command = {
		.opcode = is_write ? WRITE : READ,
		.namespace_id = space->id,
		.words = { (u32)first, (u32)(first >> 32), (u32)count - 1 },
		.data = buffer,
		.size = (u32)count * disk->block_size,
		.is_write = is_write,
	};
	enum status status = nvme_execute(space->controller, IO_QUEUE, &command);

	if (status)
		log_warning("%s: %s at block %lu: %s", space->name, is_write ? "write" : "read",
			    first, status_name(status));
	return status;
}

static enum status namespace_read(struct block_device *disk, u64 first, u64 count, void *buffer)
{
	return transfer(disk, first, count, buffer, false);
}

static enum status namespace_write(struct block_device *disk, u64 first, u64 count,
				   const void *buffer)
{
	/* The device only reads it. */
	return transfer(disk, first, count, (void *)(uintptr_t)buffer, true);
}

static enum status namespace_flush(struct block_device *disk)
{
	struct nvme_namespace *space = namespace_of(disk);
	const struct nvme_command command = { .opcode = FLUSH, .namespace_id = space->id };

	/* Without a volatile cache, a completed write is persistent. */
	return space->controller->has_cache ? nvme_execute(space->controller, IO_QUEUE, &command) :
					      OK;
}

static enum status read_identity(struct nvme_namespace *space, const u8 *identity)
{
	struct block_device *disk = &space->disk;
	u64 count = load_le64(identity + ID_COUNT);
	u32 format_bits = identity[ID_FORMAT];
	u32 index = (format_bits & 0xf) | (format_bits >> 5 & 3) << 4;
	u32 block_format, shift;

	/* The upper bits are valid only if there are more than 16 formats. */
	if (identity[ID_FORMAT_COUNT] < 16)
		index &= 0xf;
	if (count == 0)
		return ERR_NOT_FOUND;
	if (index > identity[ID_FORMAT_COUNT])
		return unsupported("%s: format %u of %u", space->name, index,
				   identity[ID_FORMAT_COUNT] + 1);
	block_format = load_le32(identity + ID_FORMATS + 4 * index);
	shift = block_format >> 16 & 0xff;
	if ((u16)block_format)
		return unsupported("%s: its format has %u bytes of metadata with each block",
				   space->name, (u16)block_format);
	if (shift < BLOCK_SHIFT_MIN || shift > BLOCK_SHIFT_MAX || count > UINT64_MAX >> shift)
		return unsupported("%s: %lu blocks of 2^%u bytes", space->name, count, shift);
	disk->block_size = 1u << shift;
	disk->block_count = count;
	disk->read_only = identity[ID_ATTRIBUTES] & ATTRIBUTE_READ_ONLY;
	space->address.eui64 = load_le64(identity + ID_EUI64);
	return OK;
}

static enum status namespace_open(struct block_device *disk)
{
	struct nvme_namespace *space = namespace_of(disk);
	u8 identity[ID_SIZE];
	enum status status = nvme_identify(space->controller, NVME_IDENTIFY_NAMESPACE, space->id,
					   identity, sizeof(identity));

	return status ? status : read_identity(space, identity);
}

static const struct block_ops namespace_ops = {
	.open = namespace_open,
	.read = namespace_read,
	.write = IS_ENABLED(CONFIG_BLOCK_WRITE) ? namespace_write : NULL,
	.flush = IS_ENABLED(CONFIG_BLOCK_WRITE) ? namespace_flush : NULL,
};

void nvme_namespace_init(struct nvme_namespace *space, struct nvme_controller *controller, u32 id)
{
	format(space->name, sizeof(space->name), "%s namespace %u", controller->device.name, id);
	space->controller = controller;
	space->id = id;
	space->disk.ops = &namespace_ops;
	space->disk.alignment = ALIGNMENT;
	space->disk.transfer_size_max = controller->transfer_size_max;
	if (IS_ENABLED(CONFIG_EFI)) {
		space->address = controller->device.address;
		space->address.unit = DEVICE_UNIT_NVME;
		space->address.namespace_id = id;
		space->disk.address = &space->address;
	}
}
