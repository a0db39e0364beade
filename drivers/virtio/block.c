/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio-blk as a disk (Virtual I/O Device 1.2, 5.2). A request is a header, one buffer and a
 * status byte, because Firecracker and Alioth accept no other layout. A large transfer is split
 * into several requests in flight, directly from or to its final address.
 *
 *	configuration: 0 capacity u64, in sectors of 512 bytes; 8 size_max u32; 20 blk_size u32
 *
 * Devices do not fill in everything that they offer: qemu-storage-daemon's vhost-user-blk leaves
 * size_max 0. As in Linux, 0 means that there is no value. With one buffer per request, seg_max
 * does not matter, with one queue num_queues does not, and neither topology nor optimal size
 * changes how we read. None of these features is negotiated.
 *
 */
#include "core/block.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/time.h"
#include "drivers/virtio/virtio.h"
#include "lib/util.h"

#define FEATURE_SIZE_MAX VIRTIO_FEATURE(1)
#define FEATURE_READ_ONLY VIRTIO_FEATURE(5)
#define FEATURE_BLOCK_SIZE VIRTIO_FEATURE(6)
#define FEATURE_FLUSH VIRTIO_FEATURE(9)

enum {
	CONFIG_CAPACITY = 0,
	CONFIG_SIZE_MAX = 8,
	CONFIG_BLOCK_SIZE = 20,
	CONFIG_READS_MAX = 8, /* while the generation of the configuration changes */

	REQUEST_READ = 0,
	REQUEST_WRITE = 1,
	REQUEST_FLUSH = 4,
	STATUS_OK = 0,
	STATUS_UNTOUCHED = 0xff,

	SECTOR_SIZE = 512,
	/*
	 * There are few requests, but several at once for a kernel. A small build does not adapt to
	 * slow disks and keeps less in flight, enough for a kernel of 12 MiB.
	 */
	ADAPTS = !IS_ENABLED(CONFIG_OPTIMIZE_SIZE),
	REQUESTS_IN_FLIGHT = ADAPTS ? 10 : 6,
	REQUEST_SIZE_MAX = (ADAPTS ? 4 : 2) * 1024 * 1024,

	FIRST_ANSWER_MS = 3000, /* later than this, the other disks are started */

	/* The limit for bytes in flight rises after quick answers and falls after slow ones. */
	WINDOW_MIN = 128 * 1024,
	WINDOW_START = 2 * 1024 * 1024,
	WINDOW_MAX = 16 * 1024 * 1024,
	QUICK_MS = 1000,
	SLOW_MS = 4000,
};

/* What the device reads and writes for one request besides the data. */
struct request {
	u32 type;
	u32 reserved;
	u64 sector;
	u8 status;
};

struct virtio_block {
	struct virtio_device *device;
	u32 request_size_max;
	u64 request_count, byte_count;
	u32 window, in_flight; /* bytes */
	u32 sizes[REQUESTS_IN_FLIGHT];
	bool was_opened, has_answered;
	enum status open_status;
	bool is_started; /* block_start()'s request is in flight, until the deadline */
	struct deadline first_answer;
	struct block_device disk;
	struct virtqueue queue;
};

static_assert(REQUESTS_IN_FLIGHT * sizeof(struct request) <= VIRTQUEUE_SPACE_SIZE);

static struct virtio_block *block_of(struct block_device *disk)
{
	return container_of(disk, struct virtio_block, disk);
}

static volatile struct request *request_of(struct virtio_block *block, u32 slot)
{
	return (volatile struct request *)block->queue.space + slot;
}

static void submit(struct virtio_block *block, u32 slot, u32 type, u64 sector, void *data, u32 size)
{
	volatile struct request *request = request_of(block, slot);
	struct virtqueue_buffer buffers[VIRTQUEUE_CHAIN_MAX];
	u32 count = 0;

	request->type = type;
	request->reserved = 0;
	request->sector = sector;
	request->status = STATUS_UNTOUCHED;
	buffers[count++] =
		(struct virtqueue_buffer){ request, offsetof(struct request, status), false };
	if (size)
		buffers[count++] = (struct virtqueue_buffer){ data, size, type == REQUEST_READ };
	buffers[count++] = (struct virtqueue_buffer){ &request->status, 1, true };
	virtqueue_add(&block->queue, slot, buffers, count);
	block->request_count++;
	block->byte_count += size;
	if (!ADAPTS)
		return;
	block->sizes[slot] = size;
	block->in_flight += size;
}

static void adapt_window(struct virtio_block *block, bool was_full, u64 waited_ms)
{
	if (waited_ms > SLOW_MS)
		block->window = (u32)max_u64(block->window / 2, WINDOW_MIN);
	else if (was_full && waited_ms < QUICK_MS)
		block->window = (u32)min_u64(block->window * 2, WINDOW_MAX);
}

/* Waits until any request completes. */
static enum status complete_until(struct virtio_block *block, struct deadline *deadline)
{
	u32 slot, written;
	enum status status = virtqueue_wait(&block->queue, deadline, &slot, &written);
	u8 result;

	if (status)
		return status;
	if (IS_ENABLED(CONFIG_BLOCK_START_ALL))
		block->has_answered = true;
	if (ADAPTS) {
		/* Half of the limit counts as full, because what did not fit may be as large. */
		adapt_window(block, block->in_flight > block->window / 2,
			     deadline_waited_ms(deadline));
		block->in_flight -= block->sizes[slot];
	}
	result = request_of(block, slot)->status;
	if (result == STATUS_OK)
		return OK;
	log_warning("%s: request at sector %lu failed with status %u", block->device->device.name,
		    request_of(block, slot)->sector, result);
	return ERR_IO;
}

static enum status complete(struct virtio_block *block)
{
	u64 in_flight = ADAPTS ? block->in_flight : REQUESTS_IN_FLIGHT * REQUEST_SIZE_MAX;
	struct deadline first = deadline_after(FIRST_ANSWER_MS);
	/* For all of them, because a host that limits the rate may process them in parallel. */
	struct deadline deadline = deadline_after(block_timeout_ms(in_flight));
	enum status status = ERR_TIMEOUT;

	if (IS_ENABLED(CONFIG_BLOCK_START_ALL) && !block->has_answered) {
		status = complete_until(block, &first);
		if (status == ERR_TIMEOUT)
			block_start_others(&block->disk);
	}
	if (status == ERR_TIMEOUT)
		status = complete_until(block, &deadline);
	if (status == ERR_TIMEOUT)
		virtio_fail(block->device, "no answer in time");
	return status;
}

static enum status create_queue(struct virtio_block *block)
{
	enum status status;

	if (block->device->failed)
		return ERR_IO;
	if (block->device->ready)
		return OK;
	status = virtqueue_create(block->device, 0, VIRTQUEUE_CHAIN_MAX, REQUESTS_IN_FLIGHT,
				  &block->queue);
	if (status) {
		virtio_fail(block->device, "its queue cannot be set up");
		return status;
	}
	if (ADAPTS)
		block->window = WINDOW_START;
	virtio_ready(block->device);
	return OK;
}

/* Called at the first request, so that unused disks are left untouched. */
static enum status start(struct virtio_block *block)
{
	enum status status = create_queue(block);

	if (!IS_ENABLED(CONFIG_BLOCK_START_ALL) || status || !block->is_started)
		return status;
	block->is_started = false;
	status = complete_until(block, &block->first_answer);
	if (status == ERR_TIMEOUT)
		virtio_fail(block->device, "no answer in time");
	/* The data read does not matter. */
	return block->device->failed ? status : OK;
}

/*
 * Transfers @size bytes in requests as large as allowed, as many at once as possible. Returns when
 * none is in flight, so that the device writes nothing afterwards.
 */
static enum status transfer(struct virtio_block *block, u32 type, u64 sector, void *data, u64 size)
{
	enum status status = start(block), first_error = OK;
	u32 in_flight = 0, half = 0; /* requests */
	u8 *next = data;

	if (status)
		return status;
	for (;;) {
		/*
		 * Adds several at once when half of them are done, because each notification costs
		 * a VM exit.
		 */
		bool adds = !ADAPTS || in_flight <= half, added = false;
		u32 slot;

		while (adds && size && !first_error && virtqueue_free_slot(&block->queue, &slot)) {
			u32 limit = ADAPTS ? (u32)min_u64(block->request_size_max, block->window) :
					     block->request_size_max;
			u32 part = (u32)min_u64(size, limit);

			if (ADAPTS && block->in_flight && block->in_flight + part > block->window)
				break;
			submit(block, slot, type, sector, next, part);
			next += part;
			sector += part / SECTOR_SIZE;
			size -= part;
			in_flight++;
			added = true;
		}
		if (added) {
			half = in_flight / 2;
			virtqueue_notify(&block->queue);
		}
		if (!block->queue.busy)
			return first_error;
		status = complete(block);
		in_flight--;
		if (block->device->failed)
			return status;
		if (status)
			first_error = status;
	}
}

static u64 sector_of(const struct virtio_block *block, u64 first)
{
	return first * (block->disk.block_size / SECTOR_SIZE);
}

static enum status block_read_blocks(struct block_device *disk, u64 first, u64 count, void *buffer)
{
	struct virtio_block *block = block_of(disk);

	return transfer(block, REQUEST_READ, sector_of(block, first), buffer,
			count * disk->block_size);
}

static enum status block_write_blocks(struct block_device *disk, u64 first, u64 count,
				      const void *buffer)
{
	struct virtio_block *block = block_of(disk);

	/* The device only reads it. */
	return transfer(block, REQUEST_WRITE, sector_of(block, first), (void *)(uintptr_t)buffer,
			count * disk->block_size);
}

/* A device that does not offer flush requests writes through (5.2.6.2). */
static enum status block_flush_blocks(struct block_device *disk)
{
	struct virtio_block *block = block_of(disk);
	enum status status;

	if (!(block->device->features & FEATURE_FLUSH))
		return OK;
	status = start(block);
	if (status)
		return status;
	submit(block, 0, REQUEST_FLUSH, 0, NULL, 0); /* nothing else is in flight */
	virtqueue_notify(&block->queue);
	return complete(block);
}

struct config {
	u64 capacity;
	u32 size_max, block_size; /* 0: not reported by the device */
};

static void read_config(struct virtio_device *device, struct config *config)
{
	const struct virtio_transport *transport = device->transport;
	u8 before, after = transport->generation(device);

	for (u32 i = 0; i < CONFIG_READS_MAX; i++) {
		before = after;
		config->capacity = transport->config_read32(device, CONFIG_CAPACITY) |
				   (u64)transport->config_read32(device, CONFIG_CAPACITY + 4) << 32;
		config->size_max = device->features & FEATURE_SIZE_MAX ?
					   transport->config_read32(device, CONFIG_SIZE_MAX) :
					   0;
		config->block_size = device->features & FEATURE_BLOCK_SIZE ?
					     transport->config_read32(device, CONFIG_BLOCK_SIZE) :
					     0;
		after = transport->generation(device);
		if (after == before)
			return;
	}
}

/*
 * Requests count in sectors of 512 bytes, whatever the block size, so blocks of 512 bytes always
 * work.
 */
static u32 usable_block_size(const struct virtio_device *device, u32 size)
{
	if (size >= BLOCK_SIZE_MIN && size <= BLOCK_SIZE_MAX && is_power_of_two(size))
		return size;
	if (size)
		log_warning("%s: blocks of %u bytes, using blocks of %u", device->device.name, size,
			    SECTOR_SIZE);
	return SECTOR_SIZE;
}

/*
 * A limit of less than a block is rounded up to one block. If the device really has that limit, it
 * fails the request.
 */
static u32 usable_request_size(const struct config *config)
{
	u64 size = config->size_max ? config->size_max : REQUEST_SIZE_MAX;

	return (u32)max_u64(align_down(min_u64(size, REQUEST_SIZE_MAX), config->block_size),
			    config->block_size);
}

static enum status check_config(const struct virtio_device *device, const struct config *config)
{
	if (config->capacity < config->block_size / SECTOR_SIZE ||
	    config->capacity > UINT64_MAX / SECTOR_SIZE)
		return unsupported("%s: a capacity of %lu sectors", device->device.name,
				   config->capacity);
	return OK;
}

static enum status open_device(struct virtio_block *block)
{
	struct block_device *disk = &block->disk;
	struct virtio_device *device = block->device;
	struct config config;
	enum status status;

	status = virtio_begin(device, FEATURE_SIZE_MAX | FEATURE_READ_ONLY | FEATURE_BLOCK_SIZE |
					      FEATURE_FLUSH);
	if (status)
		return status;
	read_config(device, &config);
	config.block_size = usable_block_size(device, config.block_size);
	status = check_config(device, &config);
	if (status)
		return status;
	disk->block_size = config.block_size;
	disk->block_count = config.capacity / (config.block_size / SECTOR_SIZE);
	disk->read_only = device->features & FEATURE_READ_ONLY;
	block->request_size_max = usable_request_size(&config);
	return OK;
}

/* Called when its turn comes, so that unused disks cost nothing. */
static enum status block_open(struct block_device *disk)
{
	struct virtio_block *block = block_of(disk);

	if (!block->was_opened)
		block->open_status = open_device(block);
	block->was_opened = true;
	return block->open_status;
}

/*
 * Reads the first block into memory that is never freed, because the device may answer much later.
 */
static void block_start(struct block_device *disk)
{
	struct virtio_block *block = block_of(disk);
	u64 page;

	if (block->was_opened || block_open(disk) || create_queue(block) ||
	    memory_allocate(BLOCK_SIZE_MAX, PAGE_SIZE, MEMORY_ANYWHERE, MEMORY_BOOT_DATA, &page))
		return;
	submit(block, 0, REQUEST_READ, 0, (void *)(uintptr_t)page, disk->block_size);
	virtqueue_notify(&block->queue);
	block->first_answer = deadline_started(BLOCK_TIMEOUT_MS);
	block->is_started = true;
}

static const struct block_ops virtio_block_ops = {
	.open = block_open,
	.start = IS_ENABLED(CONFIG_BLOCK_START_ALL) ? block_start : NULL,
	.read = block_read_blocks,
	.write = IS_ENABLED(CONFIG_BLOCK_WRITE) ? block_write_blocks : NULL,
	.flush = IS_ENABLED(CONFIG_BLOCK_WRITE) ? block_flush_blocks : NULL,
};

static void log_use(struct virtio_device *device)
{
	const struct virtio_block *block = device->driver;

	if (device->ready)
		log_debug("%s: %lu requests, %lu KiB", device->device.name, block->request_count,
			  (u64)(block->byte_count / KIB));
}

static enum status probe(struct virtio_device *device)
{
	struct virtio_block *block = virtio_allocate(sizeof(*block));

	if (!block)
		return ERR_NO_MEMORY;
	block->disk.ops = &virtio_block_ops;
	if (IS_ENABLED(CONFIG_EFI))
		block->disk.address = &device->device.address;
	block->device = device;
	device->driver = block;
	device->stopping = log_use;
	block_register(&block->disk);
	return OK;
}

const struct virtio_driver virtio_block_driver = {
	.name = "virtio-blk",
	.id = VIRTIO_ID_BLOCK,
	.probe = probe,
};
