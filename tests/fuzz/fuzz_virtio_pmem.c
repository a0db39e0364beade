/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtio-pmem device with any address and size, over memory whose types the input chooses: an
 * accepted disk must be outside all RAM and be read from its address. pmem.c is included here so
 * that it can be used without registration, which is permanent.
 *
 * Input: 8 start and 8 size, each after 1 kind that moves it to an interesting value; then 4 range
 * types.
 */
#include "drivers/virtio/pmem.c"

#include "core/memory.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/virtio.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* The four ranges of memory are contiguous from PLACE on. */
#define PLACE 0x8000000000ull

enum { RANGES = 4, RANGE_SIZE = 4 * PAGE_SIZE };

static u8 config[2 * CONFIG_SIZE], bytes[RANGES * RANGE_SIZE], buffer[RANGE_SIZE];

static u32 get_features(struct virtio_device *device, u32 word)
{
	(void)device;
	return (u32)(VIRTIO_VERSION_1 >> 32 * word);
}

static void put_features(struct virtio_device *device, u32 word, u32 features)
{
	(void)device, (void)word, (void)features;
}

static u32 get_config(struct virtio_device *device, u32 offset)
{
	(void)device;
	CHECK(offset % 4 == 0 && offset < sizeof(config));
	return load_le32(config + offset);
}

/* Any number, or one near the ranges. */
static u64 number(struct reader *input, u64 from)
{
	u8 kind = read_u8(input);
	u64 value = read_le64(input);

	if (kind & 1)
		return value;
	value %= 2 * sizeof(bytes);
	return from + (kind & 2 ? align_down(value, PAGE_SIZE) : value);
}

static bool is_allowed(u64 start, u64 size, const u8 *types)
{
	u64 end;

	if (start % PAGE_SIZE || size < BLOCK_SIZE || add_overflows(start, size, &end) ||
	    start < PLACE || end > PLACE + sizeof(bytes))
		return false;
	for (u32 i = 0; i < RANGES; i++)
		if (start < PLACE + (i + 1) * RANGE_SIZE && end > PLACE + i * RANGE_SIZE &&
		    types[i] != MEMORY_RESERVED && types[i] != MEMORY_PERSISTENT)
			return false;
	return true;
}

static void read_all(struct block_device *disk, const u8 *from)
{
	for (u64 block = 0; block < disk->block_count; block++) {
		CHECK(!disk->ops->read(disk, block, 1, buffer));
		CHECK(!memcmp(buffer, from + block * BLOCK_SIZE, BLOCK_SIZE));
	}
	CHECK(disk->ops->read(disk, disk->block_count, 1, buffer));
	CHECK(disk->ops->read(disk, disk->block_count - 1, 2, buffer));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const struct virtio_transport transport = {
		.status = get_status,
		.set_status = put_status,
		.features = get_features,
		.set_features = put_features,
		.config_read32 = get_config,
	};
	struct reader input = { .rest = span_of(data, size) };
	struct virtio_device device = { .transport = &transport, .device.name = "pmem" };
	struct virtio_pmem pmem = { .disk = { .ops = &pmem_ops }, .device = &device };
	u64 start = number(&input, PLACE - PAGE_SIZE), length = number(&input, 0);
	u8 types[RANGES];

	for (u32 i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)(i / BLOCK_SIZE * 7 + i);
	boot_info.range_count = 0;
	boot_info_add_range(HOST_MEMORY_BASE, HOST_MEMORY_SIZE, MEMORY_CONVENTIONAL);
	for (u32 i = 0; i < RANGES; i++) {
		types[i] = read_u8(&input) & 1 ? MEMORY_RESERVED : read_u8(&input) % 15;
		boot_info_add_range(PLACE + i * RANGE_SIZE, RANGE_SIZE, types[i]);
	}
	host_memory_forget();
	host_memory_set(PLACE, bytes, sizeof(bytes));
	store_le64(config, start);
	store_le64(config + CONFIG_SIZE, length);
	if (pmem.disk.ops->open(&pmem.disk)) {
		CHECK(!is_allowed(start, length, types));
		return 0;
	}
	CHECK(is_allowed(start, length, types));
	CHECK(pmem.disk.read_only && pmem.disk.block_count == length / BLOCK_SIZE);
	read_all(&pmem.disk, bytes + (start - PLACE));
	stop(&(struct virtio_device){ .driver = &pmem });
	CHECK(pmem.disk.ops->read(&pmem.disk, 0, 1, buffer) == ERR_IO);
	return 0;
}
