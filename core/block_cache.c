/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One cache for the metadata of all disks: lines of 16 KiB, replaced least recently used first. A
 * miss right after a cached line, or at the start of a disk, is taken for sequential access: it
 * reads twice as many lines as the request that brought the previous line, in one request and into
 * neighbouring lines.
 */
#include "core/block.h"
#include "core/memory.h"
#include "lib/config.h"
#include "lib/string.h"
#include "lib/util.h"

enum {
	LINE_SIZE = 16 * 1024,
	LINES_MAX = CONFIG_BLOCK_CACHE_KIB * 1024 / LINE_SIZE,
	/*
	 * One request replaces at most half of the lines: a directory and the table survive a
	 * stream.
	 */
	RUN_MAX = LINES_MAX > 16 ? 8 : (LINES_MAX + 1) / 2,
	/* Small images give no memory up for virtio devices. */
	GIVES_MEMORY_UP = !IS_ENABLED(CONFIG_OPTIMIZE_SIZE) || IS_ENABLED(CONFIG_AHCI) ||
			  IS_ENABLED(CONFIG_NVME),
	/* At the start of a disk: a GPT, and after it what tells a CD-ROM. */
	RUN_AT_START = IS_ENABLED(CONFIG_PARTITION_EL_TORITO) ? 4 : 2,
	/* A request of its own pays from here on. */
	DIRECT_SIZE_MIN = 8 * 1024,
};

struct line {
	const struct block_device *disk; /* NULL: empty */
	u64 number;                      /* offset on the disk in lines */
	u32 used;                        /* time of the last use: larger is later */
	u32 run;                         /* lines in the request that brought it */
};

static struct {
	u8 *data; /* NULL before the first use */
	u32 line_size;
	u32 line_count;
	u32 clock;
	struct line *latest; /* most reads stay within one line */
	struct line lines[LINES_MAX];
} cache;

/*
 * The one line when no memory is left; otherwise a block that cannot be read with its neighbours.
 */
static u8 last_resort[BLOCK_SIZE_MAX];

static void prepare(void)
{
	u64 base;

	cache.latest = cache.lines;
	if (memory_allocate(LINES_MAX * LINE_SIZE, PAGE_SIZE, MEMORY_ANYWHERE, MEMORY_BOOT_DATA,
			    &base)) {
		cache.data = last_resort;
		cache.line_size = sizeof(last_resort);
		cache.line_count = 1;
	} else {
		cache.data = (u8 *)(uintptr_t)base;
		cache.line_size = LINE_SIZE;
		cache.line_count = LINES_MAX;
	}
}

static struct line *find_line(const struct block_device *disk, u64 number)
{
	struct line *line = cache.latest;

	if (line->number == number && line->disk == disk)
		return line;
	for (line = cache.lines; line < cache.lines + cache.line_count; line++)
		if (line->number == number && line->disk == disk)
			return line;
	return NULL;
}

/* The run of neighbouring lines that has been unused for longest. */
static u32 oldest_lines(u32 run)
{
	u32 best = 0, best_used = UINT32_MAX;

	for (u32 first = 0; first + run <= cache.line_count; first++) {
		u32 used = 0;

		for (u32 i = first; i < first + run; i++)
			if (cache.lines[i].disk && cache.lines[i].used > used)
				used = cache.lines[i].used;
		if (used < best_used) {
			best = first;
			best_used = used;
		}
	}
	return best;
}

/* Reads line @number, and lines ahead. */
static enum status load_line(struct block_device *disk, u64 number, struct line **out)
{
	const u64 blocks_per_line = cache.line_size / disk->block_size;
	const u64 first = number * blocks_per_line;
	const struct line *before = number ? find_line(disk, number - 1) : NULL;
	u32 run = number == 0 ? RUN_AT_START : before ? before->run * 2 : 1;
	u64 count;
	u32 slot;
	enum status status;

	if (run > RUN_MAX)
		run = RUN_MAX;
	if (run > cache.line_count)
		run = cache.line_count;
	slot = oldest_lines(run);
	count = min_u64(run * blocks_per_line, disk->block_count - first);
	run = (u32)((count + blocks_per_line - 1) / blocks_per_line);
	for (u32 i = 0; i < run; i++)
		cache.lines[slot + i].disk = NULL;
	status = block_read(disk, first, count, cache.data + (size_t)slot * cache.line_size);
	/* Of a disk that could not be stopped, which may write there at any time. */
	if (GIVES_MEMORY_UP && status &&
	    !memory_is_ram((uintptr_t)cache.data + (size_t)slot * cache.line_size,
			   run * cache.line_size)) {
		memset(&cache, 0, sizeof(cache));
		prepare();
	}
	if (status)
		return status;
	/*
	 * A line further ahead may be cached twice now, with the same content; one copy ages and
	 * goes.
	 */
	for (u32 i = 0; i < run; i++)
		cache.lines[slot + i] = (struct line){
			.disk = disk, .number = number + i, .used = cache.clock, .run = run
		};
	*out = &cache.lines[slot];
	return OK;
}

/* One unreadable block must not affect others: read only the requested one, past the cache. */
static enum status peek_block(struct block_device *disk, u64 offset, size_t size_max,
			      const u8 **data, size_t *size)
{
	const u32 within = (u32)offset & (disk->block_size - 1);

	*data = last_resort + within;
	*size = (size_t)min_u64(size_max, disk->block_size - within);
	return block_read(disk, offset >> __builtin_ctz(disk->block_size), 1, last_resort);
}

enum status block_peek(struct block_device *device, u64 offset, size_t size_max, const u8 **data,
		       size_t *size)
{
	struct block_device *disk = device->disk ? device->disk : device;
	u64 device_size = block_size_bytes(device);
	struct line *line;
	u64 number;
	u32 within;

	if (offset >= device_size || size_max == 0)
		return ERR_INVALID;
	if (!cache.data)
		prepare();
	size_max = (size_t)min_u64(size_max, device_size - offset);
	if (device->disk)
		offset += device->first_block * disk->block_size;
	within = (u32)(offset & (cache.line_size - 1));
	number = offset >> __builtin_ctz(cache.line_size);

	cache.clock++;
	line = find_line(disk, number);
	if (!line) {
		enum status status = load_line(disk, number, &line);

		if (status == ERR_IO)
			return peek_block(disk, offset, size_max, data, size);
		if (status)
			return status;
	}
	line->used = cache.clock;
	cache.latest = line;
	*data = cache.data + (size_t)(line - cache.lines) * cache.line_size + within;
	*size = (size_t)min_u64(size_max, cache.line_size - within);
	return OK;
}

enum status block_read_bytes(struct block_device *device, u64 offset, size_t size, void *buffer)
{
	u64 device_size = block_size_bytes(device);

	if (offset > device_size || size > device_size - offset)
		return ERR_INVALID;
	while (size > 0) {
		const u8 *data;
		size_t part;
		enum status status = block_peek(device, offset, size, &data, &part);

		if (status)
			return status;
		memcpy(buffer, data, part);
		buffer = (u8 *)buffer + part;
		offset += part;
		size -= part;
	}
	return OK;
}

enum status block_read_data(struct block_device *device, u64 offset, size_t size, void *buffer)
{
	const u32 block_shift = (u32)__builtin_ctz(device->block_size);
	const size_t head = (size_t)(-offset & (device->block_size - 1));
	u8 *to = buffer;
	size_t body;
	enum status status;

	if (size < DIRECT_SIZE_MIN)
		return block_read_bytes(device, offset, size, to);
	status = block_read_bytes(device, offset, head, to);
	if (status)
		return status;
	body = (size - head) >> block_shift << block_shift;
	status = block_read(device, (offset + head) >> block_shift, body >> block_shift, to + head);
	if (status)
		return status;
	return block_read_bytes(device, offset + head + body, size - head - body, to + head + body);
}

bool block_has_bytes(struct block_device *device, u64 offset, size_t size, const void *bytes)
{
	const u8 *expected = bytes;

	while (size > 0) {
		const u8 *data;
		size_t part;

		if (block_peek(device, offset, size, &data, &part) ||
		    memcmp(data, expected, part) != 0)
			return false;
		expected += part;
		offset += part;
		size -= part;
	}
	return true;
}

/* Bytes within one block. */
static enum status write_part(struct block_device *device, u64 offset, size_t size,
			      const void *bytes)
{
	const u32 within = (u32)offset & (device->block_size - 1);
	u8 block[BLOCK_SIZE_MAX];
	enum status status = block_read_bytes(device, offset - within, device->block_size, block);

	if (status)
		return status;
	memcpy(block + within, bytes, size);
	return block_write(device, (offset - within) >> __builtin_ctz(device->block_size), 1,
			   block);
}

enum status block_write_bytes(struct block_device *device, u64 offset, size_t size,
			      const void *buffer)
{
	const u32 block_shift = (u32)__builtin_ctz(device->block_size);
	const u64 device_size = block_size_bytes(device);
	const u8 *from = buffer;

	if (offset > device_size || size > device_size - offset)
		return ERR_INVALID;
	if (size < DIRECT_SIZE_MIN && block_has_bytes(device, offset, size, buffer))
		return OK;
	while (size > 0) {
		const u32 within = (u32)offset & (device->block_size - 1);
		size_t part = size >> block_shift << block_shift;
		enum status status;

		if (within == 0 && part > 0) {
			status = block_write(device, offset >> block_shift, part >> block_shift,
					     from);
		} else {
			part = (size_t)min_u64(size, device->block_size - within);
			status = write_part(device, offset, part, from);
		}
		if (status)
			return status;
		from += part;
		offset += part;
		size -= part;
	}
	return OK;
}

void block_cache_update(const struct block_device *disk, u64 first, u64 count, const void *bytes)
{
	const u64 start = first * disk->block_size, end = start + count * disk->block_size;

	for (u32 i = 0; i < cache.line_count; i++) {
		struct line *line = &cache.lines[i];
		const u64 line_start = line->number * cache.line_size;
		const u64 from = max_u64(start, line_start);
		const u64 to = min_u64(end, line_start + cache.line_size);

		if (line->disk != disk || from >= to)
			continue;
		if (bytes)
			memcpy(cache.data + (size_t)i * cache.line_size + (from - line_start),
			       (const u8 *)bytes + (from - start), (size_t)(to - from));
		else
			line->disk = NULL;
	}
}

void block_cache_invalidate(const struct block_device *disk)
{
	for (struct line *line = cache.lines; line < cache.lines + cache.line_count; line++)
		if (line->disk == disk)
			line->disk = NULL;
}
